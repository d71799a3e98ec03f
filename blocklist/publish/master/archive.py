"""The one file of a backup: a plain tar, whose last member lists every other with its length and SHA-256.

What is written is hashed on its way in; what is read is hashed on its way out and compared. A private key is refused.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Final

from attrs import frozen

from blocklist.canonical import dumps
from blocklist.disk import PRIVATE_FILE, sync_folder
from blocklist.errors import OperatorFault
from blocklist.publish.files import make_folder

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
CHUNK_BYTES: Final = 1024 * 1024  # read and written at once
_PRIVATE: Final = b"PRIVATE KEY-----"


@frozen
class ArchiveLimits:
    """What a file that calls itself a backup may make us hold in memory."""

    manifest_bytes: int = 16 * 1024 * 1024
    """Length of the list of files."""
    files: int = 100_000
    """Files of a backup."""


LIMITS: Final = ArchiveLimits()


@frozen
class Contents:
    """What a backup says of itself. `files` is path → (bytes, lower-hex SHA-256)."""

    list_id: str
    made_at: str
    files: Mapping[str, tuple[int, str]]

    def to_bytes(self) -> bytes:
        """The RFC 8785 bytes of the manifest."""
        files = {path: {"bytes": size, "sha256": digest} for path, (size, digest) in self.files.items()}
        return dumps({"format": FORMAT, "list_id": self.list_id, "made_at": self.made_at, "files": files})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Contents":
        """Read a manifest; `ValueError`, `KeyError` or `TypeError` when it is none."""
        plain = json.loads(data)
        if plain["format"] != FORMAT:
            raise ValueError("another format")
        files = {str(path): (int(file["bytes"]), str(file["sha256"])) for path, file in plain["files"].items()}
        return cls(str(plain["list_id"]), str(plain["made_at"]), files)


def write(aside: Path, contents: Contents, files: Iterable[tuple[str, Path]]) -> Contents:
    """Write an archive of `files` (name, path) and sync it; returns its contents. Raises `OperatorFault` for a key."""
    held: dict[str, tuple[int, str]] = {}
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, path in files:
            held[name] = _add(tar, name, path)
        contents = Contents(contents.list_id, contents.made_at, held)
        manifest = contents.to_bytes()
        tar.addfile(_member(MANIFEST, len(manifest)), io.BytesIO(manifest))
        tar.close()
        raw.flush()
        os.fsync(raw.fileno())
    return contents


def _add(tar: tarfile.TarFile, name: str, path: Path) -> tuple[int, str]:
    """Put one file in; what is read is what is hashed."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        reader = _Hashing(file, path)
        tar.addfile(_member(name, size), reader)
    return size, reader.digest.hexdigest()


class _Hashing:
    """Hands a file on, hashes it, and refuses a private key."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file, self._path, self._last = file, path, b""
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        if _PRIVATE in self._last + data:
            raise OperatorFault("key_in_desk", f"{self._path} is a private key: keep it outside, or in keys/")
        self._last = data[-len(_PRIVATE) :]
        self.digest.update(data)
        return data


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, PRIVATE_FILE
    return member


def extract(file: Path, folder: Path) -> Contents:
    """Read an archive into `folder`, every file synced; `OperatorFault` unless it is whole and says so itself."""
    found: dict[str, tuple[int, str]] = {}
    manifest = b""
    try:
        with tarfile.open(file, "r:") as tar:
            for member in tar:
                source = tar.extractfile(member) if member.isreg() else None
                if source is None or not _is_inside(member.name) or manifest or member.name in found:
                    raise damaged(file)
                if len(found) > LIMITS.files or (member.name == MANIFEST and member.size > LIMITS.manifest_bytes):
                    raise damaged(file)
                if member.name == MANIFEST:
                    manifest = source.read()
                else:
                    found[member.name] = _store(source, folder / member.name)
        contents = Contents.from_bytes(manifest)
    except (tarfile.TarError, ValueError, KeyError, TypeError, EOFError):
        raise damaged(file) from None
    if contents.files != found:
        raise damaged(file)
    return contents


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and str(path) == name


def _store(source: IO[bytes], path: Path) -> tuple[int, str]:
    make_folder(path.parent)
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as target:
        while data := source.read(CHUNK_BYTES):
            digest.update(data)
            size += len(data)
            target.write(data)
        target.flush()
        os.fsync(target.fileno())
    sync_folder(path.parent)
    return size, digest.hexdigest()


def damaged(file: Path) -> OperatorFault:
    """What to tell of a file that cannot be trusted."""
    return OperatorFault("backup_damaged", f"{file} is damaged, cut short or no backup: restore another")
