"""Old files of a published folder that nothing leads to any more.

A subscriber in the middle of a visit may still follow a timestamp of a moment ago, and a cache in front holds on for
seconds: so what a snapshot names stays for a day after the next one, and an old epoch's files for thirty. Every root
version stays.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeVar

from attrs import frozen
from tuf.api.metadata import Metadata, Snapshot, Targets, Timestamp
from tuf.api.serialization import DeserializationError

from blocklist.errors import OperatorFault
from blocklist.publish.files import only_one, read_file

_OF_EPOCH: Final = re.compile(r"match/([0-9]+)/[^/]+")
S = TypeVar("S", Timestamp, Snapshot, Targets)
_ROOT: Final = re.compile(r"[0-9]+\.root\.json")
DAY: Final = 86_400.0


@frozen
class PruneLimits:
    """How long what nothing names stays (seconds since it was written)."""

    unnamed: float = DAY
    """Seconds a file that nothing names stays."""
    old_epoch: float = 30 * DAY
    """Seconds a file of an old epoch stays, from the first file of the epoch after it."""


def prune(folder: Path, now: datetime, limits: PruneLimits) -> int:
    """Remove what is neither led to nor young; returns how many files. Raises `OperatorFault` for a damaged folder.

    Nothing is removed unless everything the timestamp leads to could be read.
    """
    with only_one(folder):
        at, metadata, targets = now.timestamp(), folder / "metadata", folder / "targets"
        current = _current_snapshot(metadata)
        recent = set(_recent(metadata, at, limits))
        kept = {metadata / "timestamp.json", current, *recent}
        kept |= {path for path in metadata.iterdir() if _ROOT.fullmatch(path.name)}
        roles = _roles(metadata, current) | {path for one in recent for path in _roles(metadata, one) if path.exists()}
        named = {targets / path for role in roles for path in _named(role)}
        old = _Epochs(targets, at, limits)
        candidates = (path for part in (metadata, targets) for path in part.rglob("*") if path.is_file())
        gone = [path for path in candidates if path not in kept | roles | named and old.is_old(path)]
        for path in gone:
            path.unlink()
        return len(gone)


@frozen
class _Epochs:
    """How old a file must be: those of an epoch before the newest outlive the others."""

    targets: Path
    at: float
    limits: PruneLimits

    def is_old(self, path: Path) -> bool:
        if self.at - path.stat().st_mtime < self.limits.unnamed:
            return False
        number = _epoch(path, self.targets)
        newest = max(self._folders(), default=0)
        if number is None or number >= newest:
            return True
        begun = min(file.stat().st_mtime for file in (self.targets / "match" / str(newest)).iterdir())
        return self.at - begun >= self.limits.old_epoch

    def _folders(self) -> Iterator[int]:
        for path in (self.targets / "match").glob("*"):
            if path.name.isdecimal() and any(path.iterdir()):
                yield int(path.name)


def _epoch(path: Path, targets: Path) -> int | None:
    if not path.is_relative_to(targets):
        return None
    found = _OF_EPOCH.fullmatch(path.relative_to(targets).as_posix())
    return None if found is None else int(found[1])


def _current_snapshot(metadata: Path) -> Path:
    timestamp = _read(metadata / "timestamp.json", Timestamp)
    return metadata / f"{timestamp.snapshot_meta.version}.snapshot.json"


def _recent(metadata: Path, at: float, limits: PruneLimits) -> Iterator[Path]:
    """The snapshots that were the newest less than a day ago: a file's age says nothing, only its successor's does."""
    snapshots = sorted(metadata.glob("[0-9]*.snapshot.json"), key=lambda path: (len(path.name), path.name))
    for path, successor in pairwise(snapshots):
        if at - successor.stat().st_mtime < limits.unnamed:
            yield path


def _roles(metadata: Path, snapshot: Path) -> set[Path]:
    """The role files a snapshot names."""
    return {metadata / f"{meta.version}.{name}" for name, meta in _read(snapshot, Snapshot).meta.items()}


def _named(role: Path) -> Iterator[str]:
    """The target files a role names, with the hash in their names."""
    for target in _read(role, Targets).targets.values():
        yield from target.get_prefixed_paths()


def _read(path: Path, kind: type[S]) -> S:
    try:
        signed = Metadata[S].from_bytes(read_file(path, "published metadata")).signed
    except DeserializationError:
        signed = None
    if not isinstance(signed, kind):
        raise OperatorFault("published_damaged", f"{path} is damaged: nothing was removed from this folder")
    return signed
