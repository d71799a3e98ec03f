"""What the master knows of versions: their sets and files, the epochs they stand in, the lines of the public record.

A version is booked when it is built and again when it is handed out; a build that never was is forgotten by the next.
Every method is one statement or a few inside the caller's transaction.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import date

from attrs import frozen


@frozen(kw_only=True)
class Release:
    """One built version. `entries` are (id, 16-byte token); `files` what later versions go on naming."""

    version: int
    set_sha256: str
    records: bytes
    entries: tuple[tuple[str, bytes], ...]
    manifest: bytes = b""
    files: Mapping[str, bytes] = {}
    log_line: bytes | None = None
    begins: tuple[int, date] | None = None  # (epoch, base date) of a rekey version


class Releases:
    """The tables of versions in an open master."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def put(self, release: Release) -> None:
        """Book a build; earlier builds that were never published are forgotten, and what they would have begun."""
        last = self.last_published()
        self._forget_after(last[0] if last else 0)
        row = (release.version, release.set_sha256, release.records, release.manifest)
        self._db.execute("INSERT INTO versions VALUES (?, ?, ?, NULL, ?)", row)
        rows = ((release.version, entry_id, token) for entry_id, token in release.entries)
        self._db.executemany("INSERT INTO version_entries VALUES (?, ?, ?)", rows)
        files = ((path, release.version, data) for path, data in release.files.items())
        self._db.executemany("INSERT INTO version_files VALUES (?, ?, ?)", files)
        if release.log_line is not None:
            self._db.execute("INSERT INTO log_lines VALUES (?, ?)", (release.version, release.log_line))
        if release.begins is not None:
            epoch, base_date = release.begins
            self._db.execute("INSERT INTO epochs VALUES (?, ?, ?)", (epoch, base_date.isoformat(), release.version))

    def _forget_after(self, version: int) -> None:
        self._db.execute(
            "DELETE FROM wrapped_keys WHERE profile = 'match'"
            " AND epoch IN (SELECT epoch FROM epochs WHERE first_version > ?)",
            (version,),
        )
        self._db.execute("DELETE FROM epochs WHERE first_version > ?", (version,))
        for table in ("versions", "version_entries", "version_files", "log_lines"):
            self._db.execute(f"DELETE FROM {table} WHERE version > ?", (version,))  # noqa: S608 (a constant)

    def is_built(self, version: int, digest: str) -> bool:
        """Whether this very set was booked as a build of `version`."""
        query = "SELECT 1 FROM versions WHERE version = ? AND set_sha256 = ?"
        return self._db.execute(query, (version, digest)).fetchone() is not None

    def mark_published(self, version: int, published_at: str) -> None:
        """Book a built version as published, once, and forget what the ones before held but for who was listed when."""
        query = "UPDATE versions SET published_at = ? WHERE version = ? AND published_at IS NULL"
        if not self._db.execute(query, (published_at, version)).rowcount:
            return
        self._db.execute("UPDATE versions SET records = x'' WHERE version < ?", (version,))
        self._db.execute("DELETE FROM version_entries WHERE version < ?", (version,))
        self._forget_old_secrets()
        self._db.execute(
            "UPDATE listings SET last = ? WHERE last IS NULL"
            " AND id NOT IN (SELECT id FROM version_entries WHERE version = ?)",
            (version - 1, version),
        )
        self._db.execute(
            "INSERT INTO listings SELECT id, ?, NULL FROM version_entries WHERE version = ?"
            " AND id NOT IN (SELECT id FROM listings WHERE last IS NULL)",
            (version, version),
        )

    def _forget_old_secrets(self) -> None:
        """Only this epoch's secret and the last one's are kept: nobody needs an older one any more."""
        epoch = self.epoch()
        if epoch is not None:
            self._db.execute("DELETE FROM wrapped_keys WHERE profile = 'match' AND epoch < ?", (epoch[0] - 1,))

    def listed_in(self, version: int) -> frozenset[str]:
        """Ids of the entries of a published version, however old."""
        query = "SELECT id FROM listings WHERE first <= ? AND (last IS NULL OR last >= ?)"
        return frozenset(entry_id for (entry_id,) in self._db.execute(query, (version, version)))

    def last_listed(self, entry_id: str) -> int | None:
        """The newest published version with this entry."""
        query = (
            "SELECT MAX(version) FROM versions JOIN listings ON first <= version AND (last IS NULL OR last >= version)"
            " WHERE id = ? AND published_at IS NOT NULL"
        )
        version = self._db.execute(query, (entry_id,)).fetchone()[0]
        return None if version is None else int(version)

    def last_published(self) -> tuple[int, bytes] | None:
        """(version, records) of the last published version."""
        query = "SELECT version, records FROM versions WHERE published_at IS NOT NULL ORDER BY version DESC LIMIT 1"
        row = self._db.execute(query).fetchone()
        return None if row is None else (row[0], bytes(row[1]))

    def published_at(self, version: int) -> str:
        """When a published version was published first."""
        row = self._db.execute("SELECT published_at FROM versions WHERE version = ?", (version,)).fetchone()
        return str(row[0])

    def manifest(self, version: int) -> bytes:
        """`index.json` of a built version; empty for one built before indexes were kept."""
        row = self._db.execute("SELECT manifest FROM versions WHERE version = ?", (version,)).fetchone()
        return b"" if row is None else bytes(row[0])

    def file(self, path: str) -> bytes | None:
        """A target file kept for later versions."""
        row = self._db.execute("SELECT data FROM version_files WHERE path = ?", (path,)).fetchone()
        return None if row is None else bytes(row[0])

    def keep_files(self, named: Iterable[str]) -> None:
        """Forget the files kept for later versions but for these paths."""
        kept = set(named)
        gone = [(path,) for (path,) in self._db.execute("SELECT path FROM version_files") if path not in kept]
        self._db.executemany("DELETE FROM version_files WHERE path = ?", gone)

    def tokens_of(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Entry id -> token, of those among `ids` that are in the last published version."""
        query = "SELECT id, token FROM version_entries WHERE version = ? AND id IN (SELECT value FROM json_each(?))"
        return dict(self._published(query, list(ids)))

    def behind(self, tokens: Iterable[bytes]) -> list[tuple[str, bytes]]:
        """(id, token) of each entry of the last published version that has one of these tokens, in order of id."""
        query = (
            "SELECT id, token FROM version_entries WHERE version = ?"
            " AND hex(token) IN (SELECT value FROM json_each(?)) ORDER BY id"
        )
        return self._published(query, [token.hex().upper() for token in tokens])

    def _published(self, query: str, values: list[str]) -> list[tuple[str, bytes]]:
        last = self.last_published()
        rows = self._db.execute(query, (last[0] if last else 0, json.dumps(values)))
        return [(entry_id, bytes(token)) for entry_id, token in rows]

    def ids_of(self, version: int) -> frozenset[str]:
        """Ids of the entries in a version built or published last."""
        rows = self._db.execute("SELECT id FROM version_entries WHERE version = ?", (version,))
        return frozenset(entry_id for (entry_id,) in rows)

    def published_ids(self) -> frozenset[str]:
        """Ids of the entries in the last published version."""
        last = self.last_published()
        return self.ids_of(last[0]) if last else frozenset()

    # --- the public record ----------------------------------------------------------------------------
    def log_lines(self, below: int) -> list[bytes]:
        """The record's lines of published versions below this one, oldest first, each without its line feed."""
        query = (
            "SELECT line FROM log_lines JOIN versions USING (version)"
            " WHERE version < ? AND published_at IS NOT NULL ORDER BY version"
        )
        return [bytes(line) for (line,) in self._db.execute(query, (below,))]

    def log_line(self, version: int) -> bytes | None:
        """The record's line of a built version."""
        row = self._db.execute("SELECT line FROM log_lines WHERE version = ?", (version,)).fetchone()
        return None if row is None else bytes(row[0])

    # --- epochs ---------------------------------------------------------------------------------------
    def epoch(self) -> tuple[int, date] | None:
        """(epoch, base date) in force since the last published rekey version; None in a desk's first epoch."""
        query = (
            "SELECT epoch, base_date FROM epochs JOIN versions ON version = first_version"
            " WHERE published_at IS NOT NULL ORDER BY epoch DESC LIMIT 1"
        )
        row = self._db.execute(query).fetchone()
        return None if row is None else (row[0], date.fromisoformat(row[1]))

    def epochs_from(self, epoch: int) -> dict[int, date]:
        """`{epoch: base date}` of those that staged rekey versions after this one would begin; at most one."""
        rows = self._db.execute("SELECT epoch, base_date FROM epochs WHERE epoch > ?", (epoch,))
        return {number: date.fromisoformat(day) for number, day in rows}

    def epochs_begun(self) -> list[tuple[int, str]]:
        """(version, published at) of each version that began an epoch and was published, oldest first."""
        query = (
            "SELECT version, published_at FROM epochs JOIN versions ON version = first_version"
            " WHERE published_at IS NOT NULL ORDER BY version"
        )
        return list(self._db.execute(query))

    def began_at(self) -> str | None:
        """When the epoch in force began: when its first version was published."""
        begun = self.epochs_begun()
        if begun:
            return begun[-1][1]
        query = "SELECT published_at FROM versions WHERE published_at IS NOT NULL ORDER BY version LIMIT 1"
        row = self._db.execute(query).fetchone()
        return None if row is None else str(row[0])
