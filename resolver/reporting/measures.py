"""The ledgers' figures of a period as indicators: of each list, and of the resolver as a whole.

What hosts do each for itself is summed: queries, releases, self-tests, time. What all of them are told of the same list
is not: of entries, versions and holds the host that saw most speaks for all.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Final

from attrs import frozen

from blocklist.transparency import wording
from blocklist.transparency.model import Figure, Point, Series, Spread
from blocklist.transparency.period import Period
from blocklist.transparency.text import Text
from blocklist.trust.reasons import Reason
from blocklist.trust.rules.departures import ADDED, EXPIRED, REMOVED, WITHDRAWN
from resolver.core.release import DAY
from resolver.edge.selftest import SelfTest
from resolver.edge.supervision.ledger_lines import ListDay
from resolver.reporting.books import Book, day_in
from resolver.reporting.hits import hits, hits_by_release, queries_by_day

_NO_DAYS: Final = Figure(None)
_HIGHEST: Final = Text("最も多い機器の値です。", "Of the host that saw most.")


@frozen
class ListMeasures:
    """One list's figures over a period."""

    figures: Mapping[str, Figure]
    spreads: Mapping[str, Spread]
    series: tuple[Series, ...]


def lists_in(books: Iterable[Book], period: Period) -> tuple[str, ...]:
    """The lists that were configured in the period, in the order in which they first appear."""
    named: dict[str, None] = {}
    for book in books:
        for line in book.days_in(period):
            named |= dict.fromkeys(line.lists)
    return tuple(named)


def of_list(books: tuple[Book, ...], period: Period, list_id: str) -> ListMeasures:
    """All that is known of one list."""
    days = [_days_of(book, period, list_id) for book in books]
    released = hits(books, period, list_id)
    figures = {
        "list_entries.start": _entries(books, period, list_id, at_end=False),
        "list_entries.end": _entries(books, period, list_id, at_end=True),
        "adds": _most(days, lambda day: day.moved.get(ADDED, 0)),
        "removes": _most(days, lambda day: day.moved.get(REMOVED, 0) + day.moved.get(WITHDRAWN, 0)),
        "expiries": _most(days, lambda day: day.moved.get(EXPIRED, 0)),
        "error_withdrawals": _most(days, lambda day: day.moved.get(WITHDRAWN, 0)),
        "exemptions_active": _widest(days, _last_exemptions),
        "versions": _most(days, lambda day: day.updates),
        "holds": _most(days, lambda day: day.holds),
        "breaker_trips": _sum(days, lambda day: day.failures.get(Reason.BREAKER, 0)),
        "hit_events": released.events_of(period, len(books)),
        "hits_per_million_queries": released.per_million,
        "selftest_ok_ratio": _self_tests(days),
    }
    spreads = {
        "publish_to_enforce_seconds": _spread(days, lambda day: day.publish_seconds),
        "withdraw_to_enforce_seconds": _spread(days, lambda day: day.withdraw_seconds),
    }
    return ListMeasures(figures, spreads, _list_series(books, period, list_id))


def of_all(books: tuple[Book, ...], period: Period) -> tuple[dict[str, Figure], tuple[Series, ...]]:
    """Queries and uptime of all hosts together."""
    lines = [line for book in books for line in book.days_in(period)]
    asked = queries_by_day(lines)
    queries = Figure(sum(asked.values())) if lines else _NO_DAYS
    figures = {"queries": queries, "uptime_ratio": uptime(books, period)}
    if period.kind == "month":
        return figures, (Series("queries", _points({day: Figure(count) for day, count in asked.items()})),)
    by_month = {month.first: of_all(books, month)[0] for month in period.months()}
    series = [Series(key, _points({day: found[key] for day, found in by_month.items()})) for key in figures]
    return figures, tuple(series)


def _list_series(books: tuple[Book, ...], period: Period, list_id: str) -> tuple[Series, ...]:
    if period.kind == "month":
        released = hits_by_release(books, period, list_id)
        return (
            Series("list_entries.end", _points(_entries_by_day(books, period, list_id))),
            Series("hit_events", _points({day: each.events for day, each in released.items()})),
        )
    months = {month.first: of_list(books, month, list_id).figures for month in period.months()}
    keys = ("list_entries.end", "hit_events", "hits_per_million_queries", "selftest_ok_ratio")
    return tuple(Series(key, _points({day: each[key] for day, each in months.items()})) for key in keys)


