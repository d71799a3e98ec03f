"""Released totals and how far they may lie from the truth."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

from blocklist.transparency.period import Period
from resolver.core.noise_interval import half_width
from resolver.core.release import DAY, Release
from resolver.edge.supervision.ledger_lines import BucketLine, Released
from resolver.reporting.books import Book, read_books
from resolver.reporting.hits import Hits, hits, hits_by_release, missing_releases, queries_by_day
from tests.resolver.reporting.ledgers import bucket, day, ledger, november

NOVEMBER = Period.parse("2026-11")
FIRST = 20_000 * DAY  # 2024-10-04
YEARS = 60
MONTH_DAYS = 30


def test_hosts_are_summed_with_all_their_noise(tmp_path: Path) -> None:
    """Two hosts of thirty buckets carry sixty draws of noise, and all queries of these days."""
    books = read_books([ledger(tmp_path / host, *november(), host=host) for host in ("aa", "bb")])
    found = hits(books, NOVEMBER, "demo")
    assert found == Hits(2_400, 60, 60_000_000)
    width = half_width(60)
    assert (found.events.value, found.events.low, found.events.high) == (2_400, 2_400 - width, 2_400 + width)
    assert found.per_million.value == 40.0


def test_nothing_released_is_not_known(tmp_path: Path) -> None:
    """Without a release no total is told, and a ratio needs queries."""
    books = read_books([ledger(tmp_path / "l", day("2026-11-01"))])
    assert hits(books, NOVEMBER, "demo").events.value is None
    assert hits(books, NOVEMBER, "other").per_million.value is None
    assert Hits(8, 1, 0).per_million.value is None


def test_a_noised_total_below_zero_is_told_as_none(tmp_path: Path) -> None:
    """The sum may be negative, and is summed on as it is; what is shown is not."""
    books = read_books([ledger(tmp_path / "l", bucket("2026-11-01", 0, -9), bucket("2026-11-02", -9, 4))])
    first = hits_by_release(books, NOVEMBER, "demo")[date(2026, 11, 1)]
    assert (first.total, first.events.value, first.events.low) == (-9, 0, 0)
    assert hits(books, NOVEMBER, "demo").total == 4


def test_weeks_have_the_queries_of_their_days(tmp_path: Path) -> None:
    """A week that began in another month is divided by the queries of all its days."""
    days = [date(2026, 10, 30) + timedelta(days=number) for number in range(7)]
    lines = [day(on.isoformat()) for on in days]
    books = read_books([ledger(tmp_path / "l", *lines, bucket("2026-11-05", 0, 21, days=7))])
    assert hits(books, NOVEMBER, "demo") == Hits(21, 1, 7_000_000)
    assert queries_by_day(lines)[date(2026, 10, 30)] == 1_000_000


def test_days_on_which_nothing_was_counted_divide_nothing(tmp_path: Path) -> None:
    """After a pause the first release closes all of its buckets; only the days that were counted are divided by."""
    lines = [day(f"2026-11-{number:02}") for number in range(1, 11)]
    after = bucket("2026-11-10", 0, 40, days=10, buckets=10, seconds_counted=DAY + DAY // 2)
    books = read_books([ledger(tmp_path / "l", *lines, after)])
    assert hits(books, NOVEMBER, "demo") == Hits(40, 10, 2_000_000)
    off = bucket("2026-11-10", 0, 4, days=10, buckets=10, seconds_counted=0)
    assert hits(read_books([ledger(tmp_path / "m", *lines, off)]), NOVEMBER, "demo").queries == 0


def test_a_total_of_a_part_is_told_as_that(tmp_path: Path) -> None:
    """Where the released days are not the period's on every host, the figure says of which days it is."""
    whole = ledger(tmp_path / "a", *november(), host="aa")
    half = [bucket(f"2026-11-{number:02}", 0, 4) for number in (3, 4, 20)]  # release was paused for the rest
    weeks = [bucket(on, 0, 4, days=7) for on in ("2026-11-05", "2026-11-12", "2026-11-19", "2026-11-26")]

    def note(*paths: Path) -> str | None:
        figure = hits(read_books(paths), NOVEMBER, "demo").events_of(NOVEMBER, len(paths))
        return figure.note and figure.note.en

    assert note(whole) is None
    assert note(ledger(tmp_path / "b", *half)) == "Of 3 days between 3 November 2026 and 20 November 2026."
    assert note(ledger(tmp_path / "c", *weeks)) == "Of 28 days between 30 October 2026 and 26 November 2026."
    both = note(whole, tmp_path / "b")
    assert both == "Of 33 days, those of 2 hosts added up, between 1 November 2026 and 30 November 2026."
    off = ledger(tmp_path / "d", bucket("2026-11-10", 0, 4, days=10, buckets=10, seconds_counted=0))
    assert note(off) == "Of no day that was counted."


def test_a_missing_release_is_seen(tmp_path: Path) -> None:
    """Totals that do not go on where they ended have lost a line, or begun anew."""
    lines = [bucket("2026-11-01", 0, 40), bucket("2026-11-02", 40, 80), bucket("2026-11-04", 120, 160)]
    assert missing_releases(read_books([ledger(tmp_path / "l", *lines)]), NOVEMBER) == 1
    december = Period.parse("2026-12")
    assert missing_releases(read_books([tmp_path / "l"]), december) == 0  # told of its own period, not for ever


def test_the_interval_holds_as_often_as_it_says() -> None:
    """Over 720 months with real noise on made-up counts, 99 of 100 intervals hold the truth (fixed seed)."""
    chance = random.Random(2026)
    held = sum(_month_holds(chance) for _ in range(12 * YEARS))
    assert 0.98 <= held / (12 * YEARS) <= 0.998


def _month_holds(chance: random.Random) -> bool:
    release, total, truth = Release.begin(["demo"], DAY, FIRST), 0, 0
    lines = []
    for number in range(1, MONTH_DAYS + 1):
        count = chance.randrange(0, 60)
        truth, total, before = truth + count, total + count, release.noised["demo"]
        release.settle(FIRST + number * DAY, {"demo": total}, chance.getrandbits)
        totals = {"demo": Released(before, release.noised["demo"], release.shown["demo"])}
        lines.append(BucketLine(FIRST + (number - 1) * DAY, FIRST + number * DAY, DAY, "100,000+", totals))
    figure = hits([Book("9f", (), tuple(lines))], Period("month", date(2024, 10, 4), date(2024, 11, 3)), "demo").events
    assert figure.low is not None and figure.high is not None
    return figure.low <= truth <= figure.high
