"""The master file."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.publish.master.master import Master
from blocklist.publish.master.schema import STEPS
from blocklist.publish.records import Subscriber

KILLED = """
import os, signal, sys
from pathlib import Path
from blocklist.publish.master.master import Master
master = Master.open(Path(sys.argv[1]))
with master.transaction():
    master.put_approvals("alice", [("done", b"signature")])
with master.transaction():
    master.put_approvals("alice", [("half", b"signature")])
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_in_the_middle_keeps_what_was_done_and_nothing_of_the_rest(tmp_path: Path) -> None:
    """Committed work survives SIGKILL, open work is gone."""
    Master.create(tmp_path).close()
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, env={**os.environ})
    assert ended.returncode == -signal.SIGKILL
    master = Master.open(tmp_path)
    assert master.approvals_by("alice") == {"done": b"signature"}
    master.close()


def test_a_missing_or_foreign_file_is_told(tmp_path: Path) -> None:
    """The path and what to do."""
    with pytest.raises(OperatorFault, match="restore it from the body's backup"):
        Master.open(tmp_path)
    (tmp_path / "master.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(OperatorFault, match="damaged"):
        Master.open(tmp_path)


def test_a_file_of_the_first_schema_is_brought_up(tmp_path: Path) -> None:
    """A desk made before withdrawals and epochs opens, with what it held; a newer file is left alone."""
    Master.create(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "master.db")) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            db.execute(f"DROP TABLE {table}")
        db.executescript(f"{STEPS[0]} PRAGMA user_version = 1;")
        db.execute("INSERT INTO versions VALUES (1, 'aa', x'6f6e65', '2026-11-22T03:00:00Z')")
        db.commit()
    master = Master.open(tmp_path)
    assert (master.releases.last_published(), master.releases.epoch()) == ((1, b"one"), None)
    master.close()
    with closing(sqlite3.connect(tmp_path / "master.db")) as db:
        db.execute("PRAGMA user_version = 1000")
    with pytest.raises(OperatorFault, match="newer version"):
        Master.open(tmp_path)


def test_approvals_count_editors_not_signatures(tmp_path: Path) -> None:
    """The same editor twice is one."""
    master = Master.create(tmp_path)
    master.put_approvals("alice", [("x", b"1"), ("x", b"2")])
    master.put_approvals("bob", [("x", b"3")])
    assert master.approvers() == {"x": 2}
    assert master.put_subscriber(Subscriber("isp", b"key"))
    assert not master.put_subscriber(Subscriber("other", b"key"))
    with pytest.raises(OperatorFault, match="no match key of epoch 2 for alice"):
        master.wrapped("match", 2, "alice")
    master.close()
