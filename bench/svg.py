"""Plots as plain SVG, without scripts, fonts or colours that depend on a theme: bars beside each other, lines over a
logarithmic axis. Every mark is a median; its whisker goes from the least to the most of the rounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from bench.ratios import Spread

WIDTH, HEIGHT = 860, 360  # pixels
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 64, 46  # margins
COLOURS = ("#9aa0a6", "#0b6e4f", "#7fb069", "#3d5a80", "#ee6c4d", "#8d6a9f")
_STEPS = (1, 2, 2.5, 5, 10)
_STYLE = "font-family='sans-serif' font-size='12' fill='#333'"
Series = Mapping[str, Mapping[str, Spread]]


def bars(title: str, unit: str, groups: Series, order: Sequence[str] = ()) -> str:
    """Groups along the axis, in each a bar for every name it has. A name's place in `order` is its colour."""
    names = _names(groups)
    colours = _colours(names, order)
    top, scale = _scale(groups)
    place = (WIDTH - LEFT - RIGHT) / len(groups)
    width = place * 0.8 / len(names)
    marks = []
    for at, (group, found) in enumerate(groups.items()):
        left = LEFT + at * place + place * 0.1
        marks.append(_text(left + place * 0.4, HEIGHT - BOTTOM + 18, group, "middle"))
        for number, name in enumerate(names):
            if name in found:
                marks.append(_bar(left + number * width, width, found[name], scale, colours[name]))
    return _frame(title, unit, colours, top, scale, marks)


def lines(title: str, unit: str, across: str, series: Series, order: Sequence[str] = ()) -> str:
    """One line a name over numbers, which are the keys, on a logarithmic axis."""
    top, scale = _scale(series)
    numbers = sorted({float(key) for found in series.values() for key in found})
    low, high = math.log10(numbers[0]), math.log10(numbers[-1])

    def x(number: float) -> float:
        return LEFT + 30 + (WIDTH - LEFT - RIGHT - 60) * (math.log10(number) - low) / ((high - low) or 1)

    marks = [_text(x(number), HEIGHT - BOTTOM + 18, f"{number:,.0f}", "middle") for number in numbers]
    marks.append(_text(WIDTH / 2, HEIGHT - 8, across, "middle"))
    colours = _colours(list(series), order)
    for name, found in series.items():
        colour = colours[name]
        points = [(x(float(key)), spread) for key, spread in found.items()]
        path = " ".join(f"{at:.1f},{scale(spread.median):.1f}" for at, spread in points)
        marks.append(f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2'/>")
        marks += [_whisker(at, spread, scale, colour) for at, spread in points]
    return _frame(title, unit, colours, top, scale, marks)


def _names(groups: Series) -> list[str]:
    return list(dict.fromkeys(name for found in groups.values() for name in found))


def _colours(names: Sequence[str], order: Sequence[str]) -> dict[str, str]:
    places = {name: order.index(name) if name in order else number for number, name in enumerate(names)}
    return {name: COLOURS[place % len(COLOURS)] for name, place in places.items()}


class _Scale:
    """Height on the page of a value; the axis begins at nought."""

    def __init__(self, top: float) -> None:
        self._top = top

    def __call__(self, value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - min(value, self._top) / self._top)


def _scale(groups: Series) -> tuple[float, _Scale]:
    most = max(spread.high for found in groups.values() for spread in found.values())
    top = 5 * _round(most / 5)
    return top, _Scale(top)


def _round(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    return next(step * power for step in _STEPS if step * power >= rough * (1 - 1e-9))


def _bar(left: float, width: float, spread: Spread, scale: _Scale, colour: str) -> str:
    y = scale(spread.median)
    body = f"<rect x='{left:.1f}' y='{y:.1f}' width='{width * 0.9:.1f}' height='{scale(0) - y:.1f}' fill='{colour}'/>"
    return body + _whisker(left + width * 0.45, spread, scale, "#333")


def _whisker(x: float, spread: Spread, scale: _Scale, colour: str) -> str:
    return (
        f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{scale(spread.low):.1f}' y2='{scale(spread.high):.1f}' "
        f"stroke='{colour}' stroke-width='1.5'/>"
    )


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 12) -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' font-size='{size}'>{escape(text)}</text>"


def _frame(title: str, unit: str, colours: Mapping[str, str], top: float, scale: _Scale, marks: list[str]) -> str:
    """Title, legend, lines across with their values, and the marks."""
    parts = [_text(LEFT, 20, title, size=15), _text(LEFT, TOP - 6, unit, size=11)]
    x = float(LEFT)
    for name, colour in colours.items():
        parts.append(f"<rect x='{x:.0f}' y='30' width='10' height='10' fill='{colour}'/>" + _text(x + 14, 39, name))
        x += 30 + 7.2 * len(name)
    for value in (top * step / 5 for step in range(6)):
        y = scale(value)
        parts.append(f"<line x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{y:.1f}' y2='{y:.1f}' stroke='#ddd'/>")
        parts.append(_text(LEFT - 8, y + 4, f"{value:,.6g}", "end"))
    body = "\n".join(parts + marks)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' role='img' {_STYLE}>\n"
        f"<title>{escape(title)}</title>\n<rect width='{WIDTH}' height='{HEIGHT}' fill='#fff'/>\n{body}\n</svg>\n"
    )
