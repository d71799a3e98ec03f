"""What the guards let through of a new version, given what this host enforces of the one before. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set

from blocklist import guards
from blocklist.guards import GuardLimits
from blocklist.manifest import Bulk
from blocklist.matchfile import merge, packed_tokens, removed, subtract
from blocklist.trust.rules.mask import NO_MASK, Mask
from blocklist.trust.rules.token_sets import among, minus, union
from blocklist.trust.storage.store import StoredVersion


def judge(
    old: StoredVersion | None,
    withdrawn: bytes,
    new: bytes,
    *,
    never_tokens: Mapping[str, Set[bytes]],
    bulk_lifted: Bulk | None,
    limits: GuardLimits,
    other_criteria: bool = False,
) -> Mask:
    """Return what is not followed of the verified set `new`; without `old` only the never-lists are asked.

    What canary, breaker or the NOC set aside stays aside, and no guard counts it. Nor is a withdrawal (`withdrawn`:
    packed tokens in force) a change: still listed it is no addition, and no longer listed it is no removal.
    """
    carried = NO_MASK if old is None else old.mask.carried(new)
    before = None if old is None else _followed(old, withdrawn, carried, new)
    report = guards.check(
        old=before,
        new=subtract(new, union(carried.held, carried.rejected)),
        first=old is None,
        never_tokens=never_tokens,
        bulk_lifted=bulk_lifted,
        limits=limits,
        other_criteria=other_criteria,
    )
    kept = removed(before, new) if before is not None and report.hold_removals else b""
    return Mask(
        held=union(report.held, carried.held),
        kept=merge(kept, carried.kept),
        held_by=Counter({hold.guard: hold.count for hold in report.holds}) + Counter(carried.held_by),
        rejected=carried.rejected,
    )


def _followed(old: StoredVersion, withdrawn: bytes, carried: Mask, new: bytes) -> bytes:
    """Return the records in force before, but for those whose removal is no news."""
    confirmed = minus(withdrawn, among(withdrawn, new))
    return subtract(old.enforced, union(confirmed, packed_tokens(carried.kept)))
