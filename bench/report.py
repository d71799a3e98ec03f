"""What a run says: tables for people, and the last line for programs."""

from __future__ import annotations

import statistics
from typing import Any

from bench.markdown import markdown
from bench.marks import limited, lost, marked
from bench.ratios import ratio
from bench.tables import TABLES
from bench.throughput import Cell
from bench.verdicts import verdicts
from bench.workloads import HEAD, SUMMED_UP

AGAINST = {"vs_echo": "echo", "vs_dnsdist": "dnsdist", "vs_unbound": "unbound"}
Document = dict[str, Any]


def summary(document: Document) -> dict[str, dict[str, float]]:
    """The last line: medians of the ratios of the head variant, for the workloads that claims are made of."""
    found: dict[str, dict[str, float]] = {}
    for workload in SUMMED_UP:
        cell = document["throughput"].get(workload, {}).get(HEAD.label)
        if cell and "mamori" in cell:
            found[workload] = {
                key: round(ratio(cell["mamori"]["qps"], cell[other]["qps"]).median, 3)
                for key, other in AGAINST.items()
                if other in cell
            }
    return found


def told(document: Document) -> list[str]:
    """All of a run as Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    rounds, claimed = document["rounds"], document["claim_rounds"]
    rounds_told = f"{rounds} interleaved rounds, of {claimed} for {HEAD.label}, growth and all features on"
    lines = [f"{versions}. {document['machine']}. Medians of {rounds_told} (least-most)."]
    found = verdicts(document)
    if found:
        lines += ["", f"Mamori's figure over the other's, {HEAD.label} (of times less is better):", "", *found]
    workloads = document.get("throughput", {})
    if workloads:
        lines += ["", "Answers a second, and the share of the echo's rate:", "", *throughput_table(workloads)]
        lines += ["", "Mamori's rate over another server's in the same round:", "", *ratio_table(workloads)]
        if "mamori-pure" in _servers(workloads):
            lines += ["", "The same of Mamori without the extension:", "", *ratio_table(workloads, "mamori-pure")]
        lines += ["", "Processor nanoseconds for an answer, and how many times the echo's:", "", *cost_table(workloads)]
    for section, table in TABLES.items():
        if document.get(section):
            lines += ["", *table(document[section])]
    measured = workloads | _others(document)
    return [*lines, *limited(measured), *lost(measured)]


def _others(document: Document) -> dict[str, dict[str, Cell]]:
    """What else was measured with the generator, in the form of workloads."""
    named = {"features": "cached, all features on", "latency": "latency", "swap": "swap"}
    return {name: {HEAD.label: document[section]} for section, name in named.items() if document.get(section)}


def throughput_table(workloads: dict[str, dict[str, Cell]]) -> list[str]:
    """Answers a second and the ratio to the echo of the same round, a row a workload and variant."""
    servers = _servers(workloads)
    rows = [["workload", "variant", *servers]]
    for workload, cells in workloads.items():
        rows += [[workload, variant, *(_rate(cell, name) for name in servers)] for variant, cell in cells.items()]
    return markdown(rows)


def cost_table(workloads: dict[str, dict[str, Cell]]) -> list[str]:
    """Processor nanoseconds of the server for one answer, and to the echo's; steady on a busy machine, too."""
    rows = [["workload", "variant", *_servers(workloads)]]
    for workload, cells in workloads.items():
        rows += [[workload, variant, *(_cost(cell, name) for name in rows[0][2:])] for variant, cell in cells.items()]
    return markdown(rows)


def ratio_table(workloads: dict[str, dict[str, Cell]], ours: str = "mamori") -> list[str]:
    """Mamori's rate over that of each other server: median (least-most) of the rounds."""
    rows = [["workload", "variant"]]
    for workload, cells in workloads.items():
        for variant, cell in cells.items():
            mine = cell.get(ours)
            others = [name for name in cell if name != ours]
            rows[0] += [f"/ {name}" for name in others if f"/ {name}" not in rows[0]]
            if mine:
                spreads = {
                    f"/ {name}": marked(ratio(mine["qps"], cell[name]["qps"]).text(), mine, cell[name])
                    for name in others
                }
                rows.append([workload, variant, *(spreads.get(column, "") for column in rows[0][2:])])
    return markdown(rows)


def _servers(workloads: dict[str, dict[str, Cell]]) -> list[str]:
    return list(dict.fromkeys(name for cells in workloads.values() for cell in cells.values() for name in cell))


def _cost(cell: Cell, name: str) -> str:
    if name not in cell:
        return ""
    costs = cell[name]["cpu_ns"]
    text = f"{statistics.median(costs):,.0f}"
    return f"{text} · {ratio(costs, cell['echo']['cpu_ns']).median:.2f}" if "echo" in cell else text


def _rate(cell: Cell, name: str) -> str:
    if name not in cell:
        return ""
    rates = cell[name]["qps"]
    text = f"{statistics.median(rates) / 1000:,.0f} k"
    return marked(f"{text} · {ratio(rates, cell['echo']['qps']).median:.2f}" if "echo" in cell else text, cell[name])
