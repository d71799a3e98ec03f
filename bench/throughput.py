"""Answers a second, by workload, variant and server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from attrs import asdict

from bench.generator import Load, Measured
from bench.questions import Form
from bench.stage import Stage
from bench.workloads import VARIANTS, Variant, written

KEPT = ("qps", "cpu_ns", "busy", "others", "lost")  # of each measurement, for the report
NOT_OF_A_MILLION = {"mamori-pure"}  # its cache would fill for minutes
Cell = dict[str, dict[str, list[float]]]  # server: figure: one value a round


def throughput(
    stage: Stage, servers: Sequence[str], workloads: Iterable[str], rounds: Callable[[Variant], int], seconds: float,
    variants: Sequence[Variant] = VARIANTS,
) -> dict[str, dict[str, Cell]]:  # fmt: skip
    """By workload and variant, each in its own number of rounds."""
    found: dict[str, dict[str, Cell]] = {}
    for workload in workloads:
        names = [name for name in servers if workload != "cached_1m" or name not in NOT_OF_A_MILLION]
        for variant in variants:
            load = Load(written(stage.folder, workload, Form(variant.edns)), seconds)
            told = stage.rounds.interleaved(stage.peers(*names), load, rounds(variant), variant.family)
            found.setdefault(workload, {})[variant.label] = cell(told)
            print(f"  {workload}, {variant.label}", flush=True)
    return found


def cell(told: dict[str, list[Measured]]) -> Cell:
    """What is kept of some rounds."""
    return {server: columns(each) for server, each in told.items()}


def columns(each: Sequence[Measured], names: Sequence[str] = KEPT) -> dict[str, list[float]]:
    """Some figures of measurements, a list each."""
    rows: list[dict[str, Any]] = [asdict(one) for one in each]
    return {name: [row[name] for row in rows] for name in names}
