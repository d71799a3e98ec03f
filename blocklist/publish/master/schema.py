"""The master's tables, and how a file of an older schema grows into the newest one.

Each step leads from one schema version (`PRAGMA user_version`) to the next, in one transaction. A change adds a step;
one that was released is never edited.
"""

import sqlite3
from typing import Final

from blocklist.publish.master import statements

_FIRST: Final = """
CREATE TABLE wrapped_keys (
    profile TEXT, epoch INTEGER, editor TEXT, wrapped BLOB, PRIMARY KEY (profile, epoch, editor)
);
CREATE TABLE entries (
    id TEXT PRIMARY KEY, facts TEXT NOT NULL, name BLOB, path BLOB, query BLOB, twin BLOB NOT NULL,
    not_after TEXT NOT NULL, removed_by TEXT, removal BLOB
) WITHOUT ROWID;
CREATE INDEX entries_twin ON entries (twin);
CREATE TABLE subscribers (id TEXT PRIMARY KEY, label TEXT NOT NULL, public BLOB NOT NULL);
CREATE TABLE approvals (item TEXT, editor TEXT, signature BLOB NOT NULL, PRIMARY KEY (item, editor)) WITHOUT ROWID;
CREATE TABLE seen (editor TEXT PRIMARY KEY, digest TEXT NOT NULL);
CREATE TABLE versions (version INTEGER PRIMARY KEY, set_sha256 TEXT NOT NULL, records BLOB NOT NULL, published_at TEXT);
CREATE TABLE version_entries (version INTEGER, id TEXT, PRIMARY KEY (version, id)) WITHOUT ROWID;
"""
_RELEASES: Final = """
ALTER TABLE versions ADD COLUMN manifest BLOB NOT NULL DEFAULT x'';
ALTER TABLE version_entries ADD COLUMN token BLOB NOT NULL DEFAULT x'';
CREATE TABLE version_files (path TEXT PRIMARY KEY, version INTEGER NOT NULL, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE log_lines (version INTEGER PRIMARY KEY, line BLOB NOT NULL);
CREATE TABLE epochs (epoch INTEGER PRIMARY KEY, base_date TEXT NOT NULL, first_version INTEGER NOT NULL);
CREATE TABLE withdrawals (serial INTEGER PRIMARY KEY, issued_at TEXT NOT NULL, duty TEXT NOT NULL);
CREATE TABLE withdrawn (
    id TEXT PRIMARY KEY, token BLOB NOT NULL, serial INTEGER NOT NULL, signature BLOB NOT NULL, confirmed_in INTEGER
) WITHOUT ROWID;
"""
_LISTINGS: Final = """
CREATE TABLE listings (id TEXT, first INTEGER, last INTEGER, PRIMARY KEY (id, first)) WITHOUT ROWID;
INSERT INTO listings SELECT id, version, NULL FROM version_entries
    WHERE version = (SELECT MAX(version) FROM versions WHERE published_at IS NOT NULL)
"""
STEPS: Final = (_FIRST, _RELEASES, statements.SCHEMA, _LISTINGS)


def bring_up(db: sqlite3.Connection) -> None:
    """Take a file to the newest schema; two tools that open it at once do each step once."""
    while schema_version(db) < len(STEPS):
        db.execute("BEGIN IMMEDIATE")
        try:
            _step(db)
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")


def schema_version(db: sqlite3.Connection) -> int:
    """The schema version of an open file; 0 for an empty one."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _step(db: sqlite3.Connection) -> None:
    version = schema_version(db)
    if version == len(STEPS):
        return  # another tool was quicker
    for command in STEPS[version].split(";"):
        db.execute(command)
    db.execute(f"PRAGMA user_version = {version + 1}")
