"""`make bench`: Mamori beside unbound, dnsdist and pdns-recursor on this machine, in interleaved rounds.

Servers have the first core and the generator the second (bench/native). Absolute figures of a shared machine drift; the
ratios of the same round are what counts. Prints tables; the last line is JSON: ratios to the echo that does nothing but
read and send, to dnsdist and to unbound. docs/performance.md says how to read them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from bench.build import BuildFault
from bench.generator import LoadFault
from bench.peers.tools import ToolMissing
from bench.report import Document, lost, ratio_table, summary, throughput_table, unsaturated
from bench.stage import SERVERS, Stage, versions
from bench.throughput import throughput
from bench.workloads import HEAD, LISTED, VARIANTS, WORKLOADS

QUICK_ROUNDS, ROUNDS = 3, 7
QUICK_SERVERS = SERVERS[:-1]
FEW_LISTED = 1_000


def main() -> int:
    arguments = _arguments()
    try:
        with tempfile.TemporaryDirectory() as folder:
            stage = Stage(Path(folder), _listed(arguments))
            try:
                document = measured(stage, arguments)
            finally:
                stage.close()
    except (BuildFault, LoadFault, ToolMissing) as fault:
        print(f"bench: {fault}", file=sys.stderr)
        return 1
    print("\n".join(told(document)))
    print(json.dumps(summary(document)))
    return 0


def measured(stage: Stage, arguments: argparse.Namespace) -> Document:
    servers = tuple(arguments.servers or (QUICK_SERVERS if arguments.quick else SERVERS))
    document: Document = {"versions": versions(servers), "rounds": arguments.rounds, "seconds": arguments.seconds}
    workloads = [name for name in WORKLOADS if name in (arguments.only or WORKLOADS)]
    variants = (HEAD,) if arguments.quick else VARIANTS
    document["throughput"] = throughput(stage, servers, workloads, arguments.rounds, arguments.seconds, variants)
    return document


def _listed(arguments: argparse.Namespace) -> int:
    """Entries of the list: a short one where no listed name is asked for, so that a quick look starts quickly."""
    asks_none = arguments.quick and not any("listed" in name for name in arguments.only or WORKLOADS)
    return FEW_LISTED if asks_none else LISTED


def told(document: Document) -> list[str]:
    lines = ["", ", ".join(f"{name} {version}" for name, version in document["versions"].items())]
    workloads = document["throughput"]
    lines += ["", *throughput_table(workloads), "", *ratio_table(workloads)]
    lines += ["", *(f"NOT SATURATED: {each}" for each in unsaturated(workloads))]
    return lines + [f"LOST: {each}" for each in lost(workloads)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three rounds of the head variant; no recursor")
    parser.add_argument("--only", nargs="+", choices=list(WORKLOADS), help="these workloads only")
    parser.add_argument("--servers", nargs="+", choices=SERVERS, help="these servers only")
    parser.add_argument("--rounds", type=int, help=f"interleaved rounds (default {ROUNDS})")
    parser.add_argument("--seconds", type=float, default=0.4, help="counted time of a measurement (default 0.4 s)")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    return arguments


if __name__ == "__main__":
    sys.exit(main())