def _points(figures: Mapping[date, Figure]) -> tuple[Point, ...]:
    return tuple(Point(day, figures[day]) for day in sorted(figures))


def _entries_by_day(books: tuple[Book, ...], period: Period, list_id: str) -> dict[date, Figure]:
    found: dict[date, int] = {}
    for book in books:
        for line in book.days_in(period):
            entries = line.lists[list_id].entries_end if list_id in line.lists else None
            if entries is not None:
                found[day_in(line)] = max(found.get(day_in(line), 0), entries)
    return {day: Figure(entries) for day, entries in found.items()}


def _days_of(book: Book, period: Period, list_id: str) -> list[ListDay]:
    return [line.lists[list_id] for line in book.days_in(period) if list_id in line.lists]


def _entries(books: Iterable[Book], period: Period, list_id: str, *, at_end: bool) -> Figure:
    """How many were in force first or last; a list that came or went in the period has its day beside it."""
    known = [found for book in books if (found := _entries_of(book, period, list_id, at_end=at_end)) is not None]
    if not known:
        return _NO_DAYS
    nearer = 1 if at_end else -1  # of hosts with as many the one whose day is nearer to the period's end or begin
    most, on = max(known, key=lambda each: (each[0], nearer * each[1].toordinal()))
    notes = [_HIGHEST] if any(entries < most for entries, _ in known) else []
    if on != (period.end - timedelta(days=1) if at_end else period.first):
        notes.append(Text(f"{wording.day(on, 'ja')}の件数です。", f"On {wording.day(on, 'en')}."))
    both = Text("".join(one.ja for one in notes), " ".join(one.en for one in notes))
    return Figure(most, note=both if notes else None)


def _entries_of(book: Book, period: Period, list_id: str, *, at_end: bool) -> tuple[int, date] | None:
    """One host's, and the day: the first or the last on which it enforced the list."""
    lines = [line for line in book.days_in(period) if list_id in line.lists]
    for line in reversed(lines) if at_end else lines:
        entries = line.lists[list_id].entries_end if at_end else line.lists[list_id].entries_start
        if entries is not None:
            return entries, day_in(line)
    return None


def _last_exemptions(days: list[ListDay]) -> int | None:
    return days[-1].exemptions_most if days else None


def _widest(hosts: list[list[ListDay]], value: Callable[[list[ListDay]], int | None]) -> Figure:
    """The largest of the hosts' values; a note where they differ."""
    known = [found for days in hosts if (found := value(days)) is not None]
    if not known:
        return _NO_DAYS
    return Figure(max(known), note=_HIGHEST if min(known) < max(known) else None)


def _most(hosts: list[list[ListDay]], value: Callable[[ListDay], int]) -> Figure:
    return _widest(hosts, lambda days: sum(map(value, days)) if days else None)


def _sum(hosts: list[list[ListDay]], value: Callable[[ListDay], int]) -> Figure:
    return Figure(sum(value(day) for days in hosts for day in days)) if any(hosts) else _NO_DAYS


def _self_tests(hosts: list[list[ListDay]]) -> Figure:
    rounds = sum(sum(day.self_tests.values()) for days in hosts for day in days)
    good = sum(day.self_tests.get(SelfTest.OK, 0) for days in hosts for day in days)
    return Figure(round(good / rounds, 6)) if rounds else _NO_DAYS


def _spread(hosts: list[list[ListDay]], samples: Callable[[ListDay], Mapping[str, int]]) -> Spread:
    if not any(hosts):
        return Spread(None, None, None, None)
    durations = (
        int(seconds) for days in hosts for day in days for seconds, count in samples(day).items() for _ in range(count)
    )
    return Spread.over(durations)


def uptime(books: Iterable[Book], period: Period, *, down: int = 0) -> Figure:
    """Time in which queries were answered, of all days that have a line; of a ledger's first day, since it began.

    `down` days more are taken for an outage. A clock that was set books an hour on another day, so days are not looked
    at one by one.
    """
    answering, known = 0.0, float(down * DAY)
    for book in books:
        lines = book.days_in(period)
        whole = {day_in(line) for line in lines if day_in(line) != book.first_day}
        begun = sum(line.seconds_up for line in lines if day_in(line) == book.first_day)
        known += max(len(whole) * DAY + min(begun, DAY), sum(line.seconds_up for line in lines))
        answering += sum(line.seconds_answering for line in lines)
    return Figure(round(answering / known, 6)) if known else _NO_DAYS
