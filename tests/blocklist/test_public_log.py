"""The public record."""

import hashlib
import hmac
import json
from datetime import UTC, date, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from blocklist import merkle
from blocklist.entries import Entry
from blocklist.errors import PublisherFault
from blocklist.public_log import LogLine, Opening, commitment, open_entry, read_lines, salt, verify

KEY = b"k" * 32
DAY = date(2026, 10, 1)


def entry(number: int) -> Entry:
    return Entry(
        id=f"01ARZ3NDEKTSV4RRFFQ69G5F{number:02d}", type="host", name=f"n{number}.example", criterion="c", basis="b",
        decided_on=DAY, verified=DAY, review_by=DAY, not_after=DAY,
    )  # fmt: skip


def line(version: int, entries: list[Entry]) -> bytes:
    over = commitment(entries, KEY, list_id="demo", version=version)
    signed_at = datetime(2026, 10, version, tzinfo=UTC)
    return LogLine(list_id="demo", version=version, signed_at=signed_at, count=len(entries), adds=1, removals=0,
                   commitment=over).to_bytes()  # fmt: skip


ENTRIES = [entry(number) for number in range(7)]
LINES = [line(version, ENTRIES[:version]) for version in range(1, 8)]
ROOT = merkle.root(map(merkle.leaf_hash, LINES)).hex()


def opening(entry_id: str = ENTRIES[2].id, place: int = 4) -> Opening:
    made = open_entry(entry_id, reversed(ENTRIES[: place + 1]), KEY, lines=LINES, place=place)
    assert made is not None
    return made


def test_a_line_is_read_as_it_was_written() -> None:
    """Field for field, as RFC 8785; a log is its lines, each with a line feed."""
    read = LogLine.from_bytes(LINES[3])
    assert read.to_bytes() == LINES[3]
    assert json.loads(LINES[3]) == {
        "format": 1, "list_id": "demo", "version": 4, "signed_at": "2026-10-04T00:00:00Z", "count": 4, "adds": 1,
        "removals": 0, "commitment": read.commitment,
    }  # fmt: skip
    assert list(read_lines(LINES[3] + b"\n" + LINES[4] + b"\n")) == [
        (LINES[n], LogLine.from_bytes(LINES[n])) for n in (3, 4)
    ]
    assert list(read_lines(b"")) == []


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", LINES[0] + b" ", LINES[0].replace(b'"format":1', b'"format":2'),
     LINES[0].replace(b'"adds":1', b'"adds":-1'), LINES[0].replace(b'"count":1', b'"count":0'),
     LINES[0].replace(b'"adds"', b'"adda"'), LINES[0].replace(b"demo", b"d" * 1024)],
)  # fmt: skip
def test_a_line_that_breaks_the_format_is_refused(data: bytes) -> None:
    """Unknown, missing and mistyped fields, another spelling, too long a line."""
    with pytest.raises(PublisherFault) as caught:
        LogLine.from_bytes(data)
    assert caught.value.code == "log"


@pytest.mark.parametrize("data", [LINES[0], LINES[0] + b"\n\n", b"\n"])
def test_a_log_that_ends_within_a_line_or_has_an_empty_one_is_refused(data: bytes) -> None:
    """What is appended is whole lines."""
    with pytest.raises(PublisherFault):
        list(read_lines(data))


def test_a_commitment_is_salted_leaves_in_order_of_id() -> None:
    """Computed by hand for three entries, whatever order they come in."""
    leaves = []
    for each in ENTRIES[:3]:
        fields = (b"mamori/1 leaf", b"demo", (9).to_bytes(8, "big"), each.id.encode())
        info = b"".join(len(field).to_bytes(2, "big") + field for field in fields)
        hidden = hmac.new(KEY, info, "sha256").digest()
        assert hidden == salt(KEY, "demo", 9, each.id)
        leaves.append(hashlib.sha256(b"\0" + hidden + each.to_bytes()).digest())
    pair = hashlib.sha256(b"\1" + leaves[0] + leaves[1]).digest()
    expected = hashlib.sha256(b"\1" + pair + leaves[2]).hexdigest()
    assert commitment(ENTRIES[2::-1], KEY, list_id="demo", version=9) == expected


def test_the_same_entries_commit_differently_in_each_version() -> None:
    """Nobody sees from two commitments that the list stayed the same."""
    assert len({commitment(ENTRIES, KEY, list_id="demo", version=version) for version in (1, 2)}) == 2


@pytest.mark.parametrize("place", range(7))
def test_every_entry_of_every_version_opens(place: int) -> None:
    """Against size and root of the log, and the line it proves is returned."""
    for each in ENTRIES[: place + 1]:
        made = opening(each.id, place)
        assert Opening.from_bytes(made.to_bytes()) == made
        assert verify(made, ROOT, len(LINES)).version == place + 1
        assert made.entry == each.to_bytes()


def test_an_opening_shows_nothing_of_other_entries() -> None:
    """No other name or id is in it, nor a hash that could be recomputed from a guessed entry without its salt."""
    document = opening().to_bytes()
    for each in ENTRIES[:2] + ENTRIES[3:]:
        assert each.name.encode() not in document
        assert each.id.encode() not in document
        assert merkle.leaf_hash(each.to_bytes()).hex().encode() not in document
    assert KEY.hex().encode() not in document


def test_an_entry_that_is_not_in_the_version_does_not_open() -> None:
    """There is nothing to prove."""
    assert open_entry(ENTRIES[6].id, ENTRIES[:3], KEY, lines=LINES, place=2) is None


def test_an_opening_for_another_log_or_size_fails() -> None:
    """The head is the signed one, not one the opening brings along."""
    for root, size in ((merkle.root([]).hex(), 7), (ROOT, 6), (ROOT, 9), (ROOT, 0)):
        with pytest.raises(PublisherFault, match="not in the log"):
            verify(opening(), root, size)


def test_an_entry_of_another_version_fails() -> None:
    """The salts of another version do not lead to this commitment."""
    other = evolve(opening(), line=LINES[5], log_place=5, log_path=opening(place=5).log_path)
    with pytest.raises(PublisherFault, match="not in this version"):
        verify(other, ROOT, len(LINES))


DOCUMENT = opening().to_bytes()


@given(st.integers(0, len(DOCUMENT) - 1), st.integers(1, 255))
def test_any_changed_byte_fails(at: int, by: int) -> None:
    """Reading or verifying refuses, and never with another exception."""
    changed = DOCUMENT[:at] + bytes([DOCUMENT[at] ^ by]) + DOCUMENT[at + 1 :]
    with pytest.raises(PublisherFault):
        verify(Opening.from_bytes(changed), ROOT, len(LINES))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    """As a line and as an opening."""
    for read in (LogLine.from_bytes, Opening.from_bytes):
        with pytest.raises(PublisherFault):
            read(data)
