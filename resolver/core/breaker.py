"""The circuit breaker's rule: many different new entries asked for at once are an accident, not a crime (list.md).

One popular name cannot trip it (that is the never-list's business), so nobody can unblock a name by asking for it.
"""

from math import ceil

from attrs import frozen

from resolver.core.newcomers import Seen


@frozen
class BreakerLimits:
    """When the additions of the last half hour are set aside, and how long they are watched."""

    least: int = 20
    """Different fresh entries of a list asked for in one window, at least."""
    share: float = 0.05
    """The same as a share of the list's fresh entries; the larger of the two counts."""
    hit_share: float = 0.001
    """Of all queries of the window; hits on fresh entries must be more."""
    window_seconds: float = 10.0
    """Length of a window; what was seen is forgotten at its end."""
    watch_seconds: float = 1800.0
    """From the activation of an index with fresh entries on."""

    def can_trip(self, fresh: int) -> bool:
        """Whether a list with so many fresh entries needs watching at all."""
        return fresh >= self.least

    def trips(self, seen: Seen, fresh: int, queries: int) -> bool:
        """Whether one window's sights of a list with `fresh` entries, among `queries` of all kinds, are too many."""
        enough = seen.different >= max(self.least, ceil(self.share * fresh))
        return enough and seen.hits > self.hit_share * queries
