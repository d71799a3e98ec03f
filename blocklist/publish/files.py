"""Files of the desk and of the published folder: written whole or not at all, and by one process at a time."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from blocklist.errors import OperatorFault

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
PUBLIC_FILE = 0o644
PUBLIC_FOLDER = 0o755


def write_atomically(path: Path, data: bytes, mode: int = PRIVATE_FILE) -> None:
    """Put `data` at `path`: a reader, or a restart after a kill, sees the old file or the new one and nothing else.

    Raises `OperatorFault` (full disk, missing right) with the path and the system's reason.
    """
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            aside.replace(path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise OperatorFault("file_write", f"cannot write {path}: {error.strerror}; nothing was changed") from None


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path, mode: int = PRIVATE_FOLDER) -> Path:
    """Create a folder (and its parents) with `mode`; one that is there is left as it is."""
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
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
