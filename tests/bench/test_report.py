"""Tables, the last line, plots and the page are made from a run's document alone."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench.page import BEGIN, END, PAGE, save, with_figures, write_page
from bench.plots import plots
from bench.report import Document, summary, told
from bench.workloads import HEAD, VARIANTS

RATES = {"echo": [200.0, 100.0, 150.0], "mamori": [190.0, 90.0, 147.0], "unbound": [100.0, 60.0, 70.0]}
TIMES = {"p50_us": [10.0, 11.0], "p99_us": [20.0, 22.0], "p999_us": [30.0, 33.0], "most_us": [40.0, 44.0]}


def figures(rates: list[float]) -> dict[str, list[float]]:
    return {
        "qps": rates,
        "cpu_ns": [1e9 / rate for rate in rates],
        "busy": [1.0] * len(rates),
        "others": [0.1],
        "lost": [0.0],
    }


@pytest.fixture
def document() -> Document:
    cell = {server: figures(rates) for server, rates in RATES.items()}
    times = TIMES | {"lost": [0, 0]}
    take = {"seconds": [1.0], "cpu_seconds": [0.4], "held_mb": [36.0]}
    return {
        "versions": {"mamori": "0.1.0 (native)", "unbound": "1.17.1"},
        "machine": "2 x processor",
        "rounds": 3,
        "claim_rounds": 5,
        "seconds": 0.4,
        "throughput": {"cached": {variant.label: cell for variant in VARIANTS}},
        "features": {"echo": figures([100.0]), "mamori+limit": figures([85.0])},
        "latency": {"mamori": times, "unbound": times},
        "streams": {"tcp": {"mamori": {"qps": [5.0]}, "unbound": {"qps": [10.0]}}},
        "swap": {"quiet": times, "swap": times | {"p999_us": [5030.0, 7033.0]}},
        "growth": {part: {"1": figures([100.0]), "10": figures([50.0])} for part in ("entries", "clients", "workers")},
        "loading": {"1000000": {"mamori": take | {"peak_mb": [40.0], "pause_ms": [1.5]}, "unbound": take}},
    }


def test_the_last_line_has_ratios_of_the_same_round(document: Document) -> None:
    """Of the variant with EDNS and DO; a server that was not measured has none."""
    assert summary(document) == {"cached": {"vs_echo": 0.95, "vs_unbound": 1.9}}
    document["throughput"]["cached"] = {VARIANTS[1].label: document["throughput"]["cached"][HEAD.label]}
    assert summary(document) == {}


def test_every_part_is_told(document: Document) -> None:
    """With versions, ratios and their spread, bytes an entry, and what a swap adds."""
    text = "\n".join(told(document))
    assert "unbound 1.17.1" in text
    assert "0.95 (0.90-0.98)" in text  # over the echo
    assert "1.90 (1.50-2.10)" in text  # over unbound
    assert "| cached | IPv4, EDNS + DO | 6,666,667 · 1.00 | 6,802,721 · 1.05 | 14,285,714 · 2.00 |" in text
    assert "| 1,000,000 | mamori | 1.00 | 0.40 | 36.0 | 36 | 1.5 |" in text
    assert "p99.9 with a swap less p99.9 without: 6.0 (5.0-7.0) ms." in text
    assert "| entries | 10 | 20000000 | 2.00 |" in text.replace(" (2.00-2.00)", "").replace(" (20000000-20000000)", "")
    assert "mamori+limit over it" in text
    assert "- **Ahead in every round:** `cached` 1.90 (1.50-2.10) x unbound." in text
    assert "- **Behind in every round:** TCP 0.50 (0.50-0.50) x unbound." in text
    assert "every server had its core for itself" in text and "no server left a question" in text
    assert "Mamori without the extension" not in text


def test_a_limited_figure_is_marked_where_it_stands_and_below(document: Document) -> None:
    """A reader of one row of a table must not take it for more than it is."""
    document["features"]["mamori+limit"] = figures([85.0]) | {"busy": [0.969], "lost": [4]}
    document["latency"] = {
        "unbound": TIMES | {"others": [0.6, 0.0], "lost": [0, 0]},
        "mamori": TIMES | {"lost": [0, 0]},
    }
    text = "\n".join(told(document))
    assert "| echo | 0 | 0.85 (0.85-0.85) ‡ |" in text
    assert "- cached, all features on, IPv4, EDNS + DO: mamori+limit in 1 of 1 rounds (least busy 97%)" in text
    assert "- latency, IPv4, EDNS + DO: unbound in 1 of 2 rounds (up to 60%)" in text
    assert "p50 at a fixed rate 1.00 (1.00-1.00) x unbound's †" in text
    assert "- cached, all features on, IPv4, EDNS + DO: mamori+limit: 4" in text


def test_the_pure_twin_has_ratios_of_its_own(document: Document) -> None:
    """It is claimed of it what it reaches beside unbound."""
    for cell in document["throughput"]["cached"].values():
        cell["mamori-pure"] = figures([50.0, 30.0, 35.0])
    row = "| cached | IPv4, EDNS + DO | 0.25 (0.23-0.30) | 0.26 (0.24-0.33) | 0.50 (0.50-0.50) |"
    assert row in "\n".join(told(document))


def test_plots_are_whole_pictures(document: Document) -> None:
    """One for each part that a run has, well-formed, with the name of every server they show."""
    drawn = plots(document)
    assert set(drawn) == {
        "throughput.svg", "latency.svg", "streams.svg", "growth-entries.svg", "growth-clients.svg", "loading.svg",
        "swap.svg",
    }  # fmt: skip
    for drawing in drawn.values():
        ET.fromstring(drawing)
    assert all(name in drawn["throughput.svg"] for name in RATES)
    assert plots({"latency": document["latency"]}).keys() == {"latency.svg"}


def test_the_page_gets_the_figures_of_the_folder(document: Document, tmp_path: Path) -> None:
    """Between its marks, twice the same; nothing else changes."""
    folder, page = tmp_path / "performance", tmp_path / "performance.md"
    save(document, folder)
    page.write_text(f"# Title\n\n{BEGIN}\nwhat stood here\n{END}\n\nlast\n")
    write_page(page, folder)
    once = page.read_text()
    write_page(page, folder)
    assert page.read_text() == once
    assert once.startswith(f"# Title\n\n{BEGIN}\n") and once.endswith(f"{END}\n\nlast\n")
    assert "what stood here" not in once
    assert all(f"](performance/{name})" in once and (folder / name).exists() for name in plots(document))
    assert json.loads((folder / "figures.json").read_text()) == document


def test_a_page_without_marks_is_refused(document: Document) -> None:
    """Rather than written over; ours has them."""
    with pytest.raises(ValueError, match="no marks"):
        with_figures("# Title\n", document, "performance")
    with_figures(PAGE.read_text(), document, "performance")
