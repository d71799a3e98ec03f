"""Released totals over a period: sums of what was noised, and how far they may lie from the truth.

Every bucket of every host carries its own noise, whatever was counted in it, so the noises add up and nothing else
does: `noise_interval.half_width` has their exact law. All of this is post-processing of what was released.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise

from attrs import evolve, field, frozen

from blocklist.transparency import wording
from blocklist.transparency.model import Figure
from blocklist.transparency.period import Period
from blocklist.transparency.text import LANGUAGES, Text
from resolver.core.noise_interval import half_width
from resolver.edge.supervision.ledger_lines import BucketLine, DayLine
from resolver.reporting.books import Book, day_in, days_counted, first_day, last_day


@frozen
class Hits:
    """One list's noised total, over so many draws of noise; `queries` were asked on the same days at the same hosts.

    `days` are those on which anything was counted, each once a host.
    """

    total: int = 0
    draws: int = 0
    queries: int = 0
    days: tuple[date, ...] = field(default=(), eq=False, repr=False)

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

    def events_of(self, period: Period, hosts: int) -> Figure:
        """The total, and the days it is of where these are not the period's on every host: no part is told as whole."""
        whole = (period.end - period.first).days * hosts
        if not self.draws or (len(self.days) == whole and all(map(period.holds, self.days))):
            return self.events
        return evolve(self.events, note=self._days_told(hosts))

    def _days_told(self, hosts: int) -> Text:
        if not self.days:
            return Text("数えていた日はありません。", "Of no day that was counted.")
        count = len(self.days)
        first, last = ([wording.day(end(self.days), each) for each in LANGUAGES] for end in (min, max))
        ja, en = ("", "") if hosts == 1 else (f"機器{hosts}台の延べ", f", those of {hosts} hosts added up,")
        return Text(
            f"{first[0]}から{last[0]}までの期間における{ja}{count}日分の値です。",
            f"Of {count} days{en} between {first[1]} and {last[1]}.",
        )


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
            days = tuple(days_counted(line))
            queries = sum(asked.get(day, 0) for day in days)
            yield first_day(line), Hits(released.noised - released.before, line.buckets, queries, days)


def _sum(found: Iterable[Hits]) -> Hits:
    parts = list(found)
    return Hits(
        total=sum(each.total for each in parts),
        draws=sum(each.draws for each in parts),
        queries=sum(each.queries for each in parts),
        days=tuple(day for each in parts for day in each.days),
    )


def queries_by_day(days: Iterable[DayLine]) -> Mapping[date, int]:
    """All queries by day."""
    found: dict[date, int] = {}
    for line in days:
        found[day_in(line)] = found.get(day_in(line), 0) + sum(line.queries.values())
    return found


def missing_releases(books: Iterable[Book], period: Period) -> int:
    """How often a release of the period does not go on where the one before ended: a line is missing, or all is new."""
    return sum(
        period.holds(last_day(after)) and _is_break(before, after)
        for book in books
        for before, after in pairwise(book.buckets)
    )


def _is_break(before: BucketLine, after: BucketLine) -> bool:
    return any(after.lists[each].before != before.lists[each].noised for each in after.lists if each in before.lists)
