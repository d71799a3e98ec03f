"""The online signer: takes signed roles from the drop folder, publishes them everywhere, keeps the timestamp fresh.

One caller, one thread, no clock: `tick` is called a few times a second with the time. What a kill leaves is taken up at
the next tick: a submission is taken away only when it is published, and publishing it twice changes nothing.
A submission that is wrong is refused with its reason; a folder that cannot be written is told of and tried again, and
the others go on without it.
"""

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from attrs import define, field, frozen
from tuf.api.metadata import Metadata

from blocklist.canonical import format_instant
from blocklist.errors import OperatorFault
from blocklist.publish.faults import Refusal
from blocklist.publish.files import PUBLIC_FILE, write_atomically
from blocklist.publish.publication import drop
from blocklist.publish.publication.admission import Admitted, Standing, admit, chain
from blocklist.publish.publication.drop import DropLimits
from blocklist.publish.publication.outlet import LOG_FILE, OnlineKeys, Outlet
from blocklist.publish.publication.outlets import Outlets
from blocklist.publish.publication.pruning import PruneLimits, prune


@frozen
class StampLimits:
    """How often the online signer does what (seconds)."""

    poll_seconds: float = 0.5
    """Time between two looks into the drop folder."""
    stamp_seconds: float = 300.0
    """Time between two new timestamps."""
    retry_seconds: float = 5.0
    """Time until what failed is tried again: a folder, a key, a submission."""
    prune_seconds: float = 3600.0
    """Time between two removals of old files nothing leads to."""
    status_seconds: float = 15.0
    """Time after which the status file is written anew, even if nothing changed."""


