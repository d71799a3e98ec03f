"""Answers that are in use are asked for again shortly before they end, so that nobody waits for them."""

from resolver.core.cache import Entry
from resolver.core.limits import Limits


def is_worth_asking_early(entry: Entry, now: float, limits: Limits) -> bool:
    """Whether an entry that was just used is popular and near its end.

    What is answered by policy is not: an upstream's answer that changes nothing need not be fresh.
    """
    lifetime = entry.until - entry.stored
    return (
        entry.body is not None
        and entry.uses >= limits.prefetch_uses
        and lifetime >= limits.prefetch_ttl_min
        and now >= entry.until - max(1.0, lifetime * limits.prefetch_share)
    )
