"""What one subscription remembers besides versions: floors that never fall, secrets, marks, choices of the NOC.

Plain form of `state.sealed`: a line of JSON, then the packed tokens of cohorts and withdrawals one after another; in
the JSON, each of these is its length. Format 1, of release 0.1, has neither.
"""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

from attrs import asdict, define, evolve, field, frozen

from blocklist.errors import OperatorFault
from blocklist.manifest import Bulk
from blocklist.trust.clock import TimeMarks
from blocklist.trust.rules.cohorts import Cohort, Cohorts
from blocklist.trust.rules.withdrawals import Seen, Withdrawals
from blocklist.trust.storage.sealed import read_sealed, write_sealed
from blocklist.trust.storage.store import StoredVersion
from blocklist.trust.transfer.public_log import LogSeen

FORMAT = 2
_FORMATS = (1, FORMAT)
_EPOCHS_KEPT = 2


@frozen
class Announcement:
    """A bulk change announced by an earlier index, and since when (POSIX) this host has held it."""

    bulk: Bulk
    min_wait: int  # seconds
    since: float


@frozen
class ListState:
    """Everything small; sealed in `state.sealed`. Versions are 0 where there is none."""

    root: str = ""  # SHA-256 of the pinned root all this was learnt under
    version: int = 0  # highest ever taken
    marks: TimeMarks = field(factory=TimeMarks)
    secrets: dict[int, bytes] = field(factory=dict, repr=False)  # by epoch
    good: tuple[int, ...] = ()  # versions workers had in force, newest first
    left: int = 0  # the version rolled back from; a higher one ends it
    chosen: int = 0  # the version rolled back to
    accepted_epoch: int = 0  # an epoch the NOC accepted without a rekey
    announced: Announcement | None = None
    log: LogSeen = field(factory=LogSeen)
    epoch: int = 0  # of the tokens in cohorts and withdrawals
    cohorts: Cohorts = ()
    withdrawals: Withdrawals = field(factory=Withdrawals)
    published_at: float | None = None  # POSIX, when the body published the version in force
    withdrawn_at: float | None = None  # POSIX, when a duty officer signed the newest withdrawals taken

    def to_bytes(self) -> bytes:
        """Return the plain form."""
        packed: list[bytes] = []

        def described(_owner: object, _field: object, value: Any) -> Any:
            if not isinstance(value, bytes):
                return value
            packed.append(value)
            return len(value)

        secrets = {str(epoch): secret.hex() for epoch, secret in self.secrets.items()}
        fields = asdict(evolve(self, secrets={}), value_serializer=described)
        return b"\n".join([json.dumps(fields | {"format": FORMAT, "secrets": secrets}).encode(), b"".join(packed)])

    @classmethod
    def from_bytes(cls, data: bytes) -> ListState:
        """Read the plain form. Raises ValueError, KeyError or TypeError for one of another release."""
        head, _, packed = data.partition(b"\n")
        fields: dict[str, Any] = json.loads(head)
        if fields.pop("format") not in _FORMATS:
            raise ValueError("another format")
        marks, announced = fields["marks"], fields["announced"]
        fields["marks"] = TimeMarks(**marks | {"timestamp_keys": tuple(marks["timestamp_keys"])})
        fields["announced"] = announced and Announcement(**announced | {"bulk": Bulk(**announced["bulk"])})
        fields["secrets"] = {int(epoch): bytes.fromhex(secret) for epoch, secret in fields["secrets"].items()}
        fields["good"] = tuple(fields["good"])
        if log := fields.get("log"):
            fields["log"] = LogSeen(**log | {"peaks": tuple(log["peaks"])})
        if "cohorts" in fields:
            fields |= _tokens_back(fields["cohorts"], fields["withdrawals"], BytesIO(packed))
        return cls(**fields)

    def not_below(self, stored: StoredVersion) -> ListState:
        """Return the state with at least the floors that a stored version proves: this file may be older, or lost."""
        manifest = stored.manifest
        return evolve(
            self,
            version=max(self.version, manifest.version),
            marks=evolve(self.marks, signed_at=max(self.marks.signed_at, manifest.signed_at.timestamp())),
            secrets={manifest.epoch: stored.secret} | self.secrets,
        )

    def in_epoch(self, epoch: int) -> ListState:
        """Return the state for versions of an epoch: the tokens of another mean nothing there."""
        if self.epoch == epoch:
            return self
        return evolve(self, epoch=epoch, cohorts=(), withdrawals=Withdrawals(serial=self.withdrawals.serial))

    def secrets_with(self, epoch: int, secret: bytes) -> dict[int, bytes]:
        """Return the secrets of the two newest epochs, this one among them."""
        known = self.secrets | {epoch: secret}
        return {epoch: known[epoch] for epoch in sorted(known, reverse=True)[:_EPOCHS_KEPT]}


def _tokens_back(cohorts: list[dict[str, Any]], withdrawals: dict[str, Any], packed: BytesIO) -> dict[str, Any]:
    """Return both with tokens in place of lengths, in the order of the form."""
    made = tuple(Cohort(**each | {"tokens": packed.read(each["tokens"])}) for each in cohorts)
    named = packed.read(withdrawals["named"])
    seen = tuple(Seen(**each | {"tokens": packed.read(each["tokens"])}) for each in withdrawals["seen"])
    return {"cohorts": made, "withdrawals": Withdrawals(**withdrawals | {"named": named, "seen": seen})}


@define
class Memory:
    """The sealed file of one subscription's state."""

    path: Path
    host_key: bytes = field(repr=False)
    list_id: str
    damaged: int = 0  # times it did not open

    def read(self) -> ListState | None:
        """Return the state; None when there is none or it does not open."""
        try:
            data = read_sealed(self.path, self.host_key, self._purpose)
            return None if data is None else ListState.from_bytes(data)
        except (OperatorFault, ValueError, KeyError, TypeError):
            self.damaged += 1
            return None

    def write(self, state: ListState) -> None:
        """Replace the file. Raises TransferFault `disk`."""
        write_sealed(self.path, state.to_bytes(), self.host_key, self._purpose)

    @property
    def _purpose(self) -> str:
        return f"list {self.list_id} state"
