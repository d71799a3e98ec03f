"""What the master knows of withdrawals: each signed `withdraw/current` by serial, and the entries it took off."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final

from attrs import frozen

REINSTATE: Final = "reinstate "  # before the id and the serial, in the item of an editor's word


@frozen
class Withdrawn:
    """One entry a duty officer took off. `signature` is hers, over `duty.statement`."""

    id: str
    token: bytes  # of the epoch it was withdrawn in
    serial: int
    duty: str
    signature: bytes

    @property
    def reinstatement(self) -> str:
        """The item two editors approve to put the entry back: this withdrawal and no later one."""
        return f"{REINSTATE}{self.id} {self.serial}"


class Withdrawals:
    """The tables of withdrawals in an open master."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def last_serial(self) -> int:
        """The highest serial ever given; 0 before the first."""
        return int(self._db.execute("SELECT COALESCE(MAX(serial), 0) FROM withdrawals").fetchone()[0])

    def book(self, serial: int, issued_at: str, duty: str, withdrawn: Iterable[Withdrawn]) -> None:
        """Keep a withdrawal and the entries newly taken off by it."""
        self._db.execute("INSERT INTO withdrawals VALUES (?, ?, ?)", (serial, issued_at, duty))
        rows = ((one.id, one.token, one.serial, one.signature) for one in withdrawn)
        self._db.executemany("INSERT OR REPLACE INTO withdrawn VALUES (?, ?, ?, ?, NULL)", rows)

    def every(self) -> Iterator[Withdrawn]:
        """Every entry that was taken off, by its last withdrawal."""
        query = "SELECT id, token, serial, duty, signature FROM withdrawn JOIN withdrawals USING (serial) ORDER BY id"
        for row in self._db.execute(query):
            yield Withdrawn(row[0], bytes(row[1]), row[2], row[3], bytes(row[4]))

    def unconfirmed(self) -> dict[str, Withdrawn]:
        """By entry id: what was taken off and is not yet left out of a published version."""
        query = (
            "SELECT id, token, serial, duty, signature FROM withdrawn JOIN withdrawals USING (serial)"
            " WHERE confirmed_in IS NULL"
        )
        found = (Withdrawn(row[0], bytes(row[1]), row[2], row[3], bytes(row[4])) for row in self._db.execute(query))
        return {one.id: one for one in found}

    def confirmed_ids(self) -> frozenset[str]:
        """Entries that were taken off and left out of a published version."""
        return frozenset(row[0] for row in self._db.execute("SELECT id FROM withdrawn WHERE confirmed_in IS NOT NULL"))

    def confirm(self, entry_id: str, version: int) -> None:
        """Book that a published version leaves the entry out."""
        self._db.execute("UPDATE withdrawn SET confirmed_in = ? WHERE id = ?", (version, entry_id))
