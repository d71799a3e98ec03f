"""Who was listed when, as the master knows it: for counting, never for deciding. Self-test names are left out."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime

from attrs import frozen


@frozen
class Listing:
    """One entry's stay in published versions, from the version `first` to `last` (None: in the newest, too)."""

    id: str
    twin: bytes  # the same for entries that point at the same thing
    not_after: str
    first: int
    last: int | None
    type: str
    basis: str
    last_resort: str | None
    withdrawn_at: str | None  # when a duty officer took it off for the last time


class History:
    """Walks over an open master."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def published(self) -> list[tuple[int, datetime]]:
        """(version, when) of every published version, oldest first."""
        query = "SELECT version, published_at FROM versions WHERE published_at IS NOT NULL ORDER BY version"
        return [(version, datetime.fromisoformat(at)) for version, at in self._db.execute(query)]

    def listings(self) -> Iterator[Listing]:
        """Every stay, in order of version."""
        query = (
            "SELECT entries.id, twin, not_after, first, last, json_extract(facts, '$.type'),"
            " json_extract(facts, '$.basis'), json_extract(facts, '$.last_resort'), issued_at"
            " FROM listings JOIN entries USING (id) LEFT JOIN withdrawn USING (id) LEFT JOIN withdrawals USING (serial)"
            " WHERE json_extract(facts, '$.test') IS NOT 1 ORDER BY first, id"
        )
        for entry_id, twin, *rest in self._db.execute(query):
            yield Listing(entry_id, bytes(twin), *rest)

    def not_for_dns(self, needed: int, day: str) -> int:
        """How many live entries with so many approvals last until `day` and are none that DNS could enforce."""
        query = (
            "SELECT COUNT(*) FROM entries WHERE removed_by IS NULL AND not_after >= ?"
            " AND json_extract(facts, '$.type') IN ('url', 'ip') AND json_extract(facts, '$.dns_ok') IS NOT 1"
            " AND (SELECT COUNT(*) FROM approvals WHERE item = id) >= ?"
        )
        return int(self._db.execute(query, (day, needed)).fetchone()[0])
