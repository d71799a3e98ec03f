"""`show` and `verify`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.blocklist.publish.cli.shell import Shell


def test_show_needs_no_key_and_shows_no_name(shell: Shell) -> None:
    """A table of all, the whole of one, and only those in a state."""
    one, two = shell.add("one.example", "two.example")
    shell.run("approve", shell.desk, "--editor", "bob", one)
    told = shell.run("show", shell.desk)
    assert "passphrase" not in told.stderr.lower()
    assert "1 draft\n1 approved\n" in told.stdout
    assert "one.example" not in told.stdout
    assert [line.split()[:2] for line in told.stdout.splitlines()[1:3]] == [[one, "approved"], [two, "draft"]]
    assert "drafted by: alice\napproved by: 2\n  alice\n  bob\n" in shell.run("show", shell.desk, one).stdout
    assert [found["id"] for found in shell.json("show", shell.desk, "--state", "draft")["entries"]] == [two]
    assert "no entry" in shell.run("show", shell.desk, "01AAAAAAAAAAAAAAAAAAAAAAAA", code=2).stderr


def test_names_are_shown_on_a_terminal_with_a_key(shell: Shell) -> None:
    """Nowhere else."""
    one, _ = shell.add("one.example", "two.example")
    assert shell.run("show", shell.desk, "--state", "suspended").stdout == "no entries\n"
    words = ("show", shell.desk, one, "--names")
    assert "on a terminal only" in shell.run(*words, "--editor", "bob", code=2).stderr
    shell.terminal = True
    assert "needs --editor" in shell.run(*words, code=2).stderr
    shown = shell.run(*words, "--editor", "bob").stdout
    assert '"name":"one.example"' in shown and "two.example" not in shown
    assert "leave --json out" in shell.run(*words, "--editor", "bob", "--json", code=2).stderr


def test_verify_names_what_fails(shell: Shell) -> None:
    """Exit code 1, the id and under whose name; without a key it says what it left out."""
    (known,) = shell.add("one.example")
    shell.run("suspend", shell.desk, known, "--editor", "carol", "--code", "doubt")
    told = shell.run("verify", shell.desk).stdout
    assert told == "1 suspend good\ndrafts and approvals were not checked: they cover names, say --editor\n"
    good = {"suspend": 1, "draft": 1, "approval": 1}
    assert shell.json("verify", shell.desk, "--editor", "bob")["good"] == good
    with closing(sqlite3.connect(Path(shell.desk) / "master.db")) as db:
        db.execute("UPDATE approvals SET editor = 'bob'")
        db.commit()
    failed = shell.run("verify", shell.desk, "--editor", "alice", code=1).stdout
    assert f"FAILED approval of {known} by bob: bad signature\n" in failed
    assert "one.example" not in failed


def test_verify_names_published_entries_that_lack_approvals(shell: Shell) -> None:
    """Nothing fails, and yet somebody must look."""
    (known,) = shell.add("one.example")
    shell.run("approve", shell.desk, "--editor", "bob", known)
    shell.run("build", shell.desk, "--editor", "alice", "--sign")
    shell.run("sign", shell.desk, "--editor", "bob")
    shell.run("publish", shell.desk, shell.out)
    assert shell.json("verify", shell.desk, "--editor", "alice")["unproven"] == []
    with closing(sqlite3.connect(Path(shell.desk) / "master.db")) as db:
        db.execute("DELETE FROM approvals WHERE editor = 'bob'")
        db.commit()
    told = shell.run("verify", shell.desk, "--editor", "alice").stdout
    assert f"1 published entries lack two good approvals: approve them again, or ask why\n  {known}\n" in told
