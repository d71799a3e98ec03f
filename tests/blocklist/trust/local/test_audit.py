"""The audit file: written through kills, full disks and several writers."""

from __future__ import annotations

import fcntl
import json
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from blocklist.errors import OperatorFault, TransferFault
from blocklist.trust.local.audit import LINE_BYTES, NO_LINE, Audit, Event, Head, Line, digest
from blocklist.trust.local.audit_check import check
from tests.blocklist.trust.list_body import SetClock

KEY = bytes(range(32))


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def audit(tmp_path: Path, clock: SetClock) -> Audit:
    return Audit(tmp_path / "audit.jsonl", KEY, clock)


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """Files end at `size` bytes, as on a full disk a write ends in the middle."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_lines_are_a_chain(audit: Audit, clock: SetClock) -> None:
    """Each line carries its number, the digest of the one before, and what happened; the file is ours alone."""
    audit.append(Event.LIST_ACCEPTED, {"list_id": "demo", "version": 3})
    clock.pass_seconds(2)
    head = audit.append(Event.HELD, {"list_id": "demo", "version": 4})
    first, second = audit.lines()
    assert (Line.read(first).prev, Line.read(second).prev) == (NO_LINE, digest(first))
    assert Line.read(second).facts == {"list_id": "demo", "version": 4}
    assert head == audit.head() == Head(2, digest(second))
    assert audit.path.stat().st_mode & 0o777 == 0o600
    assert check(audit).faults == ()


def test_a_name_is_there_as_a_mac_only(audit: Audit, tmp_path: Path) -> None:
    """The same name has the same MAC on this host, another on another host; it never stands in the file."""
    audit.append(Event.EXEMPTION_ADDED, {"name": audit.name_mac("wrong.example")})
    [line] = audit.lines()
    assert Line.read(line).facts["name"] == audit.name_mac("wrong.example")
    assert audit.name_mac("wrong.example") != Audit(tmp_path / "other", bytes(32)).name_mac("wrong.example")
    assert b"wrong" not in audit.path.read_bytes()
    assert "wrong" not in repr(audit)


def test_a_torn_line_is_cut_and_told(audit: Audit) -> None:
    """Wherever a kill ended the last write, the next one cuts it off, says so, and the chain goes on."""
    audit.append(Event.HELD, {"version": 1})
    whole = audit.path.read_bytes()
    audit.append(Event.HELD, {"version": 2})
    full = audit.path.read_bytes()
    for end in range(len(whole) + 1, len(full)):
        audit.path.write_bytes(full[:end])
        assert audit.head().length == 1
        audit.append(Event.HELD, {"version": 3})
        told = [json.loads(line) for line in audit.lines()]
        assert [line["event"] for line in told] == ["held", "torn_line_cut", "held"]
        assert told[1]["facts"] == {"bytes": end - len(whole)}
        assert check(audit).faults == ()


def test_a_full_disk_leaves_whole_lines(audit: Audit) -> None:
    """What does not fit is taken back and said; afterwards the chain goes on as if nothing had been tried."""
    audit.append(Event.HELD, {"version": 1})
    before = audit.path.read_bytes()
    for room in (0, 1, 100):
        with disk_of(len(before) + room), pytest.raises(TransferFault) as caught:
            audit.append(Event.HELD, {"version": 2})
        assert caught.value.code == "disk"
        assert audit.path.read_bytes() == before
    audit.append(Event.HELD, {"version": 2})
    assert (audit.head().length, check(audit).faults) == (2, ())


def test_several_writers_wait_for_each_other(audit: Audit, clock: SetClock) -> None:
    """The command and the updater may write at once: no line is lost, the chain holds."""

    def write() -> None:
        for number in range(20):
            Audit(audit.path, KEY, clock).append(Event.HELD, {"version": number})

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert (audit.head().length, check(audit).faults) == (80, ())


def test_a_daemon_waits_for_no_other_writer(audit: Audit, clock: SetClock) -> None:
    """Somebody who keeps the file locked, for a backup or in a stopped program, must not stop what follows lists."""
    daemon = Audit(audit.path, KEY, clock, waits=False)
    daemon.append(Event.HELD, {"list_id": "demo"})
    with audit.path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(TransferFault, match="cannot write"):
            daemon.append(Event.HELD, {"list_id": "demo"})
    assert daemon.append(Event.HELD, {"list_id": "demo"}).length == 2


def test_a_clock_set_back_is_written_down(audit: Audit, clock: SetClock) -> None:
    """Times do not fall but on the line that says why."""
    audit.append(Event.HELD, {"version": 1})
    clock.wall -= 3600
    audit.append(Event.HELD, {"version": 2})
    assert [json.loads(line)["event"] for line in audit.lines()] == ["held", "clock_set_back", "held"]
    assert check(audit).faults == ()


def test_what_somebody_wrote_over_is_not_written_on(audit: Audit) -> None:
    """A changed last line stays for the check to find; an end without any line is refused."""
    audit.append(Event.HELD, {"version": 1})
    audit.path.write_bytes(b"{}\n")
    assert audit.append(Event.HELD, {"version": 2}).length == 2
    assert check(audit).faults == ("line 1: is no audit line",)
    audit.path.write_bytes(bytes(2 * LINE_BYTES))
    with pytest.raises(OperatorFault, match="move it away"):
        audit.append(Event.HELD, {"version": 3})


def test_facts_have_a_limit(audit: Audit) -> None:
    """A line is found again by looking at the end of the file, so none may be longer than that look."""
    with pytest.raises(OperatorFault, match="longer than"):
        audit.append(Event.HELD, {"text": "x" * LINE_BYTES})
    assert audit.head() == Head(0, NO_LINE)


def test_a_file_that_cannot_be_read_is_said(audit: Audit) -> None:
    """An operator reads which one and why."""
    audit.path.mkdir()
    with pytest.raises(OperatorFault, match="cannot read"):
        audit.head()
    with pytest.raises(TransferFault, match="cannot write"):
        audit.append(Event.HELD, {})
