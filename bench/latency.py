"""Latency where nobody is busy: a fixed rate over kept names, from handing a question over to the kernel's stamp."""

from __future__ import annotations

from collections.abc import Sequence

from bench.generator import Load
from bench.questions import Form
from bench.stage import Stage
from bench.throughput import Cell, columns
from bench.workloads import written

RATE = 20_000  # questions a second
FIGURES = ("p50_us", "p99_us", "p999_us", "most_us", "cpu_share", "others", "lost")
SLOTS = 8192  # questions in flight: 0.4 s of them


def latency(stage: Stage, servers: Sequence[str], rounds: int, seconds: float) -> Cell:
    """By server."""
    load = Load(written(stage.folder, "cached", Form()), seconds, RATE, window=SLOTS, segments=1, idle_us=0)
    told = stage.rounds.interleaved(stage.peers(*servers), load, rounds)
    return {server: columns(each, FIGURES) for server, each in told.items()}