@define
class Stamper:
    """One drop folder, the folders it publishes to, and the keys that vouch for freshness."""

    drop: Path
    outlets: Outlets
    keys_for: Callable[[bytes], OnlineKeys]  # by root
    say: Callable[[str, dict[str, Any]], None]  # an event and its facts
    alarm: Callable[[str], None]
    status_file: Path | None = None
    limits: StampLimits = field(factory=StampLimits)
    drop_limits: DropLimits = field(factory=DropLimits)
    prune_limits: PruneLimits = field(factory=PruneLimits)
    published: int = field(default=0, init=False)  # submissions since the start
    stamped_at: datetime | None = field(default=None, init=False)
    _next_stamp: float = field(default=0.0, init=False)
    _next_prune: float = field(default=0.0, init=False)
    _next_level: float = field(default=0.0, init=False)
    _status: tuple[float, tuple[object, ...]] = field(default=(0.0, ()), init=False)  # when written, and over what
    _waits: dict[Path, float] = field(factory=dict, init=False)  # submissions to try again, and when

    @property
    def root(self) -> bytes:
        """The root version in force here."""
        return self.outlets.roots[-1]

    def start(self) -> None:
        """Walk the published root versions on from the one this machine was given by hand."""
        while True:
            version = Metadata.from_bytes(self.root).signed.version + 1
            follower = next((root for root in self.outlets.find_root(version) if self._follows(root)), None)
            if follower is None:
                return
            self.outlets.roots.append(follower)

    def tick(self, now: datetime, at: float) -> bool:
        """Do what is due; `at` is a monotonic clock's (seconds). Returns whether a submission was published."""
        before = self.published
        self._tried(partial(self._take_all, now, at))
        if at >= self._next_stamp:
            self._next_stamp = at + self.limits.retry_seconds
            self._tried(partial(self._stamp, now, at))
        if self.outlets.behind and at >= self._next_level:
            self._next_level = at + self.limits.retry_seconds
            self.outlets.level()
        if at >= self._next_prune:
            self._next_prune = at + self.limits.prune_seconds
            for folder in self.outlets.folders:
                self._tried(partial(self._prune, folder, now))
        if self.status_file is not None:
            self._tried(partial(self._write_status, self.status_file, now, at))
        return self.published > before

    def status(self, now: datetime) -> dict[str, Any]:
        """What monitoring may want to know: versions, ends, counts; no name."""
        leader = self.outlets.leader()
        online = {} if leader is None else Outlet(leader).online()
        roles = {"root": self.root, **self._standing().roles, **online}
        signed = {name: Metadata.from_bytes(data).signed for name, data in roles.items()}
        return {
            "written_at": format_instant(now),
            "last_stamp": self.stamped_at and format_instant(self.stamped_at),
            "versions": {name: role.version for name, role in signed.items()},
            "expires": {name: format_instant(role.expires) for name, role in signed.items()},
            "published": self.published,
            "waiting": len(drop.waiting(self.drop)),
            "refused": drop.refused(self.drop),
            "folders": {
                str(folder): {
                    "timestamp": self.outlets.timestamp_version(folder),
                    "behind": folder in self.outlets.behind,
                }
                for folder in self.outlets.folders
            },
        }

    def _write_status(self, path: Path, now: datetime, at: float) -> None:
        """When something changed, and now and then to show that somebody is there."""
        mark = (self.published, self.stamped_at, drop.refused(self.drop), len(self._waits), len(self.outlets.behind))
        written, before = self._status
        if mark == before and at < written + self.limits.status_seconds:
            return
        write_atomically(path, json.dumps(self.status(now), indent=2).encode() + b"\n", PUBLIC_FILE)
        self._status = (at, mark)

    def _take_all(self, now: datetime, at: float) -> None:
        places = drop.waiting(self.drop)
        self._waits = {place: due for place, due in self._waits.items() if place in places}
        for place in places:
            if at >= self._waits.get(place, at) and not self._tried(partial(self._take, place, now, at)):
                self._waits[place] = at + self.limits.retry_seconds

    def _take(self, place: Path, now: datetime, at: float) -> None:
        try:
            submission = drop.read(place, self.drop_limits)
            admitted = admit(submission, self._standing(), self._held, now, self.drop_limits)
        except Refusal as refusal:
            if self._waits.keys() - {place}:
                raise OperatorFault("drop_waits", f"a submission waits for an earlier one: {refusal}") from None
            drop.refuse(place, refusal, now)
            self.alarm(f"refused {place.name}: {refusal}")
            self.say("refused", {"submission": place.name, "code": refusal.code})
            return
        self._publish(admitted, now)
        drop.done(place)
        self._waits.pop(place, None)
        self.published, self._next_stamp = self.published + 1, at + self.limits.stamp_seconds

    def _publish(self, admitted: Admitted, now: datetime) -> None:
        keys = self.keys_for(admitted.root)

        def write(outlet: Outlet) -> None:
            for root in admitted.roots.values():
                outlet.add_root(root)
            outlet.publish(admitted.root, admitted.roles, keys, now, admitted.log_line)

        self.outlets.change(write)
        self.outlets.roots.extend(admitted.roots.values())
        self.stamped_at = now
        for name in admitted.orphaned:
            self.alarm(f"the published {name} counts no more under the new targets: its holders must sign it anew")
        versions = {role.name: Metadata.from_bytes(role.metadata).signed.version for role in admitted.roles}
        self.say("published", {"roots": list(admitted.roots), **versions})

    def _stamp(self, now: datetime, at: float) -> None:
        if self.outlets.leader() is None:
            return
        keys = self.keys_for(self.root)
        self.outlets.change(lambda outlet: outlet.stamp(keys, now, self.root))
        self.stamped_at, self._next_stamp = now, at + self.limits.stamp_seconds
        self.say("stamped", {})

    def _prune(self, folder: Path, now: datetime) -> None:
        if folder not in self.outlets.behind and self.outlets.timestamp_version(folder):
            count = prune(folder, now, self.prune_limits)
            if count:
                self.say("pruned", {"folder": str(folder), "files": count})

    def _standing(self) -> Standing:
        leader = self.outlets.leader()
        if leader is None:
            return Standing(self.root, {})
        record = leader / LOG_FILE
        lines = record.read_bytes().splitlines() if record.exists() else ()
        return Standing(self.root, Outlet(leader).published(), lines)

    def _held(self, path: str) -> bytes | None:
        leader = self.outlets.leader()
        file = None if leader is None else leader / "targets" / path
        return file.read_bytes() if file is not None and file.is_file() else None

    def _follows(self, root: bytes) -> bool:
        try:
            return bool(chain(self.root, (root,)))
        except Refusal:
            return False

    def _tried(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except Exception as error:  # noqa: BLE001  # tokens and disks raise foreign exceptions, and stamping must go on
            fault = error.__cause__ or error  # python-tuf puts its own round what a signer raises
            again = f"{type(fault).__name__}: tried again in {self.limits.retry_seconds:g} s"
            self.alarm(str(fault) if isinstance(fault, OperatorFault) else again)
            return False
        return True
