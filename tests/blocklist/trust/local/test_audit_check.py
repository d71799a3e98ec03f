"""Whether an audit file is whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist import canonical
from blocklist.trust.local.audit import NO_LINE, Audit, Event, Head, digest
from blocklist.trust.local.audit_check import MOST_FAULTS, check
from tests.blocklist.trust.list_body import SetClock

KEY = bytes(range(32))


def five(path: Path) -> tuple[Audit, Head]:
    """A file of five lines, a minute apart, and the head after the third."""
    clock = SetClock()
    audit = Audit(path, KEY, clock)
    heads = []
    for version in range(5):
        heads.append(audit.append(Event.VERSION_IN_FORCE, {"list_id": "demo", "version": version}))
        clock.pass_seconds(60)
    return audit, heads[2]


def rewritten(audit: Audit, lines: list[bytes]) -> None:
    audit.path.write_bytes(b"".join(line + b"\n" for line in lines))


def test_a_whole_file_has_no_faults(tmp_path: Path) -> None:
    """Alone, and with a head given earlier; an empty one too."""
    audit, known = five(tmp_path / "audit.jsonl")
    assert check(audit, known).faults == check(audit).faults == ()
    assert check(audit).head == audit.head()
    assert check(Audit(tmp_path / "none", KEY)).head == Head(0, NO_LINE)


def test_a_changed_line_is_found_by_its_number(tmp_path: Path) -> None:
    """Its MAC does not fit, and the next line does not follow it."""
    audit, _ = five(tmp_path / "audit.jsonl")
    lines = list(audit.lines())
    lines[1] = lines[1].replace(b'"version":1', b'"version":9')
    rewritten(audit, lines)
    assert check(audit).faults == (
        "line 2: was not written by this host, or changed since",
        "line 3: does not follow the line before it",
    )


def test_a_line_taken_out_is_found(tmp_path: Path) -> None:
    """The numbers jump and the chain breaks."""
    audit, _ = five(tmp_path / "audit.jsonl")
    lines = list(audit.lines())
    rewritten(audit, lines[:2] + lines[3:])
    assert "line 3: has the number 4" in check(audit).faults
    assert "line 3: does not follow the line before it" in check(audit).faults


def test_lines_taken_off_the_end_need_the_head_given_earlier(tmp_path: Path) -> None:
    """A shorter chain is a good chain: only somebody who was told the head can say that it was longer."""
    audit, known = five(tmp_path / "audit.jsonl")
    rewritten(audit, list(audit.lines())[:2])
    assert check(audit).faults == ()
    assert check(audit, known).faults == ("the file has 2 lines, fewer than the 3 given: lines were taken off",)


def test_a_file_written_anew_by_the_host_itself_is_found_by_the_head(tmp_path: Path) -> None:
    """Whoever has the host key can make a good chain of lies, but not the one whose head the list body has."""
    audit, known = five(tmp_path / "audit.jsonl")
    audit.path.unlink()
    for version in range(3):
        audit.append(Event.VERSION_IN_FORCE, {"list_id": "demo", "version": version + 10})
    assert check(audit).faults == ()
    assert "not the head that was given" in check(audit, known).faults[0]


def test_a_time_that_falls_is_found(tmp_path: Path) -> None:
    """Even where the MAC was made with the host's key."""
    audit, _ = five(tmp_path / "audit.jsonl")
    first, second, *_ = audit.lines()
    document = canonical.loads(second, "audit") | {"time": "2001-01-01T00:00:00Z"}
    del document["mac"]
    rewritten(audit, [first, canonical.dumps(document | {"mac": audit.line_mac(document)})])
    assert check(audit).faults == ("line 2: is older than the line before it",)


def test_another_hosts_file_is_not_ours(tmp_path: Path) -> None:
    """Each line says so, the first twenty of them."""
    audit, _ = five(tmp_path / "audit.jsonl")
    assert len(check(Audit(audit.path, bytes(32))).faults) == 5
    rewritten(audit, [b"x"] * 100)
    assert len(check(audit).faults) == MOST_FAULTS


def test_a_torn_end_is_no_fault(tmp_path: Path) -> None:
    """It was never a line; the next write cuts it off."""
    audit, known = five(tmp_path / "audit.jsonl")
    audit.path.write_bytes(audit.path.read_bytes() + b'{"event":"he')
    assert check(audit, known).faults == ()
    assert digest(list(audit.lines())[-1]) == audit.head().digest


@given(place=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_no_byte_can_be_changed_unseen(tmp_path_factory: pytest.TempPathFactory, place: int, flip: int) -> None:
    """Whatever single byte of whole lines is changed, the check finds it, given the head."""
    audit, _ = five(tmp_path_factory.mktemp("audit") / "audit.jsonl")
    head, data = audit.head(), bytearray(audit.path.read_bytes())
    data[place % len(data)] ^= flip
    audit.path.write_bytes(data)
    assert check(audit, head).faults
