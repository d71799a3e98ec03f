"""What a version leaves out, and on whose word."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from blocklist.publish.faults import Refusal
from blocklist.publish.versions.departures import Departure, counted
from tests.blocklist.publish.support import NOW, Office, entry


def test_the_second_editor_sees_who_took_what_off(office: Office) -> None:
    """Removed, suspended, withdrawn, ended: each by its own word."""
    kept, removed, suspended, withdrawn = (entry(f"{name}.example") for name in "abcd")
    ended = entry("e.example", not_after=NOW.date() + timedelta(days=1))
    office.add([kept, removed, suspended, withdrawn, ended], office.alice, office.bob)
    office.publish()
    office.desk.remove([removed.id], office.alice, NOW)
    office.desk.suspend([suspended.id], office.bob, NOW, "doubt")
    office.desk.withdraw([withdrawn.id], office.duty, NOW)
    later = NOW + timedelta(days=2)
    office.desk.build(office.alice, later)
    office.desk.sign(office.bob, later)
    found = office.desk.departures()
    assert set(found) == {
        Departure(removed.id, "remove", "alice"),
        Departure(suspended.id, "suspend", "bob"),
        Departure(withdrawn.id, "withdrawn", "carol"),
        Departure(ended.id, "ended"),
    }
    assert counted(found) == {"remove by alice": 1, "suspend by bob": 1, "withdrawn by carol": 1, "ended": 1}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET removed_by = 'alice' WHERE id = ?",
        "DELETE FROM approvals WHERE item = ? AND editor = 'alice'",
        "UPDATE statements SET signature = zeroblob(64) WHERE item = ?",
    ],
)
def test_an_entry_that_vanished_without_a_word_stops_the_signature(office: Office, change: str) -> None:
    """A row changed behind the tools' back, an approval deleted, a removal that alice never signed."""
    gone = entry("gone.example")
    office.add([gone, entry("kept.example")], office.alice, office.bob)
    office.publish()
    if "statements" in change:
        office.desk.remove([gone.id], office.alice, NOW)
    with closing(sqlite3.connect(office.folder / "desk" / "master.db")) as db, db:
        db.execute(change, (gone.id,))
    office.desk.build(office.alice, NOW)
    with pytest.raises(Refusal, match="1 entries of the last version are left out, and no signed word"):
        office.desk.sign(office.bob, NOW)
