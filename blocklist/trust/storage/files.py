"""Files of the state folder: 0600, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from blocklist.disk import ASIDE_SUFFIX, make_folders, replace_file, sync_folder
from blocklist.errors import OperatorFault, TransferFault


def make_folder(path: Path) -> Path:
    """Create a folder of the state, and the parents that are missing, as 0700."""
    try:
        make_folders(path)
    except OSError as error:
        raise OperatorFault("state_folder", f"cannot create {path}: {error.strerror}; check `state:`") from None
    return path


def write_file(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Replace `path` by `data`, maybe in pieces (`disk.replace_file`).

    Raises TransferFault with code `disk`; the old file is then still in place.
    """
    try:
        replace_file(path, data)
    except OSError as error:
        raise TransferFault("disk", f"cannot write {path}: {error.strerror}; the old file is kept") from None


def create_file(path: Path, data: bytes) -> bytes:
    """Put `data` at `path` unless a file is there, and return what is there now: the first of two writers wins."""
    aside = path.with_name(f"{path.name}.{os.getpid()}{ASIDE_SUFFIX}")
    write_file(aside, data)
    try:
        os.link(aside, path)
        sync_folder(path.parent)
    except FileExistsError:
        return path.read_bytes()
    finally:
        aside.unlink()
    return data


def read_private(path: Path, size: int, what: str) -> bytes | None:
    """Read a key file of exactly `size` bytes; None when there is none. Raises OperatorFault for anything else."""
    try:
        if path.stat().st_mode & 0o077:
            raise OperatorFault("key_file", f"{path} is open to others: chmod 600 it, and think of it as leaked")
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OperatorFault("key_file", f"cannot read {what} {path}: {error.strerror}") from None
    if len(data) != size:
        raise OperatorFault("key_file", f"{path} is no {what} ({size} bytes): restore it from your backup")
    return data
