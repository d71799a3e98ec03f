"""Files written whole or not at all. Only this module of the floor touches the disk; what it raises is OSError."""

import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700
ASIDE_SUFFIX: Final = ".new"


def replace_file(path: Path, data: bytes | Iterable[bytes], mode: int = PRIVATE_FILE) -> None:
    """Replace `path` by `data`: write aside, fsync, rename, fsync the folder. A kill at any point leaves old or new.

    `data` may come in pieces, so that a large file need not be held as a whole.

    One writer of a path at a time; what a killed one left aside is written over.
    """
    aside = path.with_name(path.name + ASIDE_SUFFIX)
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def make_folders(path: Path, mode: int = PRIVATE_FOLDER) -> None:
    """Create a folder, and the parents that are missing, with `mode` whatever the umask; those there are left alone."""
    for folder in reversed([folder for folder in (path, *path.parents) if not folder.exists()]):
        folder.mkdir(mode, exist_ok=True)
        folder.chmod(mode)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), os.fspath(path))


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
