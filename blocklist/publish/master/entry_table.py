"""The master's table of entries: rows in, rows out. An entry leaves the list, but its row is never deleted."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from blocklist.publish.records import Row

NewRow = tuple[str, str, bytes | None, bytes | None, bytes | None, bytes, str, str, bytes]
"""id, facts (JSON), sealed name, path and query, twin, last day, who drafted it, and her signature."""
_LIVE: Final = "removed_by IS NULL"
_COLUMNS: Final = "id, facts, name, path, query, drafted_by, draft, removed_by, removal"


class EntryTable:
    """The entries of an open master; `live` ones are neither removed nor rejected."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def insert(self, rows: Iterable[NewRow]) -> None:
        """Add entries."""
        self._db.executemany(
            "INSERT INTO entries (id, facts, name, path, query, twin, not_after, drafted_by, draft)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )

    def reseal(self, rows: Iterable[tuple[bytes | None, bytes | None, bytes | None, bytes, str]]) -> None:
        """Replace sealed cells, given as (name, path, query, twin, id)."""
        self._db.executemany("UPDATE entries SET name = ?, path = ?, query = ?, twin = ? WHERE id = ?", rows)

    def live(self, approvals: int = 0) -> Iterator[Row]:
        """Every live entry that so many editors approved, in order of id."""
        query = (
            f"SELECT {_COLUMNS} FROM entries WHERE {_LIVE}"  # noqa: S608 (constants)
            " AND (? = 0 OR (SELECT COUNT(*) FROM approvals WHERE item = id) >= ?) ORDER BY id"
        )
        return map(_row, self._db.execute(query, (approvals, approvals)))

    def every(self) -> Iterator[Row]:
        """Every entry ever made, in order of id."""
        query = f"SELECT {_COLUMNS} FROM entries ORDER BY id"  # noqa: S608 (a constant)
        return map(_row, self._db.execute(query))

    def last_by(self, fact: str, first: str, last: str) -> list[Row]:
        """Live entries whose day `fact` lies between two days (`YYYY-MM-DD`), earliest first.

        One that is live under another id for longer is left out: it was extended, or has expired unnoticed.
        """
        query = (
            f"SELECT {_COLUMNS} FROM entries AS e WHERE {_LIVE} AND json_extract(facts, ?) BETWEEN ? AND ?"  # noqa: S608
            " AND NOT EXISTS (SELECT 1 FROM entries AS o"
            " WHERE o.twin = e.twin AND o.removed_by IS NULL AND o.not_after > e.not_after)"
            " ORDER BY json_extract(facts, ?), id"
        )
        path = f"$.{fact}"
        return [_row(row) for row in self._db.execute(query, (path, first, last, path))]

    def unapproved(self, needed: int) -> list[str]:
        """Ids of the live entries that fewer editors approved."""
        query = (
            f"SELECT id FROM entries WHERE {_LIVE}"  # noqa: S608 (a constant)
            " AND (SELECT COUNT(*) FROM approvals WHERE item = id) < ? ORDER BY id"
        )
        return [row[0] for row in self._db.execute(query, (needed,))]

    def relisted(self, needed: int, codes: Collection[str]) -> list[str]:
        """Ids of live entries with too few approvals that point where one pointed that was removed with such a code."""
        query = (
            "SELECT DISTINCT new.id FROM statements AS said JOIN entries AS old ON old.id = said.item"
            " JOIN entries AS new ON new.twin = old.twin AND new.removed_by IS NULL"
            " WHERE said.kind = 'remove' AND old.removed_by IS NOT NULL"
            " AND json_extract(said.facts, '$.code') IN (SELECT value FROM json_each(?))"
            " AND (SELECT COUNT(*) FROM approvals WHERE item = new.id) < ? ORDER BY new.id"
        )
        return [row[0] for row in self._db.execute(query, (json.dumps(list(codes)), needed))]

    def twins_to(self, ids: Collection[str]) -> dict[bytes, str]:
        """Twin -> id of some entries."""
        query = "SELECT twin, id FROM entries WHERE id IN (SELECT value FROM json_each(?))"
        return {bytes(twin): entry_id for twin, entry_id in self._db.execute(query, (json.dumps(list(ids)),))}

    def get(self, entry_id: str) -> Row | None:
        """One entry, live or not."""
        query = f"SELECT {_COLUMNS} FROM entries WHERE id = ?"  # noqa: S608 (a constant)
        row = self._db.execute(query, (entry_id,)).fetchone()
        return None if row is None else _row(row)

    def count(self) -> int:
        """How many entries are live."""
        return int(self._db.execute(f"SELECT COUNT(*) FROM entries WHERE {_LIVE}").fetchone()[0])  # noqa: S608

    def total(self) -> int:
        """How many entries were ever made."""
        return int(self._db.execute("SELECT COUNT(*) FROM entries").fetchone()[0])

    def live_ids(self) -> frozenset[str]:
        """Ids of the live entries."""
        return frozenset(row[0] for row in self._db.execute(f"SELECT id FROM entries WHERE {_LIVE}"))  # noqa: S608

    def all_ids(self) -> frozenset[str]:
        """Every id ever given, removed ones too."""
        return frozenset(row[0] for row in self._db.execute("SELECT id FROM entries"))

    def some(self, ids: Collection[str]) -> Iterator[Row]:
        """Those of some ids that were ever made, in order of id."""
        given = "SELECT value FROM json_each(?)"
        query = f"SELECT {_COLUMNS} FROM entries WHERE id IN ({given}) ORDER BY id"  # noqa: S608 (constants)
        return map(_row, self._db.execute(query, (json.dumps(list(ids)),)))

    def live_among(self, ids: Collection[str]) -> frozenset[str]:
        """Those of some ids that are live, however many there are."""
        given = "SELECT value FROM json_each(?)"
        query = f"SELECT id FROM entries WHERE id IN ({given}) AND {_LIVE}"  # noqa: S608 (constants)
        return frozenset(row[0] for row in self._db.execute(query, (json.dumps(list(ids)),)))

    def used(self, ids: Collection[str]) -> frozenset[str]:
        """Those of some ids (32,000 at most) that were given before: an id is never used twice."""
        query = f"SELECT id FROM entries WHERE id IN ({_marks(ids)})"  # noqa: S608 (question marks)
        return frozenset(row[0] for row in self._db.execute(query, tuple(ids)))

    def longest_twins(self, twins: Collection[bytes]) -> dict[bytes, tuple[str, str]]:
        """Twin -> (last day, id) of the live entry that points at the same thing and lasts longest (32,000 at most)."""
        query = f"SELECT twin, not_after, id FROM entries WHERE twin IN ({_marks(twins)}) AND {_LIVE}"  # noqa: S608
        longest: dict[bytes, tuple[str, str]] = {}
        for twin, not_after, entry_id in self._db.execute(query, tuple(twins)):
            longest[twin] = max(longest.get(twin, ("", "")), (not_after, entry_id))
        return longest

    def twins_of(self, entry_id: str) -> list[str]:
        """Ids of all entries ever made that point where this one points, itself included."""
        query = "SELECT id FROM entries WHERE twin = (SELECT twin FROM entries WHERE id = ?) ORDER BY id"
        return [row[0] for row in self._db.execute(query, (entry_id,))]

    def end(self, entry_id: str, by: str, signature: bytes | None = None) -> bool:
        """Take an entry off the live ones; False when it is none. `signature` is kept if no statement holds it."""
        query = f"UPDATE entries SET removed_by = ?, removal = ? WHERE id = ? AND {_LIVE}"  # noqa: S608 (a constant)
        return self._db.execute(query, (by, signature, entry_id)).rowcount == 1


def _row(row: tuple[Any, ...]) -> Row:
    entry_id, facts, name, path, query, *signed = row
    return Row(entry_id, json.loads(facts), (name, path, query), *signed)


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))
