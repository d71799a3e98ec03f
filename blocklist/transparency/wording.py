"""Numbers as people read them, in Japanese and in English. The exact values are in JSON and CSV."""

from datetime import date
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise
from typing import Final

from blocklist.transparency.model import NOT_KNOWN, Figure, Spread
from blocklist.transparency.period import Period
from blocklist.transparency.text import Language, Text

NONE: Final = Text("該当なし", "none")
DASH: Final = "–"
PLAIN: Final = "plain"  # no unit: a parameter
_HUNDREDTH: Final = Decimal("0.01")
_MINUTE: Final = 60
_HOUR: Final = 3_600
_DAY: Final = 86_400
_COUNTED: Final = {
    "entries": Text("{} 件", "{}"),
    "count": Text("{} 件", "{}"),
    "events": Text("{} 回", "{}"),
    "queries": Text("{} 件", "{}"),
    "events/1000000 queries": Text("{}", "{}"),
    PLAIN: Text("{}", "{}"),
}
_UNITS: Final = (  # (seconds, its name)
    (_DAY, Text("日", "d")),
    (_HOUR, Text("時間", "h")),
    (_MINUTE, Text("分", "min")),
    (1, Text("秒", "s")),
)


def figure(one: Figure, unit: str, language: Language) -> str:
    """A figure with its unit, and its interval if it has one; in words where it is not known."""
    return " ".join(part for part in (value(one, unit, language), interval(one, unit, language)) if part)


def value(one: Figure, unit: str, language: Language) -> str:
    """A figure without its interval."""
    return NOT_KNOWN[language] if one.value is None else quantity(one.value, unit, language)


def interval(one: Figure, unit: str, language: Language) -> str:
    """Where the truth lies 99 times in 100; empty for a figure that is exact or not known."""
    if one.low is None or one.high is None:
        return ""
    low, high = number(one.low, unit), number(one.high, unit)
    return f"(99%区間 {low}〜{high})" if language == "ja" else f"(99 %: {low}{DASH}{high})"


def duration(spread: Spread, value: float | int | None, unit: str, language: Language) -> str:
    """One of a spread's durations: none where nothing was measured, in words where it is not known."""
    if value is not None:
        return quantity(value, unit, language)
    return NONE[language] if spread.count == 0 else NOT_KNOWN[language]


def quantity(value: float | int, unit: str, language: Language) -> str:
    """A number with its unit."""
    if unit == "ratio":
        return f"{number(value, unit)}%" if language == "ja" else f"{number(value, unit)} %"
    if unit == "days":
        many = "day" if value == 1 else "days"
        return f"{number(value, unit)} 日" if language == "ja" else f"{number(value, unit)} {many}"
    if unit == "seconds":
        return _seconds(value, language)
    return _COUNTED[unit][language].format(number(value, unit))


def number(value: float | int, unit: str) -> str:
    """A number alone, with thousands set off: percent for ratios, else whole above 100 and three figures below.

    Percent are cut, not rounded, so that 100 is said of the whole only.
    """
    if unit == "ratio":
        return str((Decimal(repr(round(value, 9))) * 100).quantize(_HUNDREDTH, ROUND_DOWN))
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _seconds(value: float | int, language: Language) -> str:
    """Two units at most, so as people say it: 2 min 5 s; below a minute with three figures."""
    for (large, name), (small, lesser) in pairwise(_UNITS):
        whole = round(value / small)
        if value >= large:
            more, rest = divmod(whole, large // small)
            said = f"{more:,} {name[language]}"
            return f"{said} {rest} {lesser[language]}" if rest else said
    return f"{number(value, 'seconds')} {_UNITS[-1][1][language]}"


def day(on: date, language: Language) -> str:
    """A date."""
    return f"{on.year}年{on.month}月{on.day}日" if language == "ja" else f"{on.day} {on:%B %Y}"


def period(one: Period, language: Language) -> str:
    """A period's name."""
    first = one.first
    if one.kind == "year":
        return f"{first.year}年" if language == "ja" else f"{first.year}"
    if one.kind == "quarter":
        quarter = (first.month + 2) // 3
        return f"{first.year}年第{quarter}四半期" if language == "ja" else f"Quarter {quarter} of {first.year}"
    return f"{first.year}年{first.month}月" if language == "ja" else f"{first:%B %Y}"
