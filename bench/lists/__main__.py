"""`make bench-lists`: what a list of a million entries costs, at an ISP and at the desk.

Each measurement runs in a fresh process, in interleaved rounds; medians are shown. Time drifts on a shared machine, so
the CPU time of taking a list is also given as a ratio to that of one SHA-256 and ChaCha20-Poly1305 pass over its bytes
in the same process.
Memory is what was resident at the highest beyond what the process held before.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from attrs import define

import native
from bench.lists.measures import SMALL, Figures
from bench.lists.site import CHANGES, published

ROOT = Path(__file__).parents[2]
ROUNDS_OF = ("first", "delta", "full", "swap", "lookups")


@define(frozen=True)
class Gate:
    """What a figure of a list of a million entries must not exceed."""

    measure: str
    figure: str
    most: float
    unit: str


GATES = (
    Gate("first", "peak_mb", 60, "MB"),
    Gate("full", "peak_mb", 60, "MB"),
    Gate("delta", "peak_mb", 60, "MB"),
    Gate("delta", "delta_bytes", 15_000, "bytes"),
    Gate("first", "entry_bytes", 36, "bytes"),
)
AIM_SECONDS = 0.4  # of processor time, from the first byte asked for to the index in force, on a quiet machine


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with published(folder, arguments.entries):
            rounds = [{each: measured(each, folder) for each in ROUNDS_OF} for _ in range(arguments.rounds)]
        result = {each: _medians([one[each] for one in rounds]) for each in ROUNDS_OF}
        if arguments.import_lines:
            result["importing"] = measured("importing", folder, arguments.import_lines)
    print(table(result, arguments.entries))
    print(json.dumps(result))
    sys.exit(1 if over(result) else 0)


def measured(name: str, *arguments: object) -> Figures:
    """Run one measurement in a process of its own."""
    command = [sys.executable, "-m", "bench.lists.measures", name, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stderr}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def over(result: Mapping[str, Figures]) -> list[Gate]:
    """Return the gates that the figures exceed."""
    return [gate for gate in GATES if result[gate.measure][gate.figure] > gate.most]


def table(result: Mapping[str, Figures], entries: int) -> str:
    """Return the figures as lines for people."""
    lines = [f"{entries:,} entries, {native.kind()}; take-up aims at {AIM_SECONDS} s of cpu on a quiet machine"]
    takes = {name: result[name] for name in ("first", "full", "delta")}
    lines += [f"{_cost(name, one)}, {one['ratio']:.1f} passes over the file" for name, one in takes.items()]
    lines.append(f"delta of {CHANGES} and {CHANGES} changes: {result['delta']['delta_bytes']:,.0f} bytes")
    swap = result["swap"]
    lines.append(f"swap      {swap['seconds'] * 1e3:7.1f} ms pause ({swap['without_seconds'] * 1e3:.1f} ms without)")
    lines.append(f"index     {result['first']['entry_bytes']:7.1f} bytes an entry, one copy for all workers")
    asked = result["lookups"]
    lines.append(
        f"look-up   {asked['large_ns']:7.0f} ns cpu, {asked['growth']:.2f} of the cost among {SMALL:,} entries"
    )
    if "importing" in result:
        lines.append(_cost("importing", result["importing"]))
    lines += [f"OVER THE GATE: {each.measure} {each.figure} > {each.most:,} {each.unit}" for each in over(result)]
    return "\n".join(lines)


def _cost(name: str, figures: Figures) -> str:
    seconds, cpu, peak = (figures[each] for each in ("seconds", "cpu_seconds", "peak_mb"))
    return f"{name:9} {seconds:7.3f} s ({cpu:.3f} s cpu), peak +{peak:.1f} MB"


def _medians(rounds: list[Figures]) -> Figures:
    return {figure: statistics.median(one[figure] for one in rounds) for figure in rounds[0]}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.lists", description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000, help="records of the list (default 1000000)")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument(
        "--import-lines", type=int, default=1_000_000, help="lines to import (default 1000000, 0: none)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
