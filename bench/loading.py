"""What taking up 10,000 to a million entries costs: ours by `bench.lists`, peers from start to first answer."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import psutil

from bench.lists.__main__ import measured
from bench.lists.gauge import MB
from bench.lists.site import published
from bench.peers.asking import answered
from bench.peers.dnsdist import Dnsdist
from bench.peers.recursor import Recursor
from bench.peers.server import Server
from bench.peers.unbound import Unbound
from bench.questions import listed_name
from bench.stage import Stage
from bench.throughput import Cell

ENTRIES = (10_000, 100_000, 1_000_000)
PEERS: tuple[type[Server], ...] = (Unbound, Dnsdist, Recursor)
PATIENCE = 120.0  # seconds until a peer must answer for a listed name


def loading(stage: Stage, rounds: int, entries: tuple[int, ...] = ENTRIES) -> dict[str, Cell]:
    """By entries, then by server: seconds, processor seconds, megabytes."""
    found: dict[str, Cell] = {}
    for count in entries:
        found[str(count)] = {"mamori": _ours(count, rounds)}
        for kind in PEERS:
            found[str(count)][kind.name] = _theirs(kind, stage, count)
    return found


def _ours(entries: int, rounds: int) -> dict[str, list[float]]:
    """From the first byte asked for to the index; a worker's pause when it takes it up."""
    with tempfile.TemporaryDirectory() as name, published(Path(name), entries):
        takes = [measured("first", Path(name)) for _ in range(rounds)]
        swaps = [measured("swap", Path(name)) for _ in range(rounds)]
    return {
        "seconds": [one["seconds"] for one in takes],
        "cpu_seconds": [one["cpu_seconds"] for one in takes],
        "peak_mb": [one["peak_mb"] for one in takes],
        "held_mb": [one["index_mb"] for one in takes],
        "pause_ms": [one["seconds"] * 1e3 for one in swaps],
    }


def _theirs(kind: type[Server], stage: Stage, entries: int) -> dict[str, list[float]]:
    """From the start of the program to its first answer for a listed name; what it holds more than without a list."""
    bare, _, _ = _started(kind, stage, stage.folder / f"{kind.name}-bare-{entries}", 1)
    held, seconds, cpu = _started(kind, stage, stage.folder / f"{kind.name}-{entries}", entries)
    return {"seconds": [seconds], "cpu_seconds": [cpu], "held_mb": [held - bare]}


def _started(kind: type[Server], stage: Stage, folder: Path, entries: int) -> tuple[float, float, float]:
    """(resident megabytes, seconds, processor seconds)."""
    began = time.monotonic()
    server = kind(folder, stage.upstream, entries)
    try:
        while answered("127.0.0.1", server.port, listed_name(entries - 1)) is None:
            if time.monotonic() > began + PATIENCE:
                raise TimeoutError(f"{kind.name} does not answer for a list of {entries} entries")
        seconds = time.monotonic() - began
        process = psutil.Process(server.target().pid)
        return process.memory_info().rss / MB, seconds, sum(process.cpu_times()[:2])
    finally:
        server.stop()
