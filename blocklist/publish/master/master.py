"""The clear master at the body: one SQLite file, names sealed, every change one transaction.

Write-ahead log and full synchronisation: a kill or a power cut leaves the state before a verb or after it.
The file holds identifiers, dates, codes and signatures in the clear; name, path and query only as sealed cells.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from blocklist.errors import OperatorFault
from blocklist.publish.master import schema
from blocklist.publish.master.approvals import LEAVING
from blocklist.publish.master.entry_table import EntryTable
from blocklist.publish.master.history import History
from blocklist.publish.master.releases import Releases
from blocklist.publish.master.statements import Statements
from blocklist.publish.master.withdrawals import Withdrawals
from blocklist.publish.records import Subscriber

FILE_NAME: Final = "master.db"


class Master:
    """Rows in, rows out; knows nothing of rules, roles or dates."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self.entries = EntryTable(connection)
        self.releases = Releases(connection)
        self.withdrawals = Withdrawals(connection)
        self.statements = Statements(connection)
        self.history = History(connection)

    @classmethod
    def create(cls, folder: Path) -> "Master":
        """Make the empty file (0600)."""
        path = folder / FILE_NAME
        path.touch(mode=0o600, exist_ok=False)
        db = _configure(sqlite3.connect(path, isolation_level=None))
        schema.bring_up(db)
        return cls(db)

    @classmethod
    def open(cls, folder: Path) -> "Master":
        """Open the file of a desk."""
        path = folder / FILE_NAME
        if not path.is_file():
            raise OperatorFault("master_missing", f"{path} is missing: restore it from the body's backup")
        db = sqlite3.connect(path, isolation_level=None)
        try:
            version = schema.schema_version(_configure(db))
        except sqlite3.DatabaseError:
            version = 0
        if not 1 <= version <= len(schema.STEPS):
            db.close()
            raise OperatorFault("master_damaged", f"{path} is damaged or of a newer version: restore a backup")
        schema.bring_up(db)
        return cls(db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block's changes or none."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # --- keys -----------------------------------------------------------------------------------------
    def put_wrapped(self, profile: str, epoch: int, editor: str, wrapped: bytes) -> None:
        """Keep a key wrapped to one editor's reading key."""
        self._db.execute("INSERT INTO wrapped_keys VALUES (?, ?, ?, ?)", (profile, epoch, editor, wrapped))

    def has_wrapped(self, profile: str) -> bool:
        """Whether any key of this profile is kept."""
        query = "SELECT 1 FROM wrapped_keys WHERE profile = ? LIMIT 1"
        return self._db.execute(query, (profile,)).fetchone() is not None

    def wrapped(self, profile: str, epoch: int, editor: str) -> bytes:
        """The key as wrapped for `editor`."""
        query = "SELECT wrapped FROM wrapped_keys WHERE profile = ? AND epoch = ? AND editor = ?"
        row = self._db.execute(query, (profile, epoch, editor)).fetchone()
        if row is None:
            raise OperatorFault("key_not_wrapped", f"the desk holds no {profile} key of epoch {epoch} for {editor}")
        return bytes(row[0])

    def wrapped_for(self, holder: str) -> list[tuple[str, int, bytes]]:
        """Every key wrapped for one holder, as (profile, epoch, wrapped)."""
        query = "SELECT profile, epoch, wrapped FROM wrapped_keys WHERE editor = ? ORDER BY profile, epoch"
        return [(profile, epoch, bytes(wrapped)) for profile, epoch, wrapped in self._db.execute(query, (holder,))]

    def forget_wrapped(self, profile: str) -> None:
        """Forget every wrap of one profile's keys."""
        self._db.execute("DELETE FROM wrapped_keys WHERE profile = ?", (profile,))

    def replace_wrapped(self, old: str, new: str, wrapped: Iterable[tuple[str, int, bytes]]) -> None:
        """Forget what was wrapped for holder `old`, and keep (profile, epoch, wrapped) for `new`."""
        self._db.execute("DELETE FROM wrapped_keys WHERE editor IN (?, ?)", (old, new))
        for profile, epoch, data in wrapped:
            self.put_wrapped(profile, epoch, new, data)

    # --- approvals ------------------------------------------------------------------------------------
    def put_approvals(self, editor: str, signatures: Iterable[tuple[str, bytes]]) -> None:
        """Keep an editor's signatures, given as (item id, signature); the same one twice changes nothing."""
        rows = ((item, editor, signature) for item, signature in signatures)
        self._db.executemany("INSERT OR REPLACE INTO approvals VALUES (?, ?, ?)", rows)

    def approvals_by(self, editor: str) -> dict[str, bytes]:
        """Item id -> signature of this editor."""
        query = "SELECT item, signature FROM approvals WHERE editor = ?"
        return {item: bytes(signature) for item, signature in self._db.execute(query, (editor,))}

    def approvers(self) -> dict[str, int]:
        """Item id -> number of different editors that approved it."""
        return dict(self._db.execute("SELECT item, COUNT(*) FROM approvals GROUP BY item"))

    def approved_by(self, item: str) -> list[str]:
        """The editors that approved one item."""
        query = "SELECT editor FROM approvals WHERE item = ? ORDER BY editor"
        return [row[0] for row in self._db.execute(query, (item,))]

    def approvals(self) -> Iterator[tuple[str, str, bytes]]:
        """Every approval as (item id, editor, signature), in order of item."""
        query = "SELECT item, editor, signature FROM approvals ORDER BY item, editor"
        return ((item, editor, bytes(signature)) for item, editor, signature in self._db.execute(query))

    def forget_approvals(self, editor: str) -> None:
        """Drop an editor's approvals: her key was replaced, and nobody can tell hers from a thief's.

        Her word that a subscriber reads no more stays: to lose it would let him in again.
        """
        self._db.execute("DELETE FROM approvals WHERE editor = ? AND item NOT LIKE ?", (editor, f"{LEAVING}%"))
        self._db.execute("DELETE FROM seen WHERE editor = ?", (editor,))

    def approvals_from(self, prefix: str) -> Iterator[tuple[str, str, bytes]]:
        """The approvals of items that start so, as (item, editor, signature), in order of item."""
        query = "SELECT item, editor, signature FROM approvals WHERE item >= ? AND item < ? ORDER BY item, editor"
        rows = self._db.execute(query, (prefix, prefix + "\U0010ffff"))
        return ((item, editor, bytes(signature)) for item, editor, signature in rows)

    def put_seen(self, editor: str, mark: str) -> None:
        """Remember which state of the desk this editor's diff showed last: her signature over its digest, in hex."""
        self._db.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (editor, mark))

    def seen(self, editor: str) -> str | None:
        """Her mark on the state this editor saw last."""
        row = self._db.execute("SELECT digest FROM seen WHERE editor = ?", (editor,)).fetchone()
        return None if row is None else row[0]

    def put_agreed(self, editor: str, mark: str) -> None:
        """Keep her signature over the key holders this editor agreed to, in hex."""
        self.put_seen(f"{editor}/holders", mark)

    def agreed(self, editor: str) -> str | None:
        """Her mark on the key holders she agreed to last."""
        return self.seen(f"{editor}/holders")

    # --- subscribers ----------------------------------------------------------------------------------
    def put_subscriber(self, subscriber: Subscriber) -> bool:
        """Register an ISP; False when it is registered already."""
        row = (subscriber.id, subscriber.label, subscriber.public)
        return self._db.execute("INSERT OR IGNORE INTO subscribers VALUES (?, ?, ?)", row).rowcount == 1

    def subscribers(self) -> list[Subscriber]:
        """Every registered ISP, in order of id."""
        return [Subscriber(*row) for row in self._db.execute("SELECT label, public FROM subscribers ORDER BY id")]


def _configure(db: sqlite3.Connection) -> sqlite3.Connection:
    for setting in ("busy_timeout = 10000", "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
        db.execute(f"PRAGMA {setting}")
    return db
