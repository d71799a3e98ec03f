"""A snapshot for tests."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from resolver.edge.supervision.latency import Latency, Spread
from resolver.edge.supervision.list_board import ListView
from resolver.edge.supervision.snapshot import PreflightView, ReleaseView, Snapshot
from resolver.edge.supervision.tally import Labels, Tally
from resolver.edge.supervision.usage import Usage

LIST = ListView("demo", version=3, entries=21, known_version=3, age_seconds=12.4, last_outcome="updated")
SNAPSHOT = Snapshot(
    ready=True,
    reason="answering",
    uptime_seconds=90_000.2,
    generation=4,
    slots=2,
    serving=2,
    spares=1,
    steering="",
    updater_up=True,
    totals=Tally(Labels(("127.0.0.1:5301",), ("demo",))).totals(),
    lists=(LIST,),
    latencies={"demo": Latency(Spread().with_one(18), Spread())},
    clock_suspect=False,
    audit_failing=False,
    deaths={("worker", "sigkill"): 2},
    faults={"updater": 1},
    usage=(Usage(3, 1024 * 1024, 16), Usage()),
    release=ReleaseView(False, 86_400, 0.0, {"demo": 0}),
    version="1.0",
    answering=True,
    draining=False,
    certificate_not_after=1_800_000_000.0,
    preflight=PreflightView("passed", 1_800_000_000.0),
)


def snapshot(**more: Any) -> Snapshot:
    return evolve(SNAPSHOT, **more)
