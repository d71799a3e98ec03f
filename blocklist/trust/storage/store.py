"""The versions of one list on this disk: each one sealed file, so that damage is noticed and an older one serves.

`<folder>/<version>.sealed` holds seven parts, each with its 4-byte big-endian length: the signed index.json, the epoch
secret, the held tokens, the kept records, the held counts (JSON), the verified records and the rejected tokens (which
release 0.1 did not write).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

from attrs import define, field, frozen

from blocklist.disk import ASIDE_SUFFIX
from blocklist.errors import BlocklistError, OperatorFault
from blocklist.manifest import Manifest
from blocklist.tokens import token_key
from blocklist.trust.rules.mask import Mask, enforced, expiries
from blocklist.trust.storage.files import make_folder
from blocklist.trust.storage.sealed import read_sealed, write_sealed

_SUFFIX: Final = ".sealed"
_PARTS: Final = 7
_PARTS_BEFORE: Final = 6  # in release 0.1


@frozen(slots=False)
class StoredVersion:
    """A verified version and its mask."""

    index: bytes  # index.json as signed
    secret: bytes = field(repr=False)  # of its epoch
    records: bytes = field(repr=False)  # verified
    mask: Mask

    @cached_property
    def manifest(self) -> Manifest:
        """The index, read."""
        return Manifest.from_bytes(self.index)

    @property
    def version(self) -> int:
        """The version number."""
        return self.manifest.version

    @cached_property
    def enforced(self) -> bytes:
        """The records the guards let through: withdrawals come off after that (`Standing`)."""
        return enforced(self.records, self.mask)

    @cached_property
    def expiries(self) -> dict[float, int]:
        """How many enforced records end at each time (POSIX)."""
        return expiries(self.enforced, self.manifest.base_date)

    @cached_property
    def token_key(self) -> bytes:
        """The key its tokens were made with."""
        return token_key(self.secret, self.manifest.list_id, self.manifest.epoch)

    def pieces(self) -> Iterator[bytes]:
        """Yield the plain form of the file; joined, it would be as long as the list once more."""
        mask = self.mask
        counts = json.dumps(dict(mask.held_by)).encode()
        parts = (self.index, self.secret, mask.held, mask.kept, counts, self.records, mask.rejected)
        for part in parts:
            yield len(part).to_bytes(4, "big")
            yield part

    @classmethod
    def from_bytes(cls, data: bytes) -> StoredVersion:
        """Read the plain form. The seal vouches for it; only another release could have written something else."""
        index, secret, held, kept, counts, records, *rejected = _split(data)
        stored = cls(index, secret, records, Mask(held, kept, json.loads(counts), b"".join(rejected)))
        stored.manifest  # noqa: B018  # read now, so that a file of another format is refused here
        return stored


@define
class Store:
    """The folder of versions."""

    folder: Path
    host_key: bytes = field(repr=False)
    list_id: str
    damaged: int = 0  # files met that did not open

    def save(self, stored: StoredVersion) -> None:
        """Write a version whole. Raises TransferFault `disk`."""
        make_folder(self.folder)
        write_sealed(self._path(stored.version), stored.pieces(), self.host_key, self._purpose(stored.version))

    def newest(self, below: int | None = None) -> StoredVersion | None:
        """Return the newest version that opens, older than `below` if given; damaged ones are counted."""
        for version in self.versions():
            if below is None or version < below:
                stored = self._open(version)
                if stored is not None:
                    return stored
        return None

    def versions(self) -> list[int]:
        """Return the version numbers on disk, newest first."""
        names = (path.name.removesuffix(_SUFFIX) for path in self.folder.glob("*" + _SUFFIX))
        return sorted((int(name) for name in names if name.isdecimal()), reverse=True)

    def prune(self, wanted: Collection[int]) -> None:
        """Delete all versions but `wanted`, and what a kill left half written."""
        for version in self.versions():
            if version not in wanted:
                self._path(version).unlink(missing_ok=True)
        for path in self.folder.glob("*" + ASIDE_SUFFIX):
            path.unlink(missing_ok=True)

    def _open(self, version: int) -> StoredVersion | None:
        try:
            data = read_sealed(self._path(version), self.host_key, self._purpose(version))
            stored = None if data is None else StoredVersion.from_bytes(data)
        except (BlocklistError, ValueError):
            stored = None
        if stored is None or stored.version != version:
            self.damaged += 1
            return None
        return stored

    def _path(self, version: int) -> Path:
        return self.folder / f"{version}{_SUFFIX}"

    def _purpose(self, version: int) -> str:
        return f"list {self.list_id} version {version}"


def _split(data: bytes) -> list[bytes]:
    parts: list[bytes] = []
    start = 0
    while start < len(data):
        end = start + 4 + int.from_bytes(data[start : start + 4], "big")
        parts.append(data[start + 4 : end])
        start = end
    if start != len(data) or len(parts) not in (_PARTS_BEFORE, _PARTS):
        raise OperatorFault("sealed", "a stored version has another format: it will be fetched again")
    return parts
