"""Verified and enforced: the signed set of a version, and what of it this host does not follow (yet).

Let through = verified − `held` − `rejected` + `kept`: `held` are added tokens a guard set aside, `kept` are records
whose removal the removal guard set aside, `rejected` are tokens the NOC said no to. Withdrawals come off after that
(`standing.py`). Everything here is pure; the sets are packed match records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Final

from attrs import evolve, frozen

from blocklist.attributes import expiry_instant
from blocklist.guards import REMOVALS
from blocklist.matchfile import RECORD_BYTES, merge, removed, subtract
from blocklist.records import TABLES
from blocklist.tokens import TOKEN_BYTES
from blocklist.trust.rules.token_sets import among, minus, union

CANARY: Final = "canary"  # newly added entries are asked for already: hold them before they are in force
BREAKER: Final = "breaker"  # newly added entries are asked for by many: set them aside again
ON_TRIAL: Final = (CANARY, BREAKER)


@frozen
class Mask:
    """What guards set aside of one version, and by which guard how many."""

    held: bytes = b""  # packed 16-byte tokens, sorted
    kept: bytes = b""  # records, sorted
    held_by: Mapping[str, int] = {}  # guard name: how many entries it hit
    rejected: bytes = b""  # packed tokens, sorted; none of `held`

    @property
    def entries(self) -> int:
        """Return how many entries wait for `accept`, `reject` or `rollback`."""
        removals = len(self.kept) // RECORD_BYTES if REMOVALS in self.held_by else 0
        return len(self.held) // TOKEN_BYTES + removals

    def __bool__(self) -> bool:
        return bool(self.held or self.kept or self.rejected)

    def rejecting(self) -> Mask:
        """Return the mask once the NOC said no: as it is, for good and without an alarm."""
        return Mask(b"", self.kept, {}, union(self.rejected, self.held))

    def accepting(self) -> Mask:
        """Return the mask once the NOC said yes to what waits; or, while nothing does, to what it rejected before."""
        if not self.held_by:
            return NO_MASK
        return Mask(kept=b"" if REMOVALS in self.held_by else self.kept, rejected=self.rejected)

    def also_rejecting(self, tokens: bytes) -> Mask:
        """Return the mask with what the NOC rejected of another version."""
        return evolve(self, held=minus(self.held, tokens), rejected=union(self.rejected, tokens))

    def with_held(self, guard: str, tokens: bytes) -> Mask:
        """Return the mask with more tokens held by canary or breaker."""
        count = self.held_by.get(guard, 0) + len(tokens) // TOKEN_BYTES
        return evolve(self, held=union(self.held, tokens), held_by={**self.held_by, guard: count})

    def carried(self, new: bytes) -> Mask:
        """Return what of this mask goes on for the next verified set, whatever its guards say.

        What canary or breaker held, and what the NOC rejected, until the list body takes it out of the list (or, of
        removals, puts it back). What another guard held beside them cannot be told apart: it stays, and so does the
        word of that guard, for the NOC must know that a popular name is among it.
        """
        on_trial = not self.held_by.keys().isdisjoint(ON_TRIAL)
        held = among(self.held, new) if on_trial else b""
        count = len(held) // TOKEN_BYTES
        return Mask(
            held,
            removed(self.kept, new) if self.kept and REMOVALS not in self.held_by else b"",
            {guard: min(known, count) for guard, known in self.held_by.items() if guard != REMOVALS} if held else {},
            among(self.rejected, new),
        )


NO_MASK: Final = Mask()


def enforced(verified: bytes, mask: Mask) -> bytes:
    """Return the records the mask lets through, sorted; the very same object when there is nothing to leave out."""
    return merge(subtract(verified, union(mask.held, mask.rejected)), mask.kept)


def expiries(records: bytes, base_date: date) -> dict[float, int]:
    """Return how many records end at each time (POSIX)."""
    ends: Counter[float] = Counter()
    for word, count in TABLES.word_counts(records).items():
        ends[expiry_instant(base_date, word >> 7)] += count
    return dict(ends)
