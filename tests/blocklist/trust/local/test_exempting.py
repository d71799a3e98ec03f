"""Exemptions, written down."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from blocklist.errors import EntryFault, OperatorFault
from blocklist.trust.local.audit import Audit, Line
from blocklist.trust.local.exempting import Exempting
from blocklist.trust.local.exemptions import Exemptions
from tests.blocklist.trust.list_body import SetClock

DAY = 86400.0
KEY = bytes(range(32))


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def exempting(tmp_path: Path, clock: SetClock) -> Exempting:
    return Exempting(
        Exemptions(tmp_path / "exemptions.sealed", KEY, clock), Audit(tmp_path / "audit.jsonl", KEY, clock)
    )


def add(exempting: Exempting, name: str = "Wrong.Example") -> str:
    end = exempting.exemptions.clock.now() + DAY
    return exempting.add(name, match="domain", reason="court", ticket="T-1", not_after=end, by="noc").id


def events(exempting: Exempting) -> list[tuple[str, object]]:
    return [(line.event, line.facts.get("id")) for line in map(Line.read, exempting.audit.lines())]


def test_each_step_is_written_down(exempting: Exempting, clock: SetClock) -> None:
    """Added with reason, ticket, end, who and the name's MAC; removed; ended by itself, once."""
    first, second = add(exempting), add(exempting)
    exempting.remove(first, by="noc")
    clock.pass_seconds(2 * DAY)
    exempting.settle(clock.now())
    exempting.settle(clock.now())
    assert events(exempting) == [
        ("exemption_added", first),
        ("exemption_added", second),
        ("exemption_removed", first),
        ("exemption_ended", second),
    ]
    added = Line.read(next(exempting.audit.lines())).facts
    assert added["name"] == exempting.audit.name_mac("wrong.example")
    assert {key: added[key] for key in ("match", "reason", "ticket", "by")} == {
        "match": "domain", "reason": "court", "ticket": "T-1", "by": "noc",
    }  # fmt: skip
    assert exempting.fault is None


def test_what_cannot_be_written_down_is_done_too(exempting: Exempting, clock: SetClock) -> None:
    """An audit file that cannot be written never keeps a name blocked; what ended waits until it can be told."""
    exempting.audit.path.mkdir()
    identity = add(exempting)
    assert [each.id for each in exempting.exemptions.active(clock.now())] == [identity]
    assert "cannot write" in str(exempting.fault)
    clock.pass_seconds(2 * DAY)
    assert "cannot write" in str(exempting.settle(clock.now()))
    assert len(exempting.exemptions.list()) == 1
    exempting.audit.path.rmdir()
    assert exempting.settle(clock.now()) is None
    assert events(exempting) == [("exemption_ended", identity)]
    assert exempting.fault is None


def test_what_was_not_done_is_not_written_down(exempting: Exempting) -> None:
    """A name that is none, an id nobody knows: no line."""
    with pytest.raises(EntryFault):
        add(exempting, "a..example")
    with pytest.raises(OperatorFault):
        exempting.remove("nobody", by="noc")
    assert events(exempting) == []


def test_exemptions_that_do_not_open_are_not_the_audit_files_fault(exempting: Exempting, clock: SetClock) -> None:
    """They hold updates back, which says so loudly enough."""
    add(exempting)
    exempting.exemptions.path.write_bytes(b"damaged")
    assert exempting.settle(clock.now()) is None


def test_what_ended_waits_for_no_lock(exempting: Exempting, clock: SetClock) -> None:
    """The daemon looks while it follows lists: another writer, or a lock that cannot be taken at all, is told."""
    add(exempting)
    clock.pass_seconds(2 * DAY)
    lock = exempting.exemptions.path.with_name("exemptions.sealed.lock")
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "cannot lock" in str(exempting.settle(clock.now()))
    lock.unlink()
    lock.mkdir()
    assert "cannot lock" in str(exempting.settle(clock.now()))
    lock.rmdir()
    assert exempting.settle(clock.now()) is None
    assert not exempting.exemptions.list()
