"""How a list moved between two moments: what was there, what came, what went and why."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from attrs import frozen

from blocklist.publish.reporting.lives import End, Life
from blocklist.publish.review.working_days import JAPAN


@frozen(kw_only=True)
class Movement:
    """Counts of lives; start + adds - removes - expiries = end. Errors are removed ones.

    An error counts when it was said to be one, which may be after a suspension took it off.
    """

    start: int
    adds: int
    removes: int
    expiries: int
    errors: int

    @property
    def end(self) -> int:
        """How many are in force afterwards."""
        return self.start + self.adds - self.removes - self.expiries


def movement(found: Iterable[Life], first: datetime, end: datetime) -> Movement:
    """From the moment `first` on and before `end`."""
    known = list(found)
    gone = [life.why for life in known if first <= life.ends < end]
    return Movement(
        start=sum(life.begins < first <= life.ends for life in known),
        adds=sum(first <= life.begins < end for life in known),
        removes=sum(why is not End.EXPIRED for why in gone),
        expiries=gone.count(End.EXPIRED),
        errors=sum(life.error_at is not None and first <= life.error_at < end for life in known),
    )


def in_force(found: Iterable[Life], moment: datetime) -> list[Life]:
    """Those that are in force just before a moment."""
    return [life for life in found if life.begins < moment <= life.ends]


def midnight(day: date) -> datetime:
    """The moment a day begins in Japan."""
    return datetime.combine(day, time(), JAPAN).astimezone(UTC)
