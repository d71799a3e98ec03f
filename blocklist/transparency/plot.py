"""Where the marks of a plot stand. Across in percent of the width, up in pixels: text keeps its size on any screen.

Counts are columns from zero; states, ratios and durations are dots, on a scale that need not begin at zero. A figure
that is not known leaves its place empty.
"""

import math
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from blocklist.transparency.indicators import BY_KEY
from blocklist.transparency.model import Figure, Point, Series

HEIGHT: Final = 180  # pixels of the area of the marks
COLUMN_SHARE: Final = 0.62  # of a point's place
LABELS_MAX: Final = 12  # fewer where they are long
LONG_LABELS_MAX: Final = 5
_RATIO_SPAN: Final = 0.01  # below a ratio that is the same everywhere
TICKS: Final = 4
_STEPS: Final = (1, 2, 5, 10)
_WHOLE: Final = ("entries", "count", "events", "queries", "days")  # units whose lines across stand at whole numbers


@frozen
class Tick:
    """A line across, at this height, and the value it stands for."""

    y: float
    value: float


@frozen
class Mark:
    """One known figure: its middle across (percent), its height, and its interval's ends."""

    x: float
    y: float
    low: float | None
    high: float | None


@frozen
class Plot:
    """A drawn series. `labels` are (percent across, index of the point)."""

    columns: bool
    column_width: float
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[tuple[float, int], ...]
    height: int = HEIGHT


def draw(series: Series) -> Plot | None:
    """Lay a series out; None when it has nothing to show: fewer than two points, or none known."""
    figures = [point.figure for point in series.points]
    if len(figures) < 2 or all(one.value is None for one in figures):
        return None
    columns = BY_KEY[series.key].kind == "count"
    most = 1 if series.unit == "ratio" else math.inf
    least_step = 1 if series.unit in _WHOLE else 0
    low, high, step = _scale(figures, from_zero=columns, most=most, least_step=least_step)
    place = 100 / len(figures)
    marks = tuple(_mark(one, place * (at + 0.5), low, high) for at, one in enumerate(figures) if one.value is not None)
    ticks = tuple(
        Tick(_height(low + at * step, low, high), low + at * step) for at in range(round((high - low) / step) + 1)
    )
    return Plot(columns, round(place * COLUMN_SHARE, 3), marks, ticks, _labels(series.points, place))


def is_monthly(points: Sequence[Point]) -> bool:
    """Whether each point is a month: then its label is short."""
    return all(point.start.day == 1 for point in points)


def _labels(points: Sequence[Point], place: float) -> tuple[tuple[float, int], ...]:
    most = LABELS_MAX if is_monthly(points) else LONG_LABELS_MAX
    every = math.ceil(len(points) / most)
    return tuple((round(place * (at + 0.5), 3), at) for at in range(0, len(points), every))


def _mark(figure: Figure, x: float, low: float, high: float) -> Mark:
    value, least, most = (
        None if number is None else _height(number, low, high) for number in (figure.value, figure.low, figure.high)
    )
    assert value is not None
    return Mark(round(x, 3), value, least, most)


def _height(value: float, low: float, high: float) -> float:
    """Pixels from the top."""
    return round(HEIGHT * (1 - (value - low) / (high - low)), 2)


def _scale(figures: Sequence[Figure], *, from_zero: bool, most: float, least_step: float) -> tuple[float, float, float]:
    """(lowest, highest, distance of the lines across), all round numbers; none above `most`."""
    known = [number for one in figures for number in (one.value, one.low, one.high) if number is not None]
    low, high = min(known), max(known)
    if from_zero or low < (high - low):
        low = min(0, low)
    if low == high:
        low, high = (low, low + (abs(low) or 1)) if most == math.inf else (low - _RATIO_SPAN, most)
    step = max(least_step, _round_step((high - low) / TICKS))
    return math.floor(low / step) * step, min(most, math.ceil(high / step) * step), step


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in _STEPS if step * power >= rough * (1 - 1e-9))
