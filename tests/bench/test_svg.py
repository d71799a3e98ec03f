"""Marks stand where their values are."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from bench.ratios import Spread
from bench.svg import bars, lines

SVG = "{http://www.w3.org/2000/svg}"


def test_a_bar_twice_as_much_is_twice_as_high() -> None:
    """From nought, with a whisker from the least to the most."""
    drawn = bars("Title", "unit", {"group": {"a": Spread(50, 40, 60), "b": Spread(100, 100, 100)}})
    rects = [rect for rect in ET.fromstring(drawn).iter(f"{SVG}rect") if float(rect.get("width", "0")) > 20]
    first, second = (float(rect.get("height", "0")) for rect in rects[1:])  # the first one is the ground
    assert second == first * 2
    whiskers = [line for line in ET.fromstring(drawn).iter(f"{SVG}line") if line.get("stroke-width")]
    assert float(whiskers[0].get("y1", "0")) > float(whiskers[0].get("y2", "0"))


def test_a_line_over_decades_has_equal_steps() -> None:
    """The axis is logarithmic."""
    drawn = lines("Title", "unit", "entries", {"a": {str(10**n): Spread(n, n, n) for n in range(1, 4)}})
    points = re.search(r"points='([^']+)'", drawn)
    assert points is not None
    xs = [float(point.split(",")[0]) for point in points[1].split()]
    assert round(xs[1] - xs[0], 1) == round(xs[2] - xs[1], 1)


def test_words_cannot_break_the_picture() -> None:
    """Titles and names are escaped."""
    drawn = bars("a < b & c", "unit", {"<x>": {"<y>": Spread(0, 0, 1)}})
    assert "a < b" not in drawn
    ET.fromstring(drawn)
