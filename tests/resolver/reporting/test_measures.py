"""The ledgers' figures as indicators."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from attrs import evolve

from blocklist.transparency.model import Spread
from blocklist.transparency.period import Period
from resolver.edge.supervision.ledger_lines import ListDay
from resolver.reporting.books import read_books
from resolver.reporting.measures import lists_in, of_all, of_list, uptime
from tests.resolver.reporting.ledgers import DAY, FULL, day, ledger, november

NOVEMBER = Period.parse("2026-11")


def test_two_days_of_one_host(tmp_path: Path) -> None:
    """Sums add up, entries are those of the first and the last look, delays are of all samples."""
    books = read_books([ledger(tmp_path / "l", day("2026-11-01"), day("2026-11-02"))])
    found = of_list(books, NOVEMBER, "demo")
    told = {key: figure.value for key, figure in found.figures.items()}
    assert told == {
        "list_entries.start": 10,
        "list_entries.end": 12,
        "adds": 6,
        "removes": 4,
        "expiries": 4,
        "error_withdrawals": 2,
        "exemptions_active": 1,
        "versions": 4,
        "holds": 2,
        "breaker_trips": 2,
        "hit_events": None,
        "hits_per_million_queries": None,
        "selftest_ok_ratio": 0.9,
    }
    assert found.spreads["publish_to_enforce_seconds"] == Spread.over([18] * 4 + [40] * 2)
    assert found.spreads["withdraw_to_enforce_seconds"] == Spread.over([7] * 2)


def test_a_list_that_came_or_went_has_its_day(tmp_path: Path) -> None:
    """Entries at the start and the end of a period are those of another day where the list was not enforced then."""
    figures = of_list(read_books([ledger(tmp_path / "a", *november())]), NOVEMBER, "demo").figures
    assert (figures["list_entries.start"].note, figures["list_entries.end"].note) == (None, None)
    lines = [day("2026-11-01", lists={}), day("2026-11-14"), day("2026-11-20"), day("2026-11-30", lists={})]
    figures = of_list(read_books([ledger(tmp_path / "b", *lines)]), NOVEMBER, "demo").figures
    start, end = figures["list_entries.start"].note, figures["list_entries.end"].note
    assert start is not None and end is not None
    assert (start.ja, end.en) == ("2026年11月14日の件数です。", "On 20 November 2026.")
    whole = ledger(tmp_path / "a", *november(), host="aa")
    figures = of_list(read_books([tmp_path / "b", whole]), NOVEMBER, "demo").figures
    assert (figures["list_entries.start"].note, figures["list_entries.end"].note) == (None, None)


def test_hosts_are_told_of_the_same_list(tmp_path: Path) -> None:
    """Entries are not summed over hosts: the one that saw most speaks for all, and it is said where they differ."""
    less = evolve(FULL, moved={"added": 2}, entries_end=11)
    books = read_books(
        [
            ledger(tmp_path / "a", day("2026-11-01"), host="aa"),
            ledger(tmp_path / "b", day("2026-11-01", lists={"demo": less}), host="bb"),
        ]
    )
    found = of_list(books, NOVEMBER, "demo").figures
    assert (found["adds"].value, found["list_entries.end"].value, found["versions"].value) == (3, 12, 2)
    assert found["adds"].note is not None
    assert found["versions"].note is None
    assert found["breaker_trips"].value == 2
    assert of_all(books, NOVEMBER)[0]["queries"].value == 2_000_000


def test_what_nobody_knows_is_not_zero(tmp_path: Path) -> None:
    """A list that was never enforced has no entries, and a period without lines no figures."""
    books = read_books([ledger(tmp_path / "l", day("2026-11-01", lists={"demo": ListDay()}))])
    assert of_list(books, NOVEMBER, "demo").figures["list_entries.start"].value is None
    assert of_list(books, NOVEMBER, "demo").figures["selftest_ok_ratio"].value is None
    december = Period.parse("2026-12")
    assert of_list(books, december, "demo").figures["adds"].value is None
    assert of_list(books, december, "demo").spreads["publish_to_enforce_seconds"].count is None
    assert {key: figure.value for key, figure in of_all(books, december)[0].items()} == {
        "queries": None,
        "uptime_ratio": None,
    }
    assert lists_in(books, december) == ()


def test_uptime_is_of_the_days_that_have_a_line(tmp_path: Path) -> None:
    """The day the ledger began counts from then on; an outage counts against it, and so may days without a line."""
    begun = day("2026-11-01", seconds_up=DAY / 4, seconds_answering=DAY / 4)
    half = day("2026-11-02", seconds_up=DAY / 2, seconds_answering=DAY / 2)
    books = read_books([ledger(tmp_path / "l", begun, half)])
    assert uptime(books, NOVEMBER).value == pytest.approx(0.75 / 1.25)
    assert uptime(books, NOVEMBER, down=1).value == pytest.approx(0.75 / 2.25, abs=1e-6)


def test_series_are_by_release_in_a_month_and_by_month_in_a_year(tmp_path: Path) -> None:
    """A month's report has its days, a longer one its months; a month without figures is a gap."""
    books = read_books([ledger(tmp_path / "l", *november())])
    by_day = {series.key: series.points for series in of_list(books, NOVEMBER, "demo").series}
    assert [len(points) for points in by_day.values()] == [30, 30]
    by_month = {series.key: series.points for series in of_list(books, Period.parse("2026"), "demo").series}
    assert [point.start for point in by_month["hit_events"]][10] == date(2026, 11, 1)
    assert [point.figure.value for point in by_month["hit_events"]] == [None] * 10 + [1_200, None]
