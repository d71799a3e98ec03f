"""The public record, checked by anybody."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Root

from blocklist.publish.faults import Refusal
from blocklist.publish.publication import record_check
from tests.blocklist.publish.support import NOW, Office, entry


@pytest.fixture
def out(office: Office) -> Path:
    """Three published versions."""
    for number in range(3):
        office.add([entry(f"n{number}.example")], office.alice, office.bob)
        office.publish(NOW + timedelta(minutes=number))
    return office.out


def test_the_record_agrees_with_the_signed_head(out: Path, office: Office) -> None:
    """From the pinned root; a line of a version on its way out may stand behind."""
    record = record_check.read_record(out)
    head = record_check.signed_head(out, office.desk.root, NOW)
    assert (head.size, record.head()) == (3, head)
    record_check.check_against(record, head)
    longer = record_check.Record((*record.lines, record.lines[0]), record.said)
    record_check.check_against(longer, head)


def test_a_rewritten_record_is_told(out: Path, office: Office) -> None:
    """A line changed or left out; versions that go back; two lists in one; no lines; half a line."""
    lines = (out / "log.jsonl").read_bytes().splitlines(keepends=True)
    head = record_check.signed_head(out, office.desk.root, NOW)

    def read(*kept: bytes) -> record_check.Record:
        (out / "log.jsonl").write_bytes(b"".join(kept))
        return record_check.read_record(out / "log.jsonl")

    bent = lines[1].replace(b'"adds":1', b'"adds":2')
    for kept in ((lines[0], lines[2]), (lines[0], bent, lines[2]), lines[:2]):
        with pytest.raises(Refusal, match="not the one signed"):
            record_check.check_against(read(*kept), head)
    foreign = lines[1].replace(b'"demo"', b'"other"')
    for kept in ((), (lines[1], lines[0]), (lines[0], foreign), (lines[0], lines[1][:-1])):
        with pytest.raises(Refusal, match=r"record of one list|go back|within a line"):
            read(*kept)


def test_a_head_nobody_signed_is_refused(out: Path, office: Office) -> None:
    """Another root, an index that was changed."""
    other = Metadata[Root].from_bytes(office.desk.root)
    other.signed.roles["targets"].keyids = other.signed.roles["snapshot"].keyids
    other.signed.roles["targets"].threshold = 1
    with pytest.raises(Refusal, match="lacks signatures"):
        record_check.signed_head(out, other.to_bytes(), NOW)
    (index,) = [path for path in (out / "targets").glob("*.index.json") if b'"version":3' in path.read_bytes()]
    index.write_bytes(index.read_bytes().replace(b'"size":3', b'"size":2'))
    with pytest.raises(Refusal, match="not the one that was signed"):
        record_check.signed_head(out, office.desk.root, NOW)
