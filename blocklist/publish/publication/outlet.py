"""The published folder: static files any web server can hand out, and the two roles signed on line.

Layout: `metadata/{N.root,N.snapshot,N.targets,N.keyring,timestamp}.json` and `targets/<dir>/<sha256>.<name>`. All but
`timestamp.json` never change once written, and `timestamp.json` is written last: whoever reads it finds every file it
leads to.
"""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from attrs import frozen
from securesystemslib.signer import Signer
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, Targets, Timestamp
from tuf.api.serialization import DeserializationError

from blocklist.errors import OperatorFault
from blocklist.publish.files import PUBLIC_FILE, PUBLIC_FOLDER, make_folder, only_one, read_file, write_atomically
from blocklist.publish.versions import roles
from blocklist.publish.versions.public_log import continued

ONLINE_ROLES: Final = ("snapshot", "timestamp")
LATEST_FILE_DATE: Final = 2**33  # seconds; a version beyond it is no time, and some file systems cannot hold it
LOG_FILE: Final = "log.jsonl"  # the public record
SNAPSHOT_RENEWED_BEFORE: Final = timedelta(days=2)  # of its expiry; stamping more often than that keeps it fresh

T = TypeVar("T", Timestamp, Snapshot)


@frozen
class OnlineKeys:
    """The keys of the machine that publishes; they vouch for freshness only."""

    snapshot: Signer
    timestamp: Signer


@frozen
class SignedRole:
    """A role's metadata with enough signatures, and the target files it names (`{target path: bytes}`)."""

    name: str
    metadata: bytes
    files: Mapping[str, bytes]


