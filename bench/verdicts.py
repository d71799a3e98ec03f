"""Where Mamori wins, and where it does not: its figure beside each other server's in the same rounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.marks import marked
from bench.ratios import Spread, ratio
from bench.throughput import Cell
from bench.workloads import HEAD

PEERS = ("unbound", "dnsdist", "pdns-recursor")
Verdict = tuple[Spread, str]  # how many times as good as the other; in words, of what and of whom


def verdicts(document: dict[str, Any]) -> list[str]:
    """Three lists: ahead in every round, now this and now that, behind in every round. One is equal."""
    found = list(_all(document))
    kinds = {
        "Ahead in every round": [words for spread, words in found if spread.low > 1],
        "Ahead in some rounds, behind in others": [words for spread, words in found if spread.low <= 1 <= spread.high],
        "Behind in every round": [words for spread, words in found if spread.high < 1],
    }
    return [f"- **{kind}:** {'; '.join(words)}." for kind, words in kinds.items() if words]


def _all(document: dict[str, Any]) -> Iterator[Verdict]:
    for workload, variants in document.get("throughput", {}).items():
        yield from _rates(f"`{workload}`", variants.get(HEAD.label, {}))
    yield from _rates("all features on", document.get("features", {}))
    for transport, cell in document.get("streams", {}).items():
        yield from _rates({"tcp": "TCP", "dot": "DoT", "doh": "DoH"}[transport], cell)
    for figure in ("p50", "p99"):
        yield from _times(f"{figure} at a fixed rate", document.get("latency", {}), f"{figure}_us")


def _rates(what: str, cell: Cell) -> Iterator[Verdict]:
    """More is better."""
    for ours, theirs, name in _pairs(cell):
        spread = ratio(ours["qps"], theirs["qps"])
        yield spread, marked(f"{what} {spread.text()} x {name}", ours, theirs)


def _times(what: str, cell: Cell, figure: str) -> Iterator[Verdict]:
    """Less is better: theirs over ours."""
    for ours, theirs, name in _pairs(cell):
        words = f"{what} {ratio(ours[figure], theirs[figure]).text()} x {name}'s"
        yield ratio(theirs[figure], ours[figure]), marked(words, ours, theirs)


def _pairs(cell: Cell) -> Iterator[tuple[dict[str, list[float]], dict[str, list[float]], str]]:
    """Our figures, theirs and their name. What stands behind a plus sign is a setting."""
    ours = next((figures for name, figures in cell.items() if name.partition("+")[0] == "mamori"), None)
    for name, figures in cell.items():
        if ours is not None and name.partition("+")[0] in PEERS:
            yield ours, figures, name.partition("+")[0]
