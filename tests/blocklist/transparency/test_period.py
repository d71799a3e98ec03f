"""Periods."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.errors import OperatorFault
from blocklist.transparency.period import Period


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2026-11", date(2026, 11, 1), date(2026, 12, 1)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("2026-Q1", date(2026, 1, 1), date(2026, 4, 1)),
        ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("2028", date(2028, 1, 1), date(2029, 1, 1)),
    ],
)
def test_forms(text: str, first: date, end: date) -> None:
    """Months, quarters and years are read, and written as they were read."""
    period = Period.parse(text)
    assert (period.first, period.end, period.label) == (first, end, text)


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-00", "2026-Q5", "26", "2026-1", "2026-11-01", "２０２６", "2026\n"]
)
def test_refused(text: str) -> None:
    """Anything else is refused with the three forms in the sentence."""
    with pytest.raises(OperatorFault, match="2026-Q4"):
        Period.parse(text)


@given(st.sampled_from(["2026", "2028-Q1", "2027-Q3", "2026-02"]), st.dates(date(2025, 6, 1), date(2029, 6, 1)))
def test_months_cover_it(text: str, day: date) -> None:
    """Every day of a period lies in exactly one of its months, and no other day does."""
    period = Period.parse(text)
    assert sum(month.holds(day) for month in period.months()) == period.holds(day)


def test_what_has_not_begun() -> None:
    """It is refused, and no part of a review that is made before the year is over."""
    october = Period.parse("2026-10")
    october.must_have_begun(date(2026, 10, 1))
    with pytest.raises(OperatorFault, match="2026-10 has not begun"):
        october.must_have_begun(date(2026, 9, 30))
    labels = [one.label for one in Period.parse("2026").reviewed(date(2026, 4, 1))]
    assert labels == ["2026-Q1", "2026-Q2", "2026-01", "2026-02", "2026-03", "2026-04"]


def test_parts() -> None:
    """A year has twelve months and four quarters, which touch; a quarter has one, a month none."""
    year = Period.parse("2026")
    assert [one.label for one in year.quarters()] == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert len(year.months()) == 12
    assert [one.label for one in Period.parse("2026-Q4").quarters()] == ["2026-Q4"]
    assert Period.parse("2026-10").quarters() == ()
    assert not year.holds(None)
    assert year.holds(year.end - timedelta(days=1))
    assert not year.holds(year.end)
