"""Ledgers as they are read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.transparency.period import Period
from resolver.reporting.books import days_counted, first_day, last_day, read_books
from tests.resolver.reporting.ledgers import bucket, day, ledger

NOVEMBER, DECEMBER = Period.parse("2026-11"), Period.parse("2026-12")


def test_lines_belong_to_the_period_of_their_day(tmp_path: Path) -> None:
    """A week belongs to the month that its last day is in, whatever it began in."""
    week = bucket("2026-12-02", 0, 5, days=7)
    path = ledger(tmp_path / "l", day("2026-11-30"), bucket("2026-11-30", 0, 5), day("2026-12-01"), week)
    (book,) = read_books([path])
    assert [line.day for line in book.days_in(NOVEMBER)] == ["2026-11-30"]
    assert [last_day(line) for line in book.buckets_in(DECEMBER)] == [date(2026, 12, 2)]
    assert first_day(week) == next(days_counted(week)) == date(2026, 11, 26)
    assert book.first_day == date(2026, 11, 30)


def test_the_digest_of_a_period_stays(tmp_path: Path) -> None:
    """Later lines change it for their own period alone."""
    early = read_books([ledger(tmp_path / "l", day("2026-11-30"))])[0]
    late = read_books([ledger(tmp_path / "l", day("2026-11-30"), day("2026-12-01"))])[0]
    assert early.digest(NOVEMBER) == late.digest(NOVEMBER)
    assert early.digest(DECEMBER) != late.digest(DECEMBER)


def test_what_cannot_be_read_is_counted(tmp_path: Path) -> None:
    """A damaged line costs itself; a host that began anew in the same file is a book of its own."""
    path = ledger(tmp_path / "l", day("2026-11-29"))
    other = ledger(tmp_path / "m", day("2026-11-30"), host="aa").read_bytes()
    path.write_bytes(path.read_bytes() + b"{broken\n" + other)
    first, second = read_books([path])
    assert (first.host, first.unread, second.host, second.unread) == ("9f", 1, "aa", 0)


def test_a_host_counts_once(tmp_path: Path) -> None:
    """The same ledger twice would double every sum."""
    path = ledger(tmp_path / "l", day("2026-11-29"))
    with pytest.raises(OperatorFault, match="same host"):
        read_books([path, path])


def test_a_ledger_that_is_not_there(tmp_path: Path) -> None:
    """The message names the file."""
    with pytest.raises(OperatorFault, match="cannot read the ledger"):
        read_books([tmp_path / "none"])
