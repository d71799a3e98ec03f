"""Working days in Japan."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from blocklist.publish.review.working_days import day_in_japan, is_working_day, next_working_day


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-11-19", "2026-11-20"),  # Thursday
        ("2026-11-20", "2026-11-24"),  # Friday before a weekend and Labour Thanksgiving Day, a Monday
        ("2026-11-21", "2026-11-24"),  # Saturday
        ("2026-09-18", "2026-09-24"),  # Silver Week: Tuesday between two holidays is one itself
        ("2027-03-19", "2027-03-23"),  # the equinox falls on a Sunday: the Monday after is a holiday
        ("2026-12-31", "2027-01-04"),  # New Year's Day, a Friday
    ],
)
def test_the_next_working_day(received: str, due: str) -> None:
    """Weekends, holidays, substitute holidays and the day between two of them are none."""
    assert next_working_day(date.fromisoformat(received)).isoformat() == due
    assert is_working_day(date.fromisoformat(due))


def test_the_day_is_japans() -> None:
    """Nine hours ahead of UTC, always."""
    assert day_in_japan(datetime(2026, 11, 22, 14, 59, tzinfo=UTC)) == date(2026, 11, 22)
    assert day_in_japan(datetime(2026, 11, 22, 15, 0, tzinfo=UTC)) == date(2026, 11, 23)
