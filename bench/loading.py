"""What taking up 10,000 to a million entries costs: ours by `bench.lists`, peers by what their start takes longer."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import psutil

from bench.generator import LoadFault
from bench.lists.__main__ import measured
from bench.lists.gauge import MB
from bench.lists.site import published
from bench.peers.asking import is_listed
from bench.peers.dnsdist import Dnsdist
from bench.peers.recursor import Recursor
from bench.peers.server import Server
from bench.peers.unbound import Unbound
from bench.questions import listed_name
from bench.stage import Stage
from bench.throughput import Cell

ENTRIES = (10_000, 100_000, 1_000_000)
PEERS: tuple[type[Server], ...] = (Unbound, Dnsdist, Recursor)
PATIENCE = 120.0  # seconds until a peer must enforce its list


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
    """What its start takes, and what it holds, beyond the same with a list of one entry."""
    bare = started(kind, stage.folder / f"{kind.name}-bare-{entries}", stage.upstream, 1)
    whole = started(kind, stage.folder / f"{kind.name}-{entries}", stage.upstream, entries)
    return {figure: [max(0.0, whole[figure] - bare[figure])] for figure in whole}


def started(kind: type[Server], folder: Path, upstream: int, entries: int) -> dict[str, float]:
    """From the start of the program to its first answer from the list."""
    began = time.monotonic()
    server = kind(folder, upstream, entries)
    try:
        while not is_listed(server.port, listed_name(entries - 1)):
            if time.monotonic() > began + PATIENCE:
                raise LoadFault(f"{kind.name} does not enforce a list of {entries} entries")
        seconds = time.monotonic() - began
        process = psutil.Process(server.target().pid)
        cpu, held = sum(process.cpu_times()[:2]), process.memory_info().rss / MB
        return {"seconds": seconds, "cpu_seconds": cpu, "held_mb": held}
    finally:
        server.stop()