class Outlet:
    """One published folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._metadata = folder / "metadata"
        self._targets = folder / "targets"

    def publish(
        self,
        root: bytes,
        signed: tuple[SignedRole, ...],
        keys: OnlineKeys,
        now: datetime,
        log_line: bytes | None = None,
    ) -> int:
        """Write everything `signed` names, a snapshot over it and a timestamp; returns the snapshot's version.

        Roles published before and not among `signed` stay. `log_line` is the version's line of the public record,
        or the last lines of it. Doing it twice with the same roles only stamps. A version lower than the published one
        is refused.
        """
        make_folder(self._metadata, PUBLIC_FOLDER)
        with only_one(self.folder):
            self._check_online_keys(root, keys)
            self._write_once(self._metadata / _versioned("root", root), root)
            for role in signed:
                self._write_role(role)
            if log_line is not None:
                self._log(log_line)
            return self._freshen(root, self.published() | {one.name: one.metadata for one in signed}, keys, now)

    def check(self, root: bytes, signed: Iterable[SignedRole], keys: OnlineKeys) -> None:
        """Raise what `publish` would refuse, before anything is booked or written."""
        self._check_online_keys(root, keys)
        for role in signed:
            self._check_not_older(role)

    def keep_record(self, lines: Iterable[bytes]) -> None:
        """Bring the public record of a folder begun anew up to these lines; one that says otherwise is refused."""
        path, wanted = self.folder / LOG_FILE, b"".join(line + b"\n" for line in lines)
        there = read_file(path, "public record") if path.exists() else b""
        if not (wanted.startswith(there) or there.startswith(wanted)):
            raise OperatorFault("published_differs", f"{path} is not this list's record: is it another list's folder?")
        if len(there) < len(wanted):
            write_atomically(path, wanted, PUBLIC_FILE)

    def add_root(self, root: bytes) -> None:
        """Write a root version: clients walk from the one they pinned, one by one."""
        make_folder(self._metadata, PUBLIC_FOLDER)
        with only_one(self.folder):
            self._write_once(self._metadata / _versioned("root", root), root)

    def stamp(self, keys: OnlineKeys, now: datetime, root: bytes | None = None) -> int:
        """Sign a new timestamp, and a new snapshot when the old one nears its expiry; returns the former's version.

        Without `root` the newest one published says whose keys count.
        """
        if self.version_of("timestamp") == 0:
            raise OperatorFault("nothing_published", f"{self.folder} holds no list: run `mamori-list publish`")
        with only_one(self.folder):
            root = root or self.newest_root()
            self._check_online_keys(root, keys)
            self._freshen(root, self.published(), keys, now)
            return self.version_of("timestamp")

    def newest_root(self) -> bytes:
        """The highest root version that lies here."""
        versions = [int(path.name.split(".")[0]) for path in self._metadata.glob("*.root.json")]
        if not versions:
            raise OperatorFault("nothing_published", f"{self.folder} holds no list: run `mamori-list publish`")
        return self._role_bytes("root", max(versions))

    def version_of(self, role: str) -> int:
        """The published version of a role; 0 before the first."""
        if not (self._metadata / "timestamp.json").is_file():
            return 0
        if role == "timestamp":
            return self._timestamp().signed.version
        snapshot = self._snapshot().signed
        if role == "snapshot":
            return snapshot.version
        return next((meta.version for name, meta in _roles_in(snapshot) if name == role), 0)

    def published(self) -> dict[str, bytes]:
        """The role files the published snapshot names, by role."""
        if self.version_of("timestamp") == 0:
            return {}
        return {name: self._role_bytes(name, meta.version) for name, meta in _roles_in(self._snapshot().signed)}

    def online(self) -> dict[str, bytes]:
        """The published snapshot and timestamp."""
        return {"snapshot": self._snapshot().to_bytes(), "timestamp": self._timestamp().to_bytes()}

    def expires(self) -> dict[str, datetime]:
        """When each role that is renewed on line runs out."""
        return {"timestamp": self._timestamp().signed.expires, "snapshot": self._snapshot().signed.expires}

    def _write_role(self, role: SignedRole) -> None:
        metadata = Metadata[Targets].from_bytes(role.metadata)
        for path, target in metadata.signed.targets.items():
            for prefixed in target.get_prefixed_paths():
                self._write_once(self._targets / prefixed, role.files[path])
        self._check_not_older(role)
        self._write_once(self._metadata / _versioned(role.name, role.metadata), role.metadata)

    def _check_not_older(self, role: SignedRole) -> None:
        version, published = Metadata[Targets].from_bytes(role.metadata).signed.version, self.version_of(role.name)
        if version < published:
            raise OperatorFault(
                "older_version",
                f"{self.folder} holds {role.name} version {published}, above this desk's {version}:"
                " clients refuse to go back; build a higher version",
            )

    def _log(self, tail: bytes) -> None:
        """Append to the public record the lines of its end that are not there yet."""
        path = self.folder / LOG_FILE
        there = read_file(path, "public record") if path.exists() else b""
        lines = continued(there.splitlines(), tail.splitlines())
        data = b"".join(line + b"\n" for line in lines)
        if data != there:
            write_atomically(path, data, PUBLIC_FILE)

    def _freshen(self, root: bytes, published: Mapping[str, bytes], keys: OnlineKeys, now: datetime) -> int:
        """Snapshot if it changed or ages, then the timestamp over it, last of all."""
        version = self.version_of("snapshot")
        data = self._current_snapshot(root, published, now) if version else None
        if data is None:
            version = _next(version, now)
            data = roles.make_snapshot(version, published, keys.snapshot, now).to_bytes()
            # Not _write_once: a run killed before its timestamp leaves a snapshot no reader was ever told of.
            write_atomically(self._metadata / f"{version}.snapshot.json", data, PUBLIC_FILE)
        timestamp = roles.make_timestamp(_next(self.version_of("timestamp"), now), data, keys.timestamp, now)
        write_timestamp(self.folder, timestamp.to_bytes())
        return version

    def _current_snapshot(self, root: bytes, published: Mapping[str, bytes], now: datetime) -> bytes | None:
        """The published snapshot if it names exactly these roles, lives long enough and its key is still root's."""
        snapshot = self._snapshot()
        if snapshot.signed.expires - now < SNAPSHOT_RENEWED_BEFORE:
            return None
        delegator = Metadata[Root].from_bytes(root).signed
        if not delegator.get_verification_result("snapshot", snapshot.signed_bytes, snapshot.signatures):
            return None
        named = {name: meta.version for name, meta in _roles_in(snapshot.signed)}
        if named != {name: Metadata.from_bytes(data).signed.version for name, data in published.items()}:
            return None
        return self._role_bytes("snapshot", snapshot.signed.version)

    def _check_online_keys(self, root: bytes, keys: OnlineKeys) -> None:
        allowed = Metadata[Root].from_bytes(root).signed.roles
        for role, signer in (("snapshot", keys.snapshot), ("timestamp", keys.timestamp)):
            if signer.public_key.keyid not in allowed[role].keyids:
                raise OperatorFault("online_key", f"this {role} key is not the one root.json of {self.folder} names")

    def _write_once(self, path: Path, data: bytes) -> None:
        """Write a file whose name stands for its content; a different one there is another body's, or damage."""
        if path.exists():
            if read_file(path, "published file") != data:
                raise OperatorFault(
                    "published_differs", f"{path} holds something else: is {self.folder} another list's folder?"
                )
            return
        make_folder(path.parent, PUBLIC_FOLDER)
        write_atomically(path, data, PUBLIC_FILE)

    def _role_bytes(self, role: str, version: int) -> bytes:
        return read_file(self._metadata / f"{version}.{role}.json", "published metadata")

    def _timestamp(self) -> Metadata[Timestamp]:
        return self._read("timestamp.json", Timestamp)

    def _snapshot(self) -> Metadata[Snapshot]:
        return self._read(f"{self._timestamp().signed.snapshot_meta.version}.snapshot.json", Snapshot)

    def _read(self, name: str, kind: type[T]) -> Metadata[T]:
        path = self._metadata / name
        try:
            metadata = Metadata[T].from_bytes(read_file(path, "published metadata"))
        except DeserializationError:
            metadata = None
        if metadata is None or metadata.signed.type != kind.type:
            raise OperatorFault("published_damaged", f"{path} is damaged: publish into a fresh folder")
        return metadata


def write_timestamp(folder: Path, data: bytes) -> None:
    """Write a published folder's `timestamp.json`, dated by its version, which is a time and rises with each one.

    Web servers make the ETag of a file's date in whole seconds and its length: two timestamps of one second would look
    the same, and every subscriber that had the first would wait five minutes for the second.
    """
    path = folder / "metadata" / "timestamp.json"
    write_atomically(path, data, PUBLIC_FILE)
    date = min(Metadata[Timestamp].from_bytes(data).signed.version, LATEST_FILE_DATE)
    os.utime(path, (date, date))


def _next(version: int, now: datetime) -> int:
    """The version after `version`: the POSIX time, so that a folder begun anew after a loss is not below the lost one.

    Clients never go back, in snapshot and timestamp neither; a count from 1 would shut them out until root changes.
    """
    return max(version + 1, int(now.timestamp()))


def _roles_in(snapshot: Snapshot) -> list[tuple[str, MetaFile]]:
    return [(name.removesuffix(".json"), meta) for name, meta in snapshot.meta.items()]


def _versioned(role: str, metadata: bytes) -> str:
    return f"{Metadata.from_bytes(metadata).signed.version}.{role}.json"
