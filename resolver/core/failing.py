"""How long a failure to resolve is remembered (RFC 9520): twice as long each time, and no longer once help is back."""

from attrs import frozen

from resolver.core.limits import Limits


@frozen
class Failing:
    """A question whose last tries brought nothing: it is not asked before `retry_at`, unless an upstream came back.

    `wait` is seconds and doubles from failure to failure; `recoveries` is the upstreams' count of comebacks then.
    `is_bogus`: signatures did not hold, so that nothing old may stand in until there is a newer answer.
    """

    retry_at: float
    wait: float
    recoveries: int
    is_bogus: bool = False

    def holds(self, now: float, recoveries: int) -> bool:
        """Whether asking again is pointless yet."""
        return now < self.retry_at and recoveries == self.recoveries


def failing_again(
    before: Failing | None, now: float, recoveries: int, limits: Limits, *, silent: bool, bogus: bool = False
) -> Failing:
    """Return how long to wait after a failure, by the one before it (RFC 9520 section 3.2)."""
    wait: float = limits.silence_ttl if silent else limits.failure_ttl
    if before is not None and now < before.retry_at + limits.failure_ttl_max:
        wait = min(max(wait, 2 * before.wait), limits.failure_ttl_max)
    return Failing(now + wait, wait, recoveries, bogus or (before is not None and before.is_bogus))
