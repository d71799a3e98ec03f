"""Answers that are in use are asked for again shortly before they end, so that nobody waits for them."""

from math import floor, inf

from resolver.core.cache import Entry
from resolver.core.limits import Limits


def is_worth_asking_early(entry: Entry, now: float, limits: Limits) -> bool:
    """Whether an entry that was just used is popular and near its end.

    What is answered by policy is not: an upstream's answer that changes nothing need not be fresh.
    """
    return entry.body is not None and entry.uses >= limits.prefetch_uses and now >= near_end(entry, limits)


def near_end(entry: Entry, limits: Limits) -> float:
    """Return the moment from which an entry is near its end: with its TTLs, on a whole second of its life."""
    lifetime = entry.until - entry.stored
    if lifetime < limits.prefetch_ttl_min:
        return inf
    return entry.stored + floor(lifetime - max(1.0, lifetime * limits.prefetch_share))
