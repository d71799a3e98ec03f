"""Data for outside researchers."""

from __future__ import annotations

import csv
import io
import json
from decimal import ROUND_CEILING, ROUND_FLOOR
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from blocklist.transparency.period import Period
from resolver.reporting.research import COLUMNS, research_files, rounded
from tests.resolver.reporting.test_report import sources


@given(st.integers(-(10**12), 10**12) | st.floats(1e-6, 1e12))
def test_three_figures_are_kept(value: float | int) -> None:
    """A rounded figure is near, and an interval's ends only ever go outwards."""
    low, told, high = rounded(value, ROUND_FLOOR), rounded(value), rounded(value, ROUND_CEILING)
    assert low is not None and told is not None and high is not None
    assert low <= value <= high
    assert abs(told - value) <= abs(value) * 0.0051
    assert rounded(told) == told


def test_what_is_told() -> None:
    """Numbers as a reader expects them."""
    assert [rounded(value) for value in (None, 0, 7, 1_234, 2_334_474_763, 0.99934)] == [
        *(None, 0, 7, 1_230, 2_330_000_000, 0.999)
    ]


def test_table_and_document_have_the_same_rows(tmp_path: Path) -> None:
    """Months, lists and indicators; no day, no host, and the noise of each month beside it."""
    months = [sources(tmp_path).report(month) for month in Period.parse("2026-Q4").months()]
    files = research_files(months)
    table = list(csv.DictReader(io.StringIO(files["research.csv"].decode())))
    told = json.loads(files["research.json"])
    assert tuple(table[0]) == COLUMNS
    assert len(table) == len(told["rows"])
    assert {row["month"] for row in table} == {"2026-10", "2026-11", "2026-12"}
    hits = next(row for row in told["rows"] if row["month"] == "2026-11" and row["indicator"] == "hit_events")
    assert (hits["value"], hits["low"], hits["high"]) == (2_400, 2_170, 2_630)
    assert told["noise"]["2026-11"] == {"epsilon": 1.0, "hidden_events": 8, "scale": 8.0, "buckets": 60}
    assert told["noise"]["2026-10"] is None
    assert research_files(months) == files
