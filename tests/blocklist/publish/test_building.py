"""Staging the next version."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta

import pytest

from blocklist.manifest import Bulk
from blocklist.publish.desk import Desk
from tests.blocklist.publish.support import NOW, Office, entry

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


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from blocklist.publish.desk import Desk
from blocklist.publish.stage import Stage
steps = int(sys.argv[2])
real = os.replace
def replace(*where):
    global steps
    steps -= 1
    if steps < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    real(*where)
os.replace = replace
desk = Desk.open(Path(sys.argv[1]))
desk.build(desk.unlock("alice", b"a passphrase for tests"), datetime.fromisoformat(sys.argv[3]))
"""


@pytest.mark.parametrize("steps", range(3))
def test_a_build_killed_at_any_write_is_run_again(office: Office, steps: int) -> None:
    """The stage is the old one or the new one, and the next build and publication go through."""
    office.add([entry("one.example")], office.alice, office.bob)
    office.publish()
    office.add([entry("two.example")], office.alice, office.bob)
    folder = str(office.folder / "desk")
    words = [sys.executable, "-c", KILLED, folder, str(steps), NOW.isoformat()]
    ended = subprocess.run(words, check=False, env={**os.environ}, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    desk = Desk.open(office.folder / "desk")
    assert desk.staged_roles()["targets"].version in (1, 2)
    desk.close()
    assert office.publish() == 2
