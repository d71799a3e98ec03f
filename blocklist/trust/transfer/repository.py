"""One list body's repository as seen through one mirror: a whole TUF refresh, then verified targets.

python-tuf verifies; what it leaves open is closed here: it reads the wall clock itself (ours is put in), it accepts a
timestamp of any life, it has no conditional GET, and what an interrupted run left in its folder may stop it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from attrs import define, field, frozen
from tuf.api.exceptions import ExpiredMetadataError, LengthOrHashMismatchError
from tuf.api.metadata import Metadata, Snapshot, TargetFile, Timestamp
from tuf.ngclient import Updater, UpdaterConfig

from blocklist.disk import PRIVATE_FOLDER
from blocklist.errors import PublisherFault
from blocklist.trust.clock import Clock
from blocklist.trust.limits import ClockLimits, SizeLimits
from blocklist.trust.record_set import KnownBad
from blocklist.trust.storage.files import make_folder
from blocklist.trust.transfer.fetcher import MetadataFetcher
from blocklist.trust.transfer.transport import Transport

WITHDRAW_ROLE: Final = "withdraw"
_LITTER: Final = "tmp*"  # python-tuf's files aside, left by a kill
_BROKEN_FOLDER: Final = (FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError)


class _Updater(Updater):
    """python-tuf's client at a given time, with what we must know of the metadata it verified."""

    def set_time(self, now: datetime) -> None:
        self._trusted_set.reference_time = now

    def renew_root(self) -> None:
        """Do the first step of a refresh only."""
        self._load_root()

    @property
    def timestamp_expires(self) -> float:
        return self._trusted_set.timestamp.expires.timestamp()

    @property
    def timestamp_keys(self) -> tuple[str, ...]:
        return tuple(sorted(self._trusted_set.root.roles[Timestamp.type].keyids))

    @property
    def consistent(self) -> bool:
        return bool(self._trusted_set.root.consistent_snapshot)

    def expires(self, role: str) -> float | None:
        """Return when a role expires that this refresh verified; None for one it did not meet."""
        signed = self._trusted_set.get(role)
        return None if signed is None else signed.expires.timestamp()


@frozen
class Visit:
    """A mirror whose metadata is verified and fresh."""

    url: str
    etag: str | None  # of its timestamp
    _targets_url: str
    _updater: _Updater
    _transport: Transport
    _times: ClockLimits
    known_bad: KnownBad

    @property
    def expires(self) -> float:
        """Return when the timestamp expires (POSIX)."""
        return self._updater.timestamp_expires

    @property
    def timestamp_keys(self) -> tuple[str, ...]:
        """Return the ids of the keys that root names for the timestamp."""
        return self._updater.timestamp_keys

    @property
    def published_at(self) -> float | None:
        """Return when the list body published the roles in force (POSIX), or renewed a snapshot that aged."""
        return self._signed_at(Snapshot.type, self._times.snapshot_life)

    @property
    def withdrawn_at(self) -> float | None:
        """Return when a duty officer signed the withdrawals in force (POSIX); None before they were asked for."""
        return self._signed_at(WITHDRAW_ROLE, self._times.withdraw_life)

    def _signed_at(self, role: str, life: float) -> float | None:
        """Return when a role was signed, which was not after the timestamp above it."""
        expires = self._updater.expires(role)
        return None if expires is None else min(expires - life, self.expires - self._times.timestamp_life)

    def digest(self, path: str) -> str | None:
        """Return the SHA-256 (hex) that signed metadata gives for a target; None when it names no such target."""
        info = self._updater.get_targetinfo(path)
        return None if info is None else _sha256(info)

    def target(self, path: str, max_bytes: int) -> bytes:
        """Fetch a target and verify it against signed metadata."""
        info = self._updater.get_targetinfo(path)
        if info is None:
            raise PublisherFault("metadata", f"the list body signed no {path}")
        if info.length > max_bytes:
            raise PublisherFault("too_long", f"{path} is longer than the {max_bytes} bytes allowed")
        folder, slash, name = path.rpartition("/")
        prefix = f"{_sha256(info)}." if self._updater.consistent else ""
        data = self._transport.get(f"{self._targets_url}{folder}{slash}{prefix}{name}", info.length).body
        info.verify_length_and_hashes(data)
        return data


