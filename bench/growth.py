"""What a query costs the server's core as entries, clients and workers grow; what clients cost the echo: the kernel."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import psutil
from attrs import evolve

from bench.generator import Load, Measured
from bench.lists.gauge import MB
from bench.peers.mamori import Mamori
from bench.questions import Form, Question, kept, listed, write
from bench.stage import Stage
from bench.throughput import Cell, columns

ENTRIES = (1_000, 10_000, 100_000, 1_000_000)
CLIENTS = (1, 10, 100, 1_000, 10_000)
WORKERS = (1, 2)
FEW = 1_000  # names that stand behind entries; the others are tokens only
SHARED_ENTRIES = 100_000  # of the list that one worker and two have
FIGURES = ("cpu_ns", "qps", "busy")


def growth(stage: Stage, rounds: int, seconds: float, entries: tuple[int, ...] = ENTRIES) -> dict[str, Cell]:
    """By what grows, then by how many of it there are."""
    load = Load(_half_listed(stage.folder / "growth"), seconds)
    found = {"entries": _entries(stage, load, rounds, entries)}
    found |= _clients(stage, load, rounds)
    found["workers"] = _workers(stage, load, rounds)
    return found


def _entries(stage: Stage, load: Load, rounds: int, entries: tuple[int, ...]) -> Cell:
    with ExitStack() as ends:
        peers = []
        for count in entries:
            mamori = Mamori(stage.folder / f"entries-{count}", stage.upstream, FEW, filler=count - FEW)
            ends.callback(mamori.stop)
            mamori.name = str(count)
            peers.append(mamori)
        told = stage.rounds.interleaved(peers, load, rounds)
        held = {peer.name: held_mb(peer) for peer in peers}
    return {count: columns(each, FIGURES) | held[count] for count, each in told.items()}


def _clients(stage: Stage, load: Load, rounds: int) -> dict[str, Cell]:
    """One datagram a send, since segments of one share their client."""
    loads = {str(count): Load(load.questions, load.seconds, clients=count, segments=1) for count in CLIENTS}
    mamori, echo = stage.peers("mamori", "echo")
    parts = {"clients": mamori, "clients of the echo": echo}
    found: dict[str, dict[str, list[Measured]]] = {part: {count: [] for count in loads} for part in parts}
    for count, each in loads.items():  # every client is known before it is measured
        stage.rounds.warm(mamori, evolve(each, once=max(2 * FEW, int(count))))
    for _ in range(rounds):
        for count, each in loads.items():
            for part, peer in parts.items():
                found[part][count].append(stage.rounds.measure(peer, each))
    return {part: {count: columns(each, FIGURES) for count, each in counts.items()} for part, counts in found.items()}


def _workers(stage: Stage, load: Load, rounds: int) -> Cell:
    """Processor time of all workers: of two on two cores one shares its core with the generator.

    One datagram a send, since segments of one send all go to the worker of the first.
    """
    load = evolve(load, segments=1)
    with ExitStack() as ends:
        found: Cell = {}
        running = {}
        for count in WORKERS:
            folder, filler = stage.folder / f"workers-{count}", SHARED_ENTRIES - FEW
            running[count] = Mamori(folder, stage.upstream, FEW, filler=filler, workers=count)
            ends.callback(running[count].stop)
            stage.rounds.warm(running[count], load)
            found[str(count)] = {"cpu_ns": []}
        for _ in range(rounds):
            for count, mamori in running.items():
                found[str(count)]["cpu_ns"].append(_cost_of_all(stage, mamori, load))
        for count, mamori in running.items():
            found[str(count)] |= held_mb(mamori)
    return found


def held_mb(mamori: Mamori) -> dict[str, list[float]]:
    """Megabytes of the index, and those that the busiest worker shares with nobody."""
    worker = psutil.Process(mamori.target().pid)
    return {"index_mb": [mamori.index_mb()], "own_mb": [worker.memory_full_info().uss / MB]}


def _cost_of_all(stage: Stage, mamori: Mamori, load: Load) -> float:
    """Nanoseconds of all workers for one question."""
    workers = mamori.daemon.children("worker")
    before = sum(map(worked_ns, workers))
    told = stage.rounds.measure(mamori, load)
    return (sum(map(worked_ns, workers)) - before) / told.sent


def worked_ns(process: psutil.Process) -> int:
    """Processor time of a process with all its threads (/proc/PID/task/TID/schedstat)."""
    tasks = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks)


def _half_listed(path: Path) -> Path:
    """Kept and listed names in turn, a thousand of each."""
    questions: list[Question] = [each for number in range(FEW) for each in (kept(number), listed(number))]
    return write(path, questions, Form())
