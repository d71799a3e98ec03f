"""What happens to the resolver during a soak, and when."""

from __future__ import annotations

from attrs import frozen


@frozen
class Schedule:
    """Seconds between events of a kind; the upgrade comes once, at half time."""

    seconds: float
    swap: float = 10.0
    reload: float = 30.0
    kill: float = 60.0

    @classmethod
    def of(cls, seconds: float) -> Schedule:
        """Return the schedule of a soak of so many seconds: a short one has each event once at least."""
        return cls(seconds, reload=min(30.0, seconds / 3), kill=min(60.0, seconds / 2.5))

    def events(self) -> list[tuple[float, str]]:
        """Return all events with their second, in order; none in the last three."""
        last = self.seconds - 3
        found = [
            (second, kind)
            for kind, every in (("swap", self.swap), ("reload", self.reload), ("kill", self.kill))
            for second in _times(every, last)
        ]
        return sorted([*found, (self.seconds / 2 + 5, "upgrade")])


def _times(every: float, last: float) -> list[float]:
    return [every * step for step in range(1, int(last / every) + 1)]
