"""The drop folder: how fully signed roles reach the machine with the online keys (and nothing else does).

Each submission is one folder, made under a name beginning with a dot and then renamed, so that the roles of one
version arrive together or not at all:

    DROP/<time>-<random>/{targets,keyring,withdraw,N.root}.json    any of them
    DROP/<time>-<random>/log.jsonl                                  the version's line of the public record
    DROP/<time>-<random>/files/<sha256>.<last part of the path>     the target files the roles name

Nothing in it is trusted: `admission` verifies. What is refused moves to `DROP/refused/` with a `reason.json`.
"""

import errno
import fcntl
import json
import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from attrs import frozen

from blocklist.canonical import format_instant
from blocklist.disk import sync_folder
from blocklist.errors import BlocklistError, OperatorFault
from blocklist.publish.faults import Refusal
from blocklist.publish.files import make_folder, write_atomically
from blocklist.publish.publication.outlet import LOG_FILE, SignedRole

ROLES: Final = ("targets", "keyring", "withdraw")  # in the order they are verified: a delegator comes first
REFUSED_FOLDER: Final = "refused"
_FILES: Final = "files"
_FOLDER_MODE: Final = 0o770
_FILE_MODE: Final = 0o640
_NO_FILE: Final = (errno.ELOOP, errno.ENXIO)  # a link, a socket
_NEW: Final = ".new-"  # being written
_DONE: Final = ".done-"  # published, being taken away


@frozen
class DropLimits:
    """How large what lies in a drop folder may be (bytes), and how much of it is read."""

    role_bytes: int = 2 * 1024 * 1024
    """Length of one signed role."""
    file_bytes: int = 64 * 1024 * 1024
    """Length of one target file."""
    log_line_bytes: int = 64 * 1024
    """Length of the new line of the public record."""
    files: int = 1_000
    """Files of one submission."""
    roots: int = 200
    """Roots of one submission: a desk hands over every version it ever had."""


@frozen
class Submission:
    """One submission as it lies there. `files` are target files by their name in `files/`, none verified yet."""

    place: Path
    roots: tuple[bytes, ...]  # by version
    roles: Mapping[str, bytes]
    files: Mapping[str, Path]
    log_line: bytes | None

    def file(self, name: str, limits: DropLimits) -> bytes | None:
        """The bytes of a target file, if it came along."""
        return _read(self.files[name], limits.file_bytes) if name in self.files else None


def put(
    drop: Path,
    roles: tuple[SignedRole, ...],
    now: datetime,
    *,
    log_line: bytes | None = None,
    roots: Mapping[int, bytes] | None = None,
) -> Path:
    """Hand over roles, new root versions (`{version: bytes}`) and a line of the public record; returns the place.

    Raises `OperatorFault` when the folder cannot be written; then nothing was handed over.
    """
    must_be_there(drop)
    name = f"{now:%Y%m%dT%H%M%S}.{now.microsecond:06d}-{secrets.token_hex(4)}"
    aside, place = drop / f"{_NEW}{name}", drop / name
    try:
        for role in roles:
            for path, data in role.files.items():
                _write(aside / _FILES, f"{sha256(data).hexdigest()}.{Path(path).name}", data)
        for version, root in (roots or {}).items():
            _write(aside, f"{version}.root.json", root)
        if log_line is not None:
            _write(aside, LOG_FILE, log_line.rstrip(b"\n") + b"\n")
        for role in roles:
            _write(aside, f"{role.name}.json", role.metadata)
        aside.rename(place)
        sync_folder(drop)
    except OSError as error:
        raise OperatorFault("drop_write", f"cannot hand over into {drop}: {error.strerror}") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place


def must_be_there(drop: Path) -> None:
    """`OperatorFault` for a drop folder that is not there: what lies in a mistyped one, nobody would ever publish."""
    if not drop.is_dir():
        raise OperatorFault(
            "drop_missing",
            f"{drop} is no folder: name the drop folder that the on-line signer watches (`stamp --daemon --drop`)",
        )


