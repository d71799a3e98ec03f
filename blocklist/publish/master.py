"""The clear master at the body: one SQLite file, names sealed, every change one transaction.

Write-ahead log and full synchronisation: a kill or a power cut leaves the state before a verb or after it.
The file holds identifiers, dates, codes and signatures in the clear; name, path and query only as sealed cells.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from blocklist.errors import OperatorFault
from blocklist.publish import schema
from blocklist.publish.records import Row, Subscriber
from blocklist.publish.releases import Releases
from blocklist.publish.statements import Statements
from blocklist.publish.vault import SEALED_FIELDS, Vault
from blocklist.publish.withdrawals import Withdrawals

FILE_NAME: Final = "master.db"
_LIVE: Final = "removed_by IS NULL"


class Master:
    """Rows in, rows out; knows nothing of rules, roles or dates."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self.releases = Releases(connection)
        self.withdrawals = Withdrawals(connection)
        self.statements = Statements(connection)

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

    def wrapped(self, profile: str, epoch: int, editor: str) -> bytes:
        """The key as wrapped for `editor`."""
        query = "SELECT wrapped FROM wrapped_keys WHERE profile = ? AND epoch = ? AND editor = ?"
        row = self._db.execute(query, (profile, epoch, editor)).fetchone()
        if row is None:
            raise OperatorFault("key_not_wrapped", f"the desk holds no {profile} key of epoch {epoch} for {editor}")
        return bytes(row[0])

    # --- entries --------------------------------------------------------------------------------------
    def insert(self, rows: Iterable[tuple[str, dict[str, object], bytes]], vault: Vault) -> None:
        """Add entries given as (id, all plain fields, twin)."""
        self._db.executemany(
            "INSERT INTO entries (id, facts, name, path, query, twin, not_after) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (_sealed(entry_id, fields, twin, vault) for entry_id, fields, twin in rows),
        )

    def live(self) -> Iterator[Row]:
        """Every entry not removed, in order of id."""
        query = f"SELECT id, facts, name, path, query FROM entries WHERE {_LIVE} ORDER BY id"  # noqa: S608 (a constant)
        for entry_id, facts, *cells in self._db.execute(query):
            yield Row(entry_id, json.loads(facts), tuple(cells))

    def count(self) -> int:
        """How many entries are live."""
        return int(self._db.execute(f"SELECT COUNT(*) FROM entries WHERE {_LIVE}").fetchone()[0])  # noqa: S608

    def live_ids(self) -> frozenset[str]:
        """Ids of the entries not removed."""
        return frozenset(row[0] for row in self._db.execute(f"SELECT id FROM entries WHERE {_LIVE}"))  # noqa: S608

    def all_ids(self) -> frozenset[str]:
        """Every id ever given, removed ones too: an id is never used twice."""
        return frozenset(row[0] for row in self._db.execute("SELECT id FROM entries"))

    def longest_twin(self, twin: bytes) -> tuple[str, str] | None:
        """(id, not_after) of the live entry that points at the same thing and lasts longest."""
        query = f"SELECT id, not_after FROM entries WHERE twin = ? AND {_LIVE} ORDER BY not_after DESC LIMIT 1"  # noqa: S608
        row = self._db.execute(query, (twin,)).fetchone()
        return None if row is None else (row[0], row[1])

    def remove(self, entry_id: str, editor: str, signature: bytes) -> bool:
        """Mark an entry removed, with the remover's signature; False when there is no such live entry."""
        query = f"UPDATE entries SET removed_by = ?, removal = ? WHERE id = ? AND {_LIVE}"  # noqa: S608
        return self._db.execute(query, (editor, signature, entry_id)).rowcount == 1

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

    def put_seen(self, editor: str, digest: str) -> None:
        """Remember which state of the desk this editor's diff showed last."""
        self._db.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (editor, digest))

    def seen(self, editor: str) -> str | None:
        """The digest of the state this editor saw last."""
        row = self._db.execute("SELECT digest FROM seen WHERE editor = ?", (editor,)).fetchone()
        return None if row is None else row[0]

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


def _sealed(entry_id: str, fields: dict[str, object], twin: bytes, vault: Vault) -> tuple[object, ...]:
    facts = {name: value for name, value in fields.items() if name not in SEALED_FIELDS}
    cells = [
        None if fields.get(name) is None else vault.seal(entry_id, name, str(fields[name])) for name in SEALED_FIELDS
    ]
    return (entry_id, json.dumps(facts), *cells, twin, str(fields["not_after"]))
