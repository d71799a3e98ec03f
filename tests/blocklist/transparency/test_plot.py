"""Plots."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from blocklist.transparency.model import Figure, Point, Series
from blocklist.transparency.plot import HEIGHT, draw
from tests.blocklist.transparency.support import by_month

numbers = st.integers(0, 10**7) | st.floats(0, 10**7, allow_subnormal=False).filter(lambda one: one == 0 or one > 1e-6)


@given(st.lists(st.none() | numbers, min_size=2, max_size=12), st.sampled_from(["adds", "list_entries.end"]))
def test_every_mark_lies_inside_and_in_order(values: list[float | None], key: str) -> None:
    """Known values, and only they, become marks inside the area; a larger one never stands lower."""
    plot = draw(by_month(key, *values))
    known = [value for value in values if value is not None]
    if plot is None:
        assert not known
        return
    assert len(plot.marks) == len(known)
    assert all(-0.01 <= mark.y <= HEIGHT + 0.01 and 0 < mark.x < 100 for mark in plot.marks)
    assert [mark.x for mark in plot.marks] == sorted(mark.x for mark in plot.marks)
    pairs = sorted(zip(known, (mark.y for mark in plot.marks), strict=True), key=lambda pair: pair[0])
    assert all(after[1] <= before[1] + 0.01 for before, after in pairwise(pairs))
    if key == "adds":
        assert plot.ticks[0].value == 0


@given(st.lists(st.floats(0, 1).map(lambda one: round(one, 4)), min_size=2, max_size=12))
def test_no_ratio_above_the_whole(values: list[float]) -> None:
    """The scale of ratios ends at 1, also where all are the same."""
    plot = draw(by_month("uptime_ratio", *values))
    assert plot is not None
    assert max(tick.value for tick in plot.ticks) <= 1 + 1e-9
    assert all(-0.01 <= mark.y <= HEIGHT + 0.01 for mark in plot.marks)


def test_interval_is_inside() -> None:
    """The ends of an interval are drawn, and the scale makes room for them."""
    plot = draw(by_month("hit_events", 100, 200, spread=90))
    assert plot is not None
    for mark in plot.marks:
        assert mark.low is not None
        assert mark.high is not None
        assert 0 <= mark.high <= mark.y <= mark.low <= HEIGHT


def test_labels_are_few() -> None:
    """Twelve months are all labelled; of a month's days only some."""
    year = draw(by_month("adds", *range(12)))
    assert year is not None
    assert len(year.labels) == 12
    days = (Point(date(2026, 11, 1) + timedelta(days=at), Figure(at)) for at in range(30))
    month = draw(Series("adds", tuple(days)))
    assert month is not None
    assert len(month.labels) == 5


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=12))
def test_no_half_entries(values: list[int]) -> None:
    """Lines across stand at whole numbers where only whole ones are counted."""
    plot = draw(by_month("list_entries.end", *values))
    assert plot is not None
    assert all(tick.value == int(tick.value) for tick in plot.ticks)


def test_nothing_to_draw() -> None:
    """One point, or none that is known, is no plot."""
    assert draw(by_month("adds", 3)) is None
    assert draw(by_month("adds", None, None)) is None
