"""One resolver from an empty cache through the whole trace, and what its metrics say then."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from tests.support.daemon import Daemon
from tests.support.processes import Child
from tests.support.tools import require

ROOT = Path(__file__).parents[2]
SOCKETS = 400  # of the load generator: as if so many customers asked
IN_FLIGHT = 100  # queries; few enough that none is ever dropped
ROOM_FOR_ALL = 1 << 30  # bytes of cache a worker, so that no name is ever put out


@frozen
class Setup:
    """What is compared."""

    workers: int
    steering: str


@frozen
class Figures:
    """What came of one setup."""

    queries: int
    hits: int
    upstream: int  # queries sent there
    lost: int
    busiest: float  # share of the processor time that the worker with most to do had
    steered: bool

    @property
    def hit_rate(self) -> float:
        return self.hits / self.queries


@contextmanager
def upstream(folder: Path) -> Iterator[str]:
    """An answerer in a process of its own, and its address."""
    child = Child([sys.executable, "-m", "bench.hit_rate.answerer"], folder / "answerer.out", cwd=ROOT)
    try:
        child.wait_for(lambda: child.text().endswith("\n"), "the answerer")
        yield f"127.0.0.1:{int(child.text())}"
    finally:
        child.stop()


def measure(folder: Path, address: str, setup: Setup, trace: Path, cache_bytes: int = ROOM_FOR_ALL) -> Figures:
    """Start a resolver, ask all of `trace`, stop it."""
    cache = {"bytes": cache_bytes}
    daemon = Daemon(folder, address, [], workers=setup.workers, steering=setup.steering, cache=cache).start()
    try:
        before = _processor_seconds(daemon)
        queries, lost = _ask(trace, daemon.port)
        after = _processor_seconds(daemon)
        used = [after[pid] - before[pid] for pid in before]
        return Figures(
            queries=queries,
            hits=int(daemon.metric("mamori_cache_hits_total")),
            upstream=_sum(daemon.metrics(), "mamori_upstream_queries_total"),
            lost=lost,
            busiest=max(used) / sum(used),
            steered=daemon.metric("mamori_steering") == 1,
        )
    finally:
        daemon.stop()


def _ask(trace: Path, port: int) -> tuple[int, int]:
    """Ask every line once; return how many were asked, and how many were not answered."""
    command = [require("dnsperf")["dnsperf"], "-s", "127.0.0.1", "-p", str(port), "-d", str(trace), "-n", "1"]
    command += ["-c", str(SOCKETS), "-q", str(IN_FLIGHT)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    numbers = [re.search(rf"Queries {word}:\s+(\d+)", output) for word in ("sent", "lost")]
    sent, lost = (int(found[1]) for found in numbers if found)
    return sent, lost


def _processor_seconds(daemon: Daemon) -> dict[int, float]:
    return {process.pid: sum(process.cpu_times()[:2]) for process in daemon.children("worker")}


def _sum(metrics: str, series: str) -> int:
    """A series over all its labels."""
    found = re.findall(rf"^{series}\{{[^}}]*\}} (\S+)$", metrics, re.MULTILINE)
    return round(sum(float(value) for value in found))
