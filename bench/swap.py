"""A new version of a list of a million entries while clients ask: the slowest answers with it and without it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from attrs import evolve

from bench.generator import Load, LoadFault, Measured
from bench.peers.mamori import Mamori
from bench.questions import Form
from bench.stage import Stage
from bench.throughput import Cell, columns
from bench.workloads import written

ENTRIES = 1_000_000
RATE = 5_000  # questions a second
FEW = 1_000  # names that stand behind entries; the others are tokens only
CHANGES = 500  # entries more in each version
SLOTS = 8192
IDLE_US = 100  # the generator leaves its core to the updater; the kernel's stamps tell when answers came
PATIENCE = 60.0  # seconds a version may take into force
FIGURES = ("p50_us", "p99_us", "p999_us", "most_us", "others", "lost")


def swap(stage: Stage, rounds: int, entries: int = ENTRIES) -> Cell:
    """Two rows, `quiet` and `swap`: in each round one run of equal length without and one with a new version."""
    mamori = Mamori(stage.folder / "swap", stage.upstream, FEW, filler=entries - FEW)
    try:
        load = Load(written(stage.folder, "cached", Form()), 1.0, RATE, window=SLOTS, segments=1, idle_us=IDLE_US)
        stage.rounds.warm(mamori, load)
        load = evolve(load, seconds=max(1.0, 1.5 * _seconds_into_force(mamori)))
        found: dict[str, list[Measured]] = {"quiet": [], "swap": []}
        for _ in range(rounds):
            found["quiet"].append(stage.rounds.measure(mamori, load))
            found["swap"].append(_while_swapped(stage, mamori, load))
        return {name: columns(each, FIGURES) for name, each in found.items()}
    finally:
        mamori.stop()


def _seconds_into_force(mamori: Mamori) -> float:
    name, began = mamori.publish(CHANGES), time.monotonic()
    mamori.announce()
    while not mamori.is_listed(name):
        if time.monotonic() > began + PATIENCE:
            raise LoadFault(f"a new version did not come into force within {PATIENCE:.0f} s")
        time.sleep(0.05)
    return time.monotonic() - began


def _while_swapped(stage: Stage, mamori: Mamori, load: Load) -> Measured:
    """Measure while a version comes into force; again, for longer, where it took longer than the measurement."""
    for _ in range(3):
        name = mamori.publish(CHANGES)
        with ThreadPoolExecutor(1) as pool:
            measuring = pool.submit(stage.rounds.measure, mamori, load)
            time.sleep(0.2)  # the settling time is over
            mamori.announce()
            told = measuring.result()
        if mamori.is_listed(name):
            return told
        time.sleep(load.seconds)
        load = evolve(load, seconds=2 * load.seconds)
    raise LoadFault(f"a new version did not come into force within {load.seconds:.0f} s under load")
