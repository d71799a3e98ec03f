"""What one subscription remembers besides versions: floors that never fall, secrets, marks, choices of the NOC."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import asdict, define, evolve, field, frozen

from blocklist.errors import OperatorFault
from blocklist.manifest import Bulk
from blocklist.trust.clock import TimeMarks
from blocklist.trust.sealed import read_sealed, write_sealed
from blocklist.trust.store import StoredVersion

FORMAT = 1
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

    def to_bytes(self) -> bytes:
        """Return the JSON form."""
        fields = asdict(self) | {"format": FORMAT, "secrets": {str(e): s.hex() for e, s in self.secrets.items()}}
        return json.dumps(fields).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> ListState:
        """Read the JSON form. Raises ValueError, KeyError or TypeError for one of another release."""
        fields: dict[str, Any] = json.loads(data)
        if fields.pop("format") != FORMAT:
            raise ValueError("another format")
        marks, announced = fields["marks"], fields["announced"]
        fields["marks"] = TimeMarks(**marks | {"timestamp_keys": tuple(marks["timestamp_keys"])})
        fields["announced"] = announced and Announcement(**announced | {"bulk": Bulk(**announced["bulk"])})
        fields["secrets"] = {int(epoch): bytes.fromhex(secret) for epoch, secret in fields["secrets"].items()}
        fields["good"] = tuple(fields["good"])
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

    def secrets_with(self, epoch: int, secret: bytes) -> dict[int, bytes]:
        """Return the secrets of the two newest epochs, this one among them."""
        known = self.secrets | {epoch: secret}
        return {epoch: known[epoch] for epoch in sorted(known, reverse=True)[:_EPOCHS_KEPT]}


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
