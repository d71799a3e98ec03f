"""Backup and restore of a desk: one file (`archive.py`), checked whole before it becomes a desk again.

It holds the master (names are sealed cells in it), the desk's files and what is staged; never a private key, so it is
of no use to whoever finds it without an editor's key file.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from blocklist.canonical import format_instant
from blocklist.disk import ASIDE_SUFFIX, PRIVATE_FILE, sync_folder
from blocklist.errors import OperatorFault
from blocklist.publish import body
from blocklist.publish.files import make_folder, only_one
from blocklist.publish.keys import setup
from blocklist.publish.master import master
from blocklist.publish.master.archive import MANIFEST, Contents, damaged, extract, write
from blocklist.publish.review.workbench import Workbench

RESTORING_SUFFIX: Final = ".restoring"
PAGES: Final = 4_096  # SQLite pages copied in one step
_SKIPPED_SUFFIXES: Final = (".pem", ASIDE_SUFFIX, "-wal", "-shm", "-journal")
_NEEDED: Final = frozenset({master.FILE_NAME, body.FILE_NAME, setup.ROOT_FILE, setup.CRITERIA_FILE})


def backup(desk: Path, file: Path, now: datetime) -> Contents:
    """Write the desk as it stands into `file`; verbs of others wait meanwhile. A kill leaves no `file`, or all of it.

    Raises `OperatorFault` for a file that exists or a private key among the files.
    """
    if file.exists():
        raise OperatorFault("backup_exists", f"{file} exists: a backup never replaces another")
    list_id = body.Body.load(desk).list_id
    aside, copy = (file.with_name(file.name + suffix) for suffix in (ASIDE_SUFFIX, f".master{ASIDE_SUFFIX}"))
    try:
        with only_one(desk):
            _copy_master(desk / master.FILE_NAME, copy)
            files = (*_files(desk), (master.FILE_NAME, copy))
            contents = write(aside, Contents(list_id, format_instant(now), {}), files)
        aside.replace(file)
        sync_folder(file.parent)
    except OSError as error:
        raise OperatorFault("backup_write", f"cannot write {file}: {error.strerror}; there is no backup") from None
    finally:
        aside.unlink(missing_ok=True)
        copy.unlink(missing_ok=True)
    return contents


def restore(file: Path, desk: Path) -> Contents:
    """Make the desk `desk` of a backup, after every checksum and every signature that needs no key was checked.

    A kill leaves `desk` as it was: absent or empty. Raises `OperatorFault` when it is neither, or for a bad backup.
    """
    if desk.exists() and (not desk.is_dir() or any(desk.iterdir())):
        raise OperatorFault("folder_in_use", f"{desk} is in use: a backup is never restored over a desk")
    beside = desk.absolute().with_name(desk.name + RESTORING_SUFFIX)
    try:
        with _emptied(beside):
            contents = extract(file, beside)
            if not contents.files.keys() >= _NEEDED:
                raise damaged(file)
            _check(beside, contents)
            beside.rename(desk)
            sync_folder(desk.absolute().parent)
    except OSError as error:
        raise OperatorFault("restore_failed", f"cannot restore {file}: {error.strerror}; {desk} is as it was") from None
    return contents


def _copy_master(source: Path, target: Path) -> None:
    """A consistent copy through SQLite's own backup, whatever other processes read meanwhile."""
    target.unlink(missing_ok=True)
    target.touch(mode=PRIVATE_FILE)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new, pages=PAGES)
        new.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it


def _files(desk: Path) -> Iterator[tuple[str, Path]]:
    """The desk's files but for the master and the keys, in order of name."""
    for path in sorted(desk.rglob("*")):
        name = path.relative_to(desk).as_posix()
        kept = name not in (master.FILE_NAME, MANIFEST) and not name.startswith(f"{setup.KEYS_FOLDER}/")
        if kept and path.is_file() and not path.is_symlink() and not name.endswith(_SKIPPED_SUFFIXES):
            yield name, path


@contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """A new folder that does not outlive a failure; what a killed run left of it is dropped."""
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check(folder: Path, contents: Contents) -> None:
    if not _is_sound(folder / master.FILE_NAME):
        raise OperatorFault("backup_damaged", "the master in this backup is damaged: restore another")
    bench = Workbench.open(folder)
    try:
        failures = bench.verify().failures
        other = bench.body.list_id != contents.list_id
    finally:
        bench.close()
    if failures or other:
        ids = ", ".join(sorted({failure.item for failure in failures})[:5])
        raise OperatorFault("backup_unproven", f"{len(failures)} signatures in this backup are not good: {ids}")


def _is_sound(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as db:
            return [row[0] for row in db.execute("PRAGMA integrity_check")] == ["ok"]
    except sqlite3.DatabaseError:
        return False