def waiting(drop: Path) -> list[Path]:
    """The places of the submissions in `drop`, oldest first."""
    try:
        found = [path for path in drop.iterdir() if path.name != REFUSED_FOLDER and not path.name.startswith(".")]
    except OSError as error:
        raise OperatorFault("drop_read", f"cannot read drop folder {drop}: {error.strerror}") from None
    return sorted(path for path in found if path.is_dir() and not path.is_symlink())


def read(place: Path, limits: DropLimits) -> Submission:
    """Read a submission. Raises `Refusal` for one that is too large or holds nothing, `OperatorFault` for a disk."""
    roots = sorted(place.glob("*.root.json"), key=lambda path: (len(path.name), path.name))
    if len(roots) > limits.roots:
        raise Refusal("drop_size", f"more than {limits.roots} root versions in one submission")
    roles = {role: place / f"{role}.json" for role in ROLES if (place / f"{role}.json").exists()}
    log = place / LOG_FILE
    if not (roots or roles):
        raise Refusal("drop_empty", "the submission holds no role file")
    files = {path.name: path for path in (place / _FILES).glob("*") if path.is_file()}
    if len(files) > limits.files:
        raise Refusal("drop_size", f"more than {limits.files} target files in one submission")
    return Submission(
        place,
        tuple(_read(path, limits.role_bytes) for path in roots),
        {role: _read(path, limits.role_bytes) for role, path in roles.items()},
        files,
        _read(log, limits.log_line_bytes) if log.exists() else None,
    )


def done(place: Path) -> None:
    """Take a published submission away. Hidden first: what a kill leaves of it is no submission."""
    hidden = place.with_name(f"{_DONE}{place.name}")
    place.rename(hidden)
    shutil.rmtree(hidden, ignore_errors=True)


def refuse(place: Path, fault: BlocklistError, now: datetime) -> None:
    """Put a submission aside with the reason, which holds no name."""
    reason = {"code": fault.code, "reason": str(fault), "refused_at": format_instant(now)}
    write_atomically(place / "reason.json", json.dumps(reason, indent=2).encode() + b"\n")
    aside = make_folder(place.parent / REFUSED_FOLDER) / place.name
    if aside.exists():  # handed over again as it was
        aside = aside.with_name(f"{aside.name}-{secrets.token_hex(4)}")
    place.rename(aside)


def refused(drop: Path) -> int:
    """How many submissions lie refused."""
    folder = drop / REFUSED_FOLDER
    return sum(1 for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else 0


@contextmanager
def watching(drop: Path) -> Iterator[None]:
    """Be the one daemon of this drop folder; raises `OperatorFault` when another one is."""
    descriptor = os.open(make_folder(drop, _FOLDER_MODE), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _claim(descriptor, drop)
        for left in drop.glob(f"{_DONE}*"):  # by a kill
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(descriptor)


def _claim(descriptor: int, drop: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OperatorFault("drop_watched", f"another `mamori-list stamp --daemon` watches {drop}") from None


def _write(folder: Path, name: str, data: bytes) -> None:
    """For the signer's group to read and take away: it is another user, and none of it is secret."""
    write_atomically(make_folder(folder, _FOLDER_MODE) / name, data, _FILE_MODE)


def _read(path: Path, max_bytes: int) -> bytes:
    """What is looked at is what is read: whoever writes here may put a link or a pipe in a file's place meanwhile."""
    data = None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)  # waits for no pipe
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                with os.fdopen(descriptor, "rb", closefd=False) as file:
                    data = file.read(max_bytes + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_FILE:
            raise OperatorFault("file_read", f"cannot read submitted file {path}: {error.strerror}") from None
    if data is None or len(data) > max_bytes:
        raise Refusal("drop_size", f"a file of the submission is larger than {max_bytes} bytes, or is no plain file")
    return data
