"""The report's model."""

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.transparency.model import Fact, Figure, ListSection, Measures, Noise, Point, Report, Series, Spread
from blocklist.transparency.period import Period
from blocklist.transparency.text import Text

DAY = date(2026, 11, 1)


def report(kind: str = "list_body", **more: object) -> Report:
    """A report with nothing in it."""
    blank = {"publisher": Text("団体", "Body"), "period": Period.parse("2026-11"), "made_on": date(2026, 12, 1)}
    return Report(**{"kind": kind, "policy": (), **blank, **more})  # type: ignore[arg-type]


def test_an_unknown_figure_has_no_interval() -> None:
    """A figure is a finite number, perhaps with both ends of its interval, or not known at all."""
    assert Figure(None).value is None
    assert Figure(5, 1, 9).low == 1
    for wrong in ((None, 1, 2), (5, 1, None), (math.nan,), (math.inf,)):
        with pytest.raises(ValueError, match=r"interval|finite"):
            Figure(*wrong)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=200))
def test_spread_is_by_nearest_rank(durations: list[int]) -> None:
    """p50 and p95 are durations that occurred, and so many hundredths of all do not exceed them."""
    spread = Spread.over(durations)
    assert spread.count == len(durations)
    assert spread.most == max(durations)
    for rank, percent in ((spread.p50, 50), (spread.p95, 95)):
        assert rank in durations
        assert sum(one <= rank for one in durations) * 100 >= percent * len(durations)
        assert sum(one < rank for one in durations) * 100 < percent * len(durations)


def test_spread_of_nothing() -> None:
    """Without durations there is a count of 0 and nothing else is known."""
    assert Spread.over([]) == Spread(0, None, None, None)
    assert Spread.over([]).figures()["p95"] == Figure(None)


def test_only_known_figures() -> None:
    """A figure or a spread under a name that no indicator has is refused."""
    with pytest.raises(ValueError, match="no indicator has the figure visitors"):
        Measures(figures={"visitors": Figure(1)})
    with pytest.raises(ValueError, match=r"no indicator has the figure decision_days\.p50"):
        Measures(figures={"decision_days.p50": Figure(1)})
    with pytest.raises(ValueError, match="no indicator has the spread adds"):
        Measures(spreads={"adds": Spread.over([1])})
    with pytest.raises(ValueError, match="no indicator has the figure objections"):
        Series("objections", ())


def test_only_what_this_reporter_reports() -> None:
    """A list body's report has no place for hits, an ISP's none for removal requests."""
    hits = ListSection(list_id="icsa", figures={"hit_events": Figure(1)})
    assert report("isp", sections=(hits,)).sections == (hits,)
    with pytest.raises(ValueError, match="hit_events is not reported by list_body"):
        report(sections=(hits,))
    with pytest.raises(ValueError, match="removal_requests is not reported by isp"):
        report("isp", figures={"removal_requests": Figure(1)})
    with pytest.raises(ValueError, match="one section"):
        report("isp", sections=(hits, hits))


def test_series_stand_in_order() -> None:
    """Two points of one day, or an older point after a newer, are refused."""
    point = Point(DAY, Figure(1))
    assert Series("adds", (point,)).unit == "entries"
    for wrong in ((point, point), (Point(date(2026, 11, 2), Figure(1)), point)):
        with pytest.raises(ValueError, match="order"):
            Series("adds", wrong)


def test_complete() -> None:
    """A report made before its period was over knows that it is not complete."""
    assert report().complete
    assert not report(made_on=date(2026, 11, 30)).complete


def test_small_things() -> None:
    """The scale of the noise follows from epsilon; a plain fact reads the same in both languages."""
    assert Noise(epsilon=0.5, hidden_events=8, step=8, bucket_seconds=86_400).scale == 16
    assert Fact.plain(Text("版", "version"), 3).value == Text("3", "3")
