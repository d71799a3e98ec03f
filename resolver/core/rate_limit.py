"""How many queries one client prefix may ask, so that none takes the resolver from the others.

A token bucket a prefix. The hot path only counts `Client.left` down; when that is used up, the next few queries are
drawn from the bucket. So in any stretch of time a prefix is given no more than its burst, its rate times the time, and
one such step.

Who proved that the source address is its own (a stream, or a server cookie) draws from a second, larger bucket when the
first is empty: a flood with forged addresses empties the first one only.
"""

from attrs import define, frozen


@frozen
class Rate:
    """Queries a second in the long run, and at once after a rest."""

    queries: float
    burst: float

    def times(self, factor: float) -> "Rate":
        """Return a larger one."""
        return Rate(self.queries * factor, self.burst * factor)


@frozen
class Allowance:
    """What a prefix that is served may ask."""

    rate: Rate
    proven_factor: float
    """Times the rate beyond it, with a proven address."""
    step: int
    """Queries drawn at once."""


@define(eq=False)
class Bucket:
    """What is left of a burst; `filled` is the (monotonic) time up to which it was filled."""

    rate: Rate
    tokens: float
    filled: float

    @classmethod
    def full(cls, rate: Rate, now: float) -> "Bucket":
        """Return one nobody has drawn from."""
        return cls(rate, rate.burst, now)

    def draw(self, wanted: int, now: float) -> int:
        """Fill up, then take out `wanted`, or as many as there are; return how many."""
        gained = max(0.0, now - self.filled) * self.rate.queries
        self.tokens = min(self.rate.burst, self.tokens + gained)
        self.filled = max(self.filled, now)
        drawn = min(wanted, int(self.tokens))
        self.tokens -= drawn
        return drawn


@define(eq=False)
class Budget:
    """The two buckets of a prefix, and how many queries are drawn at once."""

    plain: Bucket
    proven: Bucket
    step: int

    @classmethod
    def full(cls, rate: Rate, proven_factor: float, step: int, now: float) -> "Budget":
        """Return that of a client not met before."""
        return cls(Bucket.full(rate, now), Bucket.full(rate.times(proven_factor), now), step)
