"""Movements of a list."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from blocklist.publish.reporting.lives import End, Life
from blocklist.publish.reporting.movements import in_force, midnight, movement

START = datetime(2026, 1, 1, tzinfo=UTC)


def life(begins: int, hours: int, why: End) -> Life:
    at = START + timedelta(hours=begins)
    end = at + timedelta(hours=hours)
    return Life(at, end, why, None, end if why is End.ERROR else None)


many = st.lists(st.builds(life, st.integers(0, 200), st.integers(1, 100), st.sampled_from(End)), max_size=30)


@given(many, st.lists(st.integers(0, 320), min_size=3, max_size=3, unique=True).map(sorted))
def test_the_books_balance(found: list[Life], cuts: list[int]) -> None:
    """Start, comings and goings give the end; two spans that touch are the span of both; errors are removals."""
    first, middle, last = (START + timedelta(hours=hours) for hours in cuts)
    left, right, whole = movement(found, first, middle), movement(found, middle, last), movement(found, first, last)
    assert whole.start == left.start
    assert left.end == right.start == len(in_force(found, middle))
    assert whole.end == right.end
    assert whole.adds == left.adds + right.adds
    assert whole.removes == left.removes + right.removes
    assert whole.expiries == left.expiries + right.expiries
    assert whole.errors <= whole.removes


def test_days_begin_in_japan() -> None:
    """The first of January begins at three in the afternoon of the day before, UTC."""
    assert midnight(date(2026, 1, 1)) == datetime(2025, 12, 31, 15, tzinfo=UTC)
