"""Files of the desk and of the published folder: written whole or not at all, and by one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from blocklist.disk import PRIVATE_FILE, PRIVATE_FOLDER, make_folders, replace_file
from blocklist.errors import OperatorFault

PUBLIC_FILE = 0o644
PUBLIC_FOLDER = 0o755


def write_atomically(path: Path, data: bytes, mode: int = PRIVATE_FILE) -> None:
    """Put `data` at `path`: a reader, or a restart after a kill, sees the old file or the new one and nothing else.

    Raises `OperatorFault` (full disk, missing right) with the path and the system's reason.
    """
    try:
        replace_file(path, data, mode)
    except OSError as error:
        raise OperatorFault("file_write", f"cannot write {path}: {error.strerror}; nothing was changed") from None


def make_folder(path: Path, mode: int = PRIVATE_FOLDER) -> Path:
    """Create a folder (and its parents) with `mode`; one that is there is left as it is."""
    try:
        make_folders(path, mode)
    except OSError as error:
        raise OperatorFault("folder_create", f"cannot create folder {path}: {error.strerror}") from None
    return path


def read_file(path: Path, what: str) -> bytes:
    """The bytes of a file the operator named; `what` says in the error which file that is."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise OperatorFault("file_read", f"cannot read {what} {path}: {error.strerror}") from None


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold `folder` against a second tool; waits for the first one to finish (a verb takes seconds)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
