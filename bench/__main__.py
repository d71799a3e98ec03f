"""`make bench`: Mamori beside unbound, dnsdist and pdns-recursor on this machine, in interleaved rounds.

Servers have the first core and the generator the second (bench/native). Absolute figures of a shared machine drift; the
ratios of the same round are what counts. Prints tables; the last line is JSON: ratios to the echo that does nothing but
read and send, to dnsdist and to unbound. docs/performance.md says how to read them.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from bench.build import BuildFault
from bench.features import features
from bench.generator import LoadFault
from bench.growth import growth
from bench.latency import latency
from bench.loading import loading
from bench.page import save, write_page
from bench.peers.tools import ToolMissing
from bench.report import Document, summary, told
from bench.stage import SERVERS, Stage, machine, versions
from bench.streams import streams
from bench.swap import swap
from bench.throughput import throughput
from bench.workloads import HEAD, LISTED, VARIANTS, WORKLOADS, Variant

QUICK_ROUNDS, ROUNDS, CLAIM_ROUNDS = 3, 7, 15  # the last: of what claims are made of, whose medians are to stand still
FEW_ROUNDS = 3  # of what takes long and varies little: taking up lists
SECONDS, LONG_SECONDS = 0.4, 1.0  # of a measurement; of one that needs many answers or many connections
QUICK_SERVERS = SERVERS[:-1]
FEW_LISTED = 1_000
SECTIONS = ("features", "latency", "streams", "swap", "growth", "loading")
PROGRAMS_OF = {  # what a section measures and measures with, whatever servers are asked for
    "features": ("unbound", "dnsdist"),
    "streams": ("unbound", "dnsdist", "dnsperf", "h2load"),
    "loading": ("unbound", "dnsdist", "pdns-recursor"),
}


@frozen
class Plan:
    """What is measured, of whom, how often and how long."""

    servers: tuple[str, ...]
    workloads: tuple[str, ...]
    sections: tuple[str, ...]
    rounds: int
    claim_rounds: int
    seconds: float
    quick: bool

    @property
    def listed(self) -> int:
        """Entries of the list: few where no listed name is asked for, so that a quick look starts quickly."""
        return LISTED if not self.quick or any("listed" in name for name in self.workloads) else FEW_LISTED

    def rounds_of(self, variant: Variant) -> int:
        """Claims are made of one variant."""
        return self.claim_rounds if variant == HEAD else self.rounds

    @property
    def programs(self) -> set[str]:
        """Whose versions are told."""
        return {*self.servers, *(name for section in self.sections for name in PROGRAMS_OF.get(section, ()))}


def main(words: list[str] | None = None) -> int:
    arguments = _parser().parse_args(words)
    if arguments.page:
        write_page()
        return 0
    plan = planned(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # no server may outlive the bench
    try:
        with tempfile.TemporaryDirectory() as folder:
            stage = Stage(Path(folder), plan.listed)
            try:
                document = measured(stage, plan)
            finally:
                stage.close()
    except (BuildFault, LoadFault, ToolMissing) as fault:
        print(f"bench: {fault}", file=sys.stderr)
        return 1
    if arguments.plots:
        save(document, arguments.plots)
    print("\n".join(["", *told(document)]))
    print(json.dumps(summary(document)))
    return 0


def measured(stage: Stage, plan: Plan) -> Document:
    """Everything planned, as one document of plain data."""
    document: Document = {"versions": versions(plan.programs), "machine": machine()}
    document |= {"rounds": plan.rounds, "claim_rounds": plan.claim_rounds, "seconds": plan.seconds}
    variants = (HEAD,) if plan.quick else VARIANTS
    document["throughput"] = throughput(stage, plan.servers, plan.workloads, plan.rounds_of, plan.seconds, variants)
    for section in plan.sections:
        document[section] = _SECTIONS[section](stage, plan)
        print(f"  {section}", flush=True)
    return document


_SECTIONS: dict[str, Callable[[Stage, Plan], object]] = {
    "features": lambda stage, plan: features(stage, plan.claim_rounds, plan.seconds),
    "latency": lambda stage, plan: latency(stage, _without_echo(plan), plan.rounds, LONG_SECONDS),
    "streams": lambda stage, plan: streams(stage, plan.rounds, LONG_SECONDS),
    "swap": lambda stage, plan: swap(stage, plan.rounds),
    "growth": lambda stage, plan: growth(stage, plan.claim_rounds, plan.seconds),
    "loading": lambda stage, plan: loading(stage, min(FEW_ROUNDS, plan.rounds)),
}


def planned(arguments: argparse.Namespace) -> Plan:
    """What the options ask for: all of it, the four summed-up workloads when quick, or what is named."""
    usual = list(WORKLOADS)[:4] if arguments.quick else [*WORKLOADS, *SECTIONS]
    only = arguments.only or usual
    usual_rounds = (QUICK_ROUNDS, QUICK_ROUNDS) if arguments.quick else (ROUNDS, CLAIM_ROUNDS)
    rounds, claim_rounds = (arguments.rounds or each for each in usual_rounds)
    return Plan(
        servers=tuple(arguments.servers or (QUICK_SERVERS if arguments.quick else SERVERS)),
        workloads=tuple(name for name in WORKLOADS if name in only),
        sections=tuple(name for name in SECTIONS if name in only),
        rounds=rounds,
        claim_rounds=claim_rounds,
        seconds=arguments.seconds,
        quick=arguments.quick,
    )


def _without_echo(plan: Plan) -> tuple[str, ...]:
    return tuple(name for name in plan.servers if name != "echo")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three rounds, EDNS + DO over IPv4 only, no recursor")
    parser.add_argument("--only", nargs="+", choices=[*WORKLOADS, *SECTIONS], help="these parts only")
    parser.add_argument("--servers", nargs="+", choices=SERVERS, help="these only, of workloads and latency")
    parser.add_argument("--rounds", type=int, help=f"interleaved rounds (default {ROUNDS}, of claims {CLAIM_ROUNDS})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"of a measurement (default {SECONDS})")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="write the figures and SVG plots there")
    parser.add_argument("--page", action="store_true", help="measure nothing: write docs/performance.md's figures anew")
    return parser


if __name__ == "__main__":
    sys.exit(main())
