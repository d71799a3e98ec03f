"""The master's schema steps."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from blocklist.publish.master.schema import STEPS, _step, bring_up, schema_version


def connect(path: Path | str = ":memory:") -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def layout(db: sqlite3.Connection) -> list[tuple[str, str]]:
    return sorted(db.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))


def older(version: int) -> sqlite3.Connection:
    db = connect()
    for step in STEPS[:version]:
        db.executescript(step)
    db.execute(f"PRAGMA user_version = {version}")
    return db


@pytest.mark.parametrize("version", range(len(STEPS) + 1))
def test_every_older_file_grows_into_the_newest(version: int) -> None:
    """The tables are those of a new file, whatever schema the file began with."""
    db, new = older(version), connect()
    bring_up(db)
    bring_up(new)
    assert schema_version(db) == len(STEPS)
    assert layout(db) == layout(new)


def test_what_was_there_is_kept() -> None:
    """An entry and its removal from before statements existed."""
    db = older(1)
    row = ("id", "{}", b"n", None, None, b"t", "2026-12-01", "alice", b"signature")
    db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    bring_up(db)
    assert tuple(db.execute("SELECT * FROM entries").fetchone()) == (*row, None, None)


def test_a_step_that_fails_leaves_the_schema_before_it(tmp_path: Path) -> None:
    """One transaction a step: a command refused in its middle, as a full disk would, undoes the ones before it."""
    db = older(1)
    db.set_authorizer(_refuse("withdrawn"))
    before = layout(db)
    with pytest.raises(sqlite3.DatabaseError):
        bring_up(db)
    db.set_authorizer(None)
    assert (schema_version(db), layout(db)) == (1, before)
    bring_up(db)
    assert schema_version(db) == len(STEPS)


def test_a_tool_that_comes_second_does_nothing() -> None:
    """Two that open an old file at once: the slower one finds the step done when its turn comes."""
    db = older(1)
    bring_up(db)
    before = layout(db)
    _step(db)
    assert (schema_version(db), layout(db)) == (len(STEPS), before)


def _refuse(table: str) -> Callable[..., int]:
    def decide(action: int, first: str | None, *_: str | None) -> int:
        refused = action == sqlite3.SQLITE_CREATE_TABLE and first == table
        return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK

    return decide