@define
class Repository:
    """The list body's metadata on this host (`folder`), and how to renew it from any of its mirrors."""

    folder: Path
    root: bytes  # pinned root.json
    transport: Transport
    clock: Clock
    sizes: SizeLimits = field(factory=SizeLimits)
    times: ClockLimits = field(factory=ClockLimits)
    _etags: dict[str, str] = field(factory=dict, init=False)
    _expires: float = field(default=0.0, init=False)
    _known_bad: KnownBad = field(factory=KnownBad, init=False)

    def visit(self, mirror: str) -> Visit | None:
        """Refresh from one mirror; None when its timestamp is the one already worked through, and not expired.

        Raises TransferFault, PublisherFault, OSError, or any exception of python-tuf.
        """
        url = _as_folder(mirror)
        timestamp_url = f"{url}metadata/timestamp.json"
        reply = self.transport.get(timestamp_url, self.sizes.timestamp_bytes, etag=self._etags.get(url))
        if reply.status == 304:
            self._check_still_fresh()
            return None
        self._check_life(reply.body)
        fetcher = MetadataFetcher(self.transport, self.sizes, reply.body)
        updater = self._done(_Updater.refresh, f"{url}metadata/", fetcher)
        return Visit(url, reply.etag, f"{url}targets/", updater, self.transport, self.times, self._known_bad)

    def plain_visit(self, metadata_url: str, targets_url: str) -> Visit:
        """Refresh by TUF's rules alone, wherever the two folders are: nothing conditional, a timestamp of any life."""
        url = _as_folder(metadata_url)
        updater = self._done(_Updater.refresh, url, MetadataFetcher(self.transport, self.sizes))
        return Visit(url, None, _as_folder(targets_url), updater, self.transport, self.times, self._known_bad)

    def renew_root(self, mirror: str) -> tuple[str, ...]:
        """Take up what a mirror has of newer roots, nothing else; return the ids of the timestamp's keys in the newest.

        A chain of roots is verified by signatures and numbers alone, so that this needs no clock to be right. Raises as
        `visit` does.
        """
        fetcher = MetadataFetcher(self.transport, self.sizes)
        return self._done(_Updater.renew_root, f"{_as_folder(mirror)}metadata/", fetcher).timestamp_keys

    def finished(self, visit: Visit) -> None:
        """Note that all of this visit is worked through, so that its timestamp need not come again."""
        self._expires = visit.expires
        if visit.etag is not None:
            self._etags[visit.url] = visit.etag

    def forget(self) -> None:
        """Make the next visit a whole one."""
        self._etags.clear()

    def _check_still_fresh(self) -> None:
        if self.clock.now() >= self._expires:
            raise ExpiredMetadataError("the timestamp in hand expired and the mirror has no newer one")

    def _check_life(self, timestamp: bytes) -> None:
        """Refuse, before TUF stores it, a timestamp that would live too long: it would freeze us as long."""
        expires = Metadata[Timestamp].from_bytes(timestamp).signed.expires
        if expires > self._now() + timedelta(seconds=self.times.timestamp_life_max):
            raise PublisherFault("timestamp_life", "timestamp.json would live longer than 24 hours")

    def _done(self, step: Callable[[_Updater], None], url: str, fetcher: MetadataFetcher) -> _Updater:
        """Return python-tuf's client after a step, in a folder that is made anew if it is in no state to be used."""
        try:
            updater = self._opened(url, fetcher)
            step(updater)
        except _BROKEN_FOLDER:
            shutil.rmtree(self.folder)  # the pinned root and the sealed state still bound what is accepted
            updater = self._opened(url, fetcher)
            step(updater)
        return updater

    def _opened(self, url: str, fetcher: MetadataFetcher) -> _Updater:
        (make_folder(self.folder) / "root_history").mkdir(PRIVATE_FOLDER, exist_ok=True)
        for path in self.folder.glob(_LITTER):
            path.unlink()
        config = UpdaterConfig(
            max_root_rotations=self.sizes.root_rotations,
            max_delegations=self.sizes.delegations,
            timestamp_max_length=self.sizes.timestamp_bytes,
            snapshot_max_length=self.sizes.metadata_bytes,
            targets_max_length=self.sizes.metadata_bytes,
        )
        updater = _Updater(str(self.folder), url, fetcher=fetcher, config=config, bootstrap=self.root)
        updater.set_time(self._now())
        return updater

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), UTC)


def _as_folder(url: str) -> str:
    return url if url.endswith("/") else url + "/"


def _sha256(info: TargetFile) -> str:
    try:
        return info.hashes["sha256"]
    except KeyError:
        raise LengthOrHashMismatchError(f"{info.path} has no sha256") from None
