"""Staging the next version."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

from blocklist.manifest import Bulk
from blocklist.publish.desk import Desk
from tests.blocklist.publish.support import NOW, Office, entry
from tests.support.kills import killed_at

LATER = NOW + timedelta(hours=1)


def test_an_announcement_outlives_a_rebuild(office: Office) -> None:
    """What version 2 announced for 3 counts for every build of 3, signed by nobody yet; not for 4."""
    office.add([entry("one.example")], office.alice, office.bob)
    office.publish()
    bulk = Bulk(3, 60, 0)
    office.desk.build(office.alice, NOW, bulk)
    for editor in (office.alice, office.bob):
        office.desk.sign(editor, NOW, bulk)
    office.desk.publish(office.out, office.online, NOW)
    office.add([entry(f"n{number}.example") for number in range(60)], office.alice, office.bob)
    for _ in range(2):
        assert office.desk.check(office.alice, LATER).findings == ()
        office.desk.build(office.alice, LATER)
    office.desk.sign(office.alice, LATER)
    assert [finding.guard for finding in office.desk.check(office.alice, LATER).findings] == ["adds"]


def test_a_desk_without_a_log_key_gets_one(office: Office) -> None:
    """A desk made before the public record begins it with its next version."""
    with closing(sqlite3.connect(office.folder / "desk" / "master.db")) as db, db:
        db.execute("DELETE FROM wrapped_keys WHERE profile = 'log'")
    office.add([entry()], office.alice, office.bob)
    assert office.publish() == 1


def test_a_build_killed_at_any_write_is_run_again(office: Office) -> None:
    """The stage is the old one or the new one, and the next build and publication go through."""
    office.add([entry("one.example")], office.alice, office.bob)
    office.publish()
    office.add([entry("two.example")], office.alice, office.bob)
    folder, steps = office.desk.folder, 0
    office.desk.close()
    while killed_at(steps + 1, lambda: Desk.open(folder).build(office.alice, NOW)):
        steps += 1
        desk = Desk.open(folder)
        assert desk.staged_roles()["targets"].version in (1, 2)
        desk.close()
    assert steps > 3
    office.desk = Desk.open(folder)
    assert office.publish() == 2
