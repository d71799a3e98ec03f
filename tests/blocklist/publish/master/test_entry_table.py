"""The table of entries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from blocklist.publish.master.entry_table import NewRow
from blocklist.publish.master.master import Master


@pytest.fixture
def master(tmp_path: Path) -> Iterator[Master]:
    made = Master.create(tmp_path)
    yield made
    made.close()


def row(entry_id: str, twin: bytes = b"t", not_after: str = "2026-12-01") -> NewRow:
    return (entry_id, '{"type": "host"}', b"name", None, None, twin, not_after, "alice", b"draft")


def test_an_entry_that_ended_is_kept_but_not_live(master: Master) -> None:
    """Its id stays used; ending it twice says so."""
    master.entries.insert([row("b"), row("a")])
    assert master.entries.end("a", "bob", b"signature")
    assert not master.entries.end("a", "bob")
    assert [one.id for one in master.entries.live()] == ["b"]
    assert [one.id for one in master.entries.every()] == ["a", "b"]
    assert (master.entries.count(), master.entries.live_ids(), master.entries.all_ids()) == (1, {"b"}, {"a", "b"})
    assert master.entries.total() == 2
    ended = master.entries.get("a")
    assert ended is not None and (ended.removed_by, ended.removal, ended.drafted_by) == ("bob", b"signature", "alice")
    assert master.entries.get("c") is None


def test_twins_and_used_ids_are_found_in_batches(master: Master) -> None:
    """The twin that lasts longest, among the live ones only; an id counts as used for ever."""
    master.entries.insert(
        [row("a"), row("b", not_after="2026-12-31"), row("c", b"u"), row("d", not_after="2027-01-01")]
    )
    master.entries.end("d", "bob")
    assert master.entries.longest_twins([b"t", b"u", b"v"]) == {b"t": ("2026-12-31", "b"), b"u": ("2026-12-01", "c")}
    assert master.entries.used(["a", "d", "e"]) == {"a", "d"}
    assert [one.id for one in master.entries.some(["d", "e", "a"])] == ["a", "d"]
    assert master.entries.live_among(["a", "d", "e", *(str(number) for number in range(40_000))]) == {"a"}
    assert master.entries.twins_of("a") == ["a", "b", "d"]


def test_live_entries_by_the_number_of_editors_who_approved_them(master: Master) -> None:
    """An approval counts an editor once; none at all is asked for by default."""
    master.entries.insert([row("a"), row("b"), row("c")])
    master.put_approvals("alice", [("a", b"1"), ("b", b"2")])
    master.put_approvals("bob", [("b", b"3")])
    assert [[one.id for one in master.entries.live(needed)] for needed in (0, 1, 2, 3)] == [
        ["a", "b", "c"],
        ["a", "b"],
        ["b"],
        [],
    ]
    assert master.entries.unapproved(2) == ["a", "c"]
