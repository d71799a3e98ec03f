"""Numbers for people."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.transparency import wording
from blocklist.transparency.model import Figure, Spread
from blocklist.transparency.period import Period


@pytest.mark.parametrize(
    ("figure", "unit", "ja", "en"),
    [
        (
            Figure(12_340, 12_180, 12_500),
            "events",
            "12,340 回 (99%区間 12,180〜12,500)",
            "12,340 (99 %: 12,180–12,500)",
        ),
        (Figure(None), "entries", "把握していません", "not known here"),
        (Figure(0), "entries", "0 件", "0"),
        (Figure(-16, -40, 8), "events", "-16 回 (99%区間 -40〜8)", "-16 (99 %: -40–8)"),
        (Figure(0.99987), "ratio", "99.98%", "99.98 %"),
        (Figure(0.29), "ratio", "29.00%", "29.00 %"),
        (Figure(1), "ratio", "100.00%", "100.00 %"),
        (Figure(0.99999), "ratio", "99.99%", "99.99 %"),
        (Figure(1), "days", "1 日", "1 day"),
        (Figure(6.5), "days", "6.5 日", "6.5 days"),
        (Figure(0.25), "seconds", "0.25 秒", "0.25 s"),
        (Figure(125), "seconds", "2 分 5 秒", "2 min 5 s"),
        (Figure(3_600), "seconds", "1 時間", "1 h"),
        (Figure(90_000), "seconds", "1 日 1 時間", "1 d 1 h"),
        (Figure(0.01234), "events/1000000 queries", "0.0123", "0.0123"),
        (Figure(1_234.6), "queries", "1,235 件", "1,235"),
    ],
)
def test_figures(figure: Figure, unit: str, ja: str, en: str) -> None:
    """A figure reads as people write it, with its unit and interval; what is not known is said in words."""
    assert wording.figure(figure, unit, "ja") == ja
    assert wording.figure(figure, unit, "en") == en


@given(st.floats(0, 1, exclude_max=True, allow_nan=False))
def test_hundred_percent_is_said_of_the_whole_only(ratio: float) -> None:
    """No ratio that differs from 1 by a millionth or more reads as 100 percent."""
    if ratio <= 1 - 1e-6:
        assert wording.number(ratio, "ratio") != "100.00"


def test_durations_of_nothing() -> None:
    """Where nothing happened there is no duration; where nobody measured it is not known."""
    assert wording.duration(Spread.over([]), None, "days", "en") == "none"
    assert wording.duration(Spread(None, None, None, None), None, "days", "ja") == "把握していません"
    assert wording.duration(Spread(3, 1, 2, 2), 2, "days", "en") == "2 days"


def test_days_and_periods() -> None:
    """Days and periods are written as in each language."""
    assert wording.day(date(2026, 11, 2), "ja") == "2026年11月2日"
    assert wording.day(date(2026, 11, 2), "en") == "2 November 2026"
    names = [wording.period(Period.parse(text), "en") for text in ("2026", "2026-Q4", "2026-11")]
    assert names == ["2026", "Quarter 4 of 2026", "November 2026"]
    assert wording.period(Period.parse("2026-Q4"), "ja") == "2026年第4四半期"
    assert wording.period(Period.parse("2026"), "ja") == "2026年"
    assert wording.period(Period.parse("2026-01"), "ja") == "2026年1月"
