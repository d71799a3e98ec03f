"""The benchmarks of lists still run. What they measure is for `make bench-lists`, on a large list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.lists.__main__ import GATES, ROUNDS_OF, measured, over, table
from bench.lists.gauge import MB, Gauge
from bench.lists.measures import MEASURES, Figures, importing
from bench.lists.site import published

ENTRIES, CHANGES, LINES = 10_000, 50, 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A published list of ten thousand entries, and a host that has its first version."""
    place = tmp_path_factory.mktemp("lists")
    with published(place, ENTRIES, CHANGES):
        MEASURES["first"](place)
        yield place


@pytest.mark.parametrize("name", ROUNDS_OF)
def test_each_measurement_takes_up_what_it_says(name: str, folder: Path) -> None:
    """The figures are those of the list; a delta is counts, prefixes and records in one sealed chunk."""
    figures = MEASURES[name](folder)
    if name == "lookups":
        assert figures["small_ns"] > 0 and figures["large_ns"] > 0
        return
    assert figures["seconds"] > 0
    if name == "delta":
        assert figures["delta_bytes"] == 8 + CHANGES * (8 + 18) + 40 + 16
    if name != "swap":
        assert figures["index_mb"] * MB == pytest.approx(figures["entry_bytes"] * ENTRIES)
        assert figures["entry_bytes"] > 18


def test_a_measurement_runs_in_a_process_of_its_own(folder: Path) -> None:
    """As the benchmark starts it."""
    assert measured("importing", folder, LINES).keys() == importing(folder, LINES).keys()


def test_the_gauge_sees_what_was_held_for_a_moment() -> None:
    """Memory that is given back counts, too."""
    with Gauge() as gauge:
        held = bytearray(64 * MB)
        del held
    assert gauge.peak_mb >= 60


def test_a_figure_over_its_gate_is_told() -> None:
    """With its bound, below the table of all figures."""
    result: dict[str, Figures] = {
        name: dict.fromkeys(("seconds", "cpu_seconds", "peak_mb", "ratio", "entry_bytes"), 1.0) for name in MEASURES
    }
    result["delta"]["delta_bytes"] = 13_000
    result["swap"]["without_seconds"] = 0.5
    result["lookups"] = {"small_ns": 700.0, "large_ns": 770.0, "growth": 1.1}
    assert over(result) == []
    result["delta"]["delta_bytes"] = 15_001
    assert over(result) == [gate for gate in GATES if gate.figure == "delta_bytes"]
    assert "OVER THE GATE: delta delta_bytes > 15,000 bytes" in table(result, ENTRIES)
