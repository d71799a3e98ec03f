"""Released totals over a period: sums of what was noised, and how far they may lie from the truth.

Every bucket of every host carries its own noise, whatever was counted in it, so the noises add up and nothing else
does: `noise_interval.half_width` has their exact law. All of this is post-processing of what was released.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise

from attrs import frozen

from blocklist.transparency.model import Figure
from blocklist.transparency.period import Period
from resolver.core.noise_interval import half_width
from resolver.edge.supervision.ledger_lines import BucketLine, DayLine
from resolver.reporting.books import Book, day_in, days_counted, first_day


@frozen
class Hits:
    """One list's noised total, over so many draws of noise; `queries` were asked on the same days at the same hosts."""

    total: int = 0
    draws: int = 0
    queries: int = 0

    @property
    def events(self) -> Figure:
        """The total with its interval; not known where nothing was released."""
        if not self.draws:
            return Figure(None)
        width = half_width(self.draws)
        return Figure(max(self.total, 0), max(self.total - width, 0), max(self.total + width, 0))

    @property
    def per_million(self) -> Figure:
        """The same for each million queries."""
        events = self.events
        if events.value is None or events.low is None or events.high is None or not self.queries:
            return Figure(None)
        value, low, high = (round(each * 1e6 / self.queries, 6) for each in (events.value, events.low, events.high))
        return Figure(value, low, high)


def hits(books: Iterable[Book], period: Period, list_id: str) -> Hits:
    """Sum one list's releases in a period."""
    found = [each for book in books for each in _released(book, period, list_id)]
    return _sum(each for _day, each in found)


def hits_by_release(books: Iterable[Book], period: Period, list_id: str) -> dict[date, Hits]:
    """The same for each release alone, by its first day; hosts whose releases begin together are one."""
    found: dict[date, list[Hits]] = {}
    for book in books:
        for day, each in _released(book, period, list_id):
            found.setdefault(day, []).append(each)
    return {day: _sum(found[day]) for day in sorted(found)}


def _released(book: Book, period: Period, list_id: str) -> Iterator[tuple[date, Hits]]:
    asked = queries_by_day(book.days)
    for line in book.buckets_in(period):
        released = line.lists.get(list_id)
        if released is not None:
            queries = sum(asked.get(day, 0) for day in days_counted(line))
            yield first_day(line), Hits(released.noised - released.before, line.buckets, queries)


def _sum(found: Iterable[Hits]) -> Hits:
    total = Hits()
    for each in found:
        total = Hits(total.total + each.total, total.draws + each.draws, total.queries + each.queries)
    return total


def queries_by_day(days: Iterable[DayLine]) -> Mapping[date, int]:
    """All queries by day."""
    found: dict[date, int] = {}
    for line in days:
        found[day_in(line)] = found.get(day_in(line), 0) + sum(line.queries.values())
    return found


def missing_releases(books: Iterable[Book]) -> int:
    """How often a release does not go on where the one before ended: its line is missing, or totals began anew."""
    return sum(_breaks(book.buckets) for book in books)


def _breaks(lines: tuple[BucketLine, ...]) -> int:
    return sum(
        any(after.lists[each].before != before.lists[each].noised for each in after.lists if each in before.lists)
        for before, after in pairwise(lines)
    )
