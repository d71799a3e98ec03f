"""The plots of a run, made from its document alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench import svg
from bench.ratios import Spread, ratio
from bench.report import Document
from bench.stage import SERVERS
from bench.throughput import Cell
from bench.workloads import HEAD


def plots(document: Document) -> dict[str, str]:
    """SVG by file name, of whatever the document holds."""
    found: dict[str, str] = {}
    for name, draw in _PLOTS.items():
        section, _, part = name.partition("-")
        held = document.get(section, {})
        held = held.get(part, {}) if part else held
        if held:
            found[f"{name}.svg"] = draw(held)
    return found


def _throughput(workloads: Mapping[str, Mapping[str, Cell]]) -> str:
    cells = {workload: variants[HEAD.label] for workload, variants in workloads.items() if HEAD.label in variants}
    groups = {workload: _to_echo(cell) for workload, cell in cells.items()}
    return svg.bars(
        "Answers a second on one core, by workload", f"share of the C echo's rate; {HEAD.label}", groups, SERVERS
    )


def _to_echo(cell: Cell) -> dict[str, Spread]:
    return {name: ratio(figures["qps"], cell["echo"]["qps"]) for name, figures in cell.items() if "echo" in cell}


def _latency(cell: Cell) -> str:
    groups = {figure.removesuffix("_us"): _by_server(cell, figure) for figure in ("p50_us", "p99_us")}
    return svg.bars("Latency at 20,000 questions a second", "microseconds", groups, SERVERS)


def _streams(transports: Mapping[str, Cell]) -> str:
    groups = {transport: _by_server(cell, "qps") for transport, cell in transports.items()}
    return svg.bars("Answers a second over connections", "answers a second", groups, SERVERS)


def _growth(across: str) -> Callable[[Cell], str]:
    def draw(cell: Cell) -> str:
        series = {"mamori": _by_server(cell, "cpu_ns")}
        return svg.lines(
            f"What a query costs as {across} grow", "nanoseconds of processor time", across, series, SERVERS
        )

    return draw


def _loading(entries: Mapping[str, Cell]) -> str:
    servers = dict.fromkeys(name for cell in entries.values() for name in cell)
    series = {
        name: {count: Spread.of(cell[name]["cpu_seconds"]) for count, cell in entries.items() if name in cell}
        for name in servers
    }
    return svg.lines("Taking up a list", "seconds of processor time", "entries", series, SERVERS)


def _swap(cell: Cell) -> str:
    groups = {figure.removesuffix("_us"): _by_server(cell, figure) for figure in ("p50_us", "p99_us", "p999_us")}
    return svg.bars("A new version of a million entries at 5,000 questions a second", "microseconds", groups)


def _by_server(cell: Cell, figure: str) -> dict[str, Spread]:
    return {name: Spread.of(figures[figure]) for name, figures in cell.items()}


_PLOTS: dict[str, Callable[..., str]] = {
    "throughput": _throughput,
    "latency": _latency,
    "streams": _streams,
    "growth-entries": _growth("entries"),
    "growth-clients": _growth("clients"),
    "loading": _loading,
    "swap": _swap,
}
