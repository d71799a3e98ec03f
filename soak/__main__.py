"""`make soak`: mixed clients, list swaps, reloads, killed workers and an upgrade, on the real daemon on loopback.

The last line is one JSON object: questions, those lost (no answer after three tries of a second), wrong answers,
events, and memory after the first minute. Any other exit code than 0 says that something was not as promised.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from soak.events import Schedule
from soak.stage import SoakFault, Stage

WARM_SECONDS = 60.0  # before memory counts
FLAT = 0.10  # share by which memory may differ from its middle afterwards


def main() -> int:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder), arguments.workers)
        try:
            figures = soak(stage, Schedule.of(arguments.seconds), arguments.rate)
        except SoakFault as fault:
            print(f"the soak failed: {fault}", file=sys.stderr)
            return 1
        finally:
            stage.close()
        is_good = not figures["lost"] and not figures["wrong"] and figures["memory_flat"] is not False
        if not is_good:
            print(stage.daemon.text(), file=sys.stderr)
    print(json.dumps(figures))
    return 0 if is_good else 1


def soak(stage: Stage, schedule: Schedule, rate: int) -> dict[str, object]:
    """Run it; return its figures."""
    done: Counter[str] = Counter()
    memory: list[tuple[float, float]] = []
    began = time.monotonic()
    stage.begin_load(rate, schedule.seconds)
    for second, event in schedule.events():
        _wait_until(began + second)
        if event == "reload":  # the moment that is like every other one of its kind
            memory.append((second, stage.memory_mib()))
            print(f"{second:5.0f} s  memory {memory[-1][1]:.0f} MiB", file=sys.stderr, flush=True)
        getattr(stage, event)()
        done[event] += 1
    _wait_until(began + schedule.seconds)
    figures = stage.end_load()
    if stage.version() <= 1:
        raise SoakFault("no new version of the list came into force")
    return figures | {"seconds": schedule.seconds, "events": dict(done)} | _memory(memory)


def _wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def _memory(samples: list[tuple[float, float]]) -> dict[str, object]:
    """Least and most after the first minute, and whether that counts as flat; null where the soak was too short."""
    counted = [size for second, size in samples if second >= WARM_SECONDS]
    if len(counted) < 2:
        return {"memory_mib": [round(size) for _, size in samples], "memory_flat": None}
    middle = (min(counted) + max(counted)) / 2
    flat = max(counted) - middle <= FLAT * middle
    return {"memory_mib": [round(min(counted)), round(max(counted))], "memory_flat": flat}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="length (default 600 s)")
    parser.add_argument("--rate", type=int, default=2000, help="questions a second (default 2,000)")
    parser.add_argument("--workers", type=int, default=2, help="workers of the resolver (default 2)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
