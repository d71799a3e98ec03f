"""What one list enforces here and now: a stored version as its mask lets it through, minus what is withdrawn."""

from __future__ import annotations

from functools import cached_property
from math import inf

from attrs import field, frozen

from blocklist.matchfile import subtract
from blocklist.trust.rules.token_sets import among, union
from blocklist.trust.rules.withdrawals import Ground, Withdrawals, weigh
from blocklist.trust.storage.store import StoredVersion


@frozen(slots=False)
class Standing:
    """A version and the tokens (sorted, packed) that are out of it by withdrawal."""

    stored: StoredVersion
    withdrawn: bytes = field(default=b"", repr=False)
    by: Withdrawals = field(factory=Withdrawals)
    until: float = inf  # POSIX, when the next of them lapse

    @cached_property
    def enforced(self) -> bytes:
        """The records to enforce; the verified records themselves while there is nothing to leave out."""
        return subtract(self.stored.enforced, self.withdrawn)


def standing(stored: StoredVersion, withdrawals: Withdrawals, now: float) -> Standing:
    """Return what is enforced of a version at `now` (POSIX).

    A named entry that editors removed, and that only this host's removal guard keeps, is out without any cap: list body
    and duty officer agree.
    """
    taken = withdrawals.taken(now)
    if stored.mask.kept and withdrawals.named:
        taken = union(taken, among(withdrawals.named, stored.mask.kept))
    until = withdrawals.next_lapse(now)
    return Standing(stored, among(taken, stored.enforced), withdrawals, inf if until is None else until)


def ground(stored: StoredVersion, young: bytes, *, rolled_back: bool = False) -> Ground:
    """Return what the rule for withdrawals looks at of a version."""
    return Ground(stored.records, stored.enforced, young, stored.manifest.withdrawals_seen, rolled_back)


def unconfirmed(stored: StoredVersion, withdrawals: Withdrawals, withdrawals_seen: int, now: float) -> bytes:
    """Return the tokens that would be out of a version, given what its editors and later ones have seen.

    A rekey waits for these: under new keys this host could not tell which entries they were.
    """
    seen = max(stored.manifest.withdrawals_seen, withdrawals_seen)
    after = weigh(withdrawals, Ground(stored.records, b"", b"", seen), now)  # what is only now met counts as new
    return among(after.taken(now), stored.enforced)
