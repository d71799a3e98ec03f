"""What a report says about the days and releases it does not know."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from blocklist.transparency.period import Period
from resolver.reporting.books import read_books
from resolver.reporting.coverage import missing_days, remarks
from tests.resolver.reporting.ledgers import DAY, bucket, day, ledger, november

NOVEMBER = Period.parse("2026-11")
LATER = date(2026, 12, 5)


def said(path: Path, *more: Path, made_on: date = LATER) -> list[str]:
    return [text.en for text in remarks(read_books([path, *more]), NOVEMBER, made_on)]


def test_a_whole_month_needs_no_remark(tmp_path: Path) -> None:
    """Nothing is said where nothing is missing."""
    assert said(ledger(tmp_path / "l", *november())) == []


def test_missing_days_are_named_and_never_guessed(tmp_path: Path) -> None:
    """Days between lines are named, and what they would make of the uptime; the future is not missing."""
    lines = [day(f"2026-11-{number:02}") for number in range(1, 31) if number not in (7, 8)]
    (text,) = said(ledger(tmp_path / "l", *lines))
    assert "2 days have no line (7 November 2026, 8 November 2026)" in text
    assert "93.33 %" in text
    (book,) = read_books([tmp_path / "l"])
    assert missing_days(book, NOVEMBER, date(2026, 11, 8)) == [date(2026, 11, 7)]


def test_many_missing_days_are_only_counted(tmp_path: Path) -> None:
    """A long gap does not fill the page."""
    (text,) = said(ledger(tmp_path / "l", day("2026-11-01"), day("2026-11-30")))
    assert "28 days have no line:" in text


def test_a_ledger_that_begins_later_or_never(tmp_path: Path) -> None:
    """What was before its beginning is told of each host."""
    first = ledger(tmp_path / "a", *[day(f"2026-11-{number:02}") for number in range(20, 31)], host="aa")
    second = ledger(tmp_path / "b", day("2026-12-01"), host="bb")
    assert said(first, second) == [
        "host 1: the ledger begins on 20 November 2026; what was before is in no figure.",
        "host 2: the ledger has nothing of this period.",
    ]


def test_broken_lines_releases_and_buckets_are_told(tmp_path: Path) -> None:
    """Lines that cannot be read, totals that do not go on, and time that a restart lost."""
    releases = [bucket("2026-11-29", 0, 8), bucket("2026-11-30", 16, 24, seconds_counted=DAY // 2)]
    path = ledger(tmp_path / "l", *(line for line in november() if hasattr(line, "day")), *releases)
    path.write_bytes(path.read_bytes() + b"{}\n")
    told = " ".join(said(path))
    assert "1 lines of the ledgers could not be read" in told
    assert "In 1 places the released totals do not go on" in told
    assert "count 75.00 % of the time" in told


def test_unlike_buckets_are_told(tmp_path: Path) -> None:
    """Where hosts release at different times, the page says so: the parameters have one length."""
    weeks = [bucket("2026-11-05", 0, 8, days=7), *(line for line in november() if hasattr(line, "day"))]
    told = said(ledger(tmp_path / "a", *november()), ledger(tmp_path / "b", *weeks, host="bb"))
    assert told == ["Not all buckets are of the same length: 1 d, 7 d."]
