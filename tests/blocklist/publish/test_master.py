"""The master file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.publish.master import Master
from blocklist.publish.records import Subscriber

KILLED = """
import os, signal, sys
from pathlib import Path
from blocklist.publish.master import Master
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


def test_versions_are_booked_once_published(tmp_path: Path) -> None:
    """A build not published counts for nothing; the last published one's ids and records are kept."""
    master = Master.create(tmp_path)
    assert (master.last_published(), master.published_ids()) == (None, frozenset())
    master.put_version(1, "aa", b"one", ["a", "b"])
    assert master.last_published() is None
    assert master.is_built(1, "aa")
    assert not master.is_built(1, "bb")
    master.mark_published(1, "2026-11-22T03:00:00Z")
    master.put_version(2, "cc", b"two", ["a"])
    master.put_version(2, "dd", b"new", ["c"])
    assert (master.last_published(), master.published_ids()) == ((1, b"one"), {"a", "b"})
    master.mark_published(2, "2026-11-22T04:00:00Z")
    assert (master.last_published(), master.published_ids()) == ((2, b"new"), {"c"})
    master.close()


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
