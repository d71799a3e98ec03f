"""Looks wherever the resolver could have left something, and tells where a marker stands that should not."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import frozen

from resolver.edge.supervision import control_client
from tests.secrecy.cast import Cast
from tests.secrecy.stage import DNS, DOH, DOT, HINT, METRICS, NOTICE, Stage, series
from tests.support.cell import INSIDE, OUTSIDE
from tests.support.markers import found, found_in_files
from tests.support.wiretap import Flow

ROOT = Path(__file__).parents[2]
METRICS_PAGE = ROOT / "docs/operators/metrics.md"
_OURS = {*INSIDE, "127.0.0.1", "::1"}
_ENCRYPTED = (DOT, DOH)
_PACKED = "(packed)"  # four bytes may stand in what looks random, so they are no proof there
_AT_PROC = ("cmdline", "environ", "status", "comm", "stat", "wchan", "maps", "cgroup")


@frozen
class Finding:
    """Where something stands that should not, and what: a kind of name, `client` for an address, with its form."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


def leaks(stage: Stage) -> set[Finding]:
    """Everything that is wrong, as places with what stands there. Call it while the daemon runs, and once it ended."""
    told: set[Finding] = set()
    markers = [*stage.cast.labels.values(), *stage.cast.clients]
    for place, data in _places(stage):
        told |= _findings(place, stage.cast, found(data, markers))
    told |= _written(stage, markers)
    told |= set(_sent(stage, markers))
    return told | {Finding("query to an upstream", f"EDNS option {each}") for each in stage.upstream.strange}


def running_leaks(stage: Stage) -> set[Finding]:
    """What only a running daemon shows: its pages, its status, its processes. All of `leaks` too."""
    stage.hear("status", json.dumps(control_client.ask(stage.daemon.state, "status"), ensure_ascii=False))
    metrics = stage.daemon.page("/metrics")
    stage.hear("/metrics", metrics)
    stage.hear("/ready", stage.daemon.page("/ready"))
    _look_at_processes(stage)
    return leaks(stage) | set(_strange_series(stage, metrics.partition("\n\n")[2]))


def _places(stage: Stage) -> Iterator[tuple[str, bytes]]:
    yield "journal", stage.daemon.text().encode()
    yield "syslog", stage.cell.syslog()
    yield "kernel log", subprocess.run(["dmesg"], capture_output=True, check=False).stdout
    for place, said in stage.heard.items():
        yield place, b"\n".join(said)


def _written(stage: Stage, markers: list[str]) -> set[Finding]:
    """Files of the daemon's own folder, and whatever was written anywhere else, kept or not."""
    told: set[Finding] = set()
    for folder in (stage.daemon.folder, stage.cell.written):
        for hit in found_in_files(folder, markers):
            path, _, rest = hit.partition(": ")
            if _PACKED not in rest or not path.startswith("state/"):  # what is sealed looks random
                told |= _findings(f"file {path}", stage.cast, {rest})
    for path in sorted(stage.cell.written.rglob("*")):
        short = str(path.relative_to(stage.cell.written))
        if short not in stage.written_at_start:
            told.add(Finding(f"file {short}", "written outside of the state folder"))
    return told


def _look_at_processes(stage: Stage) -> None:
    """Names, arguments, environment, mapped files and open files of every process."""
    for kind, process in stage.daemon.processes():
        folder = Path(f"/proc/{process.pid}")
        for name in _AT_PROC:
            stage.hear(f"/proc of the {kind}: {name}", _content(folder / name))
        stage.hear(f"/proc of the {kind}: fd", *map(_link, folder.glob("fd/*")))
        stage.hear(f"/proc of the {kind}: thread names", *map(_content, folder.glob("task/*/comm")))


def _content(path: Path) -> bytes:
    """Nothing where it has ended meanwhile."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def _sent(stage: Stage, markers: list[str]) -> Iterator[Finding]:
    """Packets: answers hold what that client asked, queries to the upstream hold names, nothing else holds anything."""
    for flow, payload in stage.tap.flows.items():
        place, names_allowed, to_client = _judged(stage, flow)
        if place is None:
            continue
        hits = found(payload, markers)
        if not to_client:
            hits |= found(f"{flow.source} {flow.target}".encode(), markers)
        if flow.source[1] in _ENCRYPTED or flow.target[1] in _ENCRYPTED:
            hits = {hit for hit in hits if _PACKED not in hit}
        yield from _findings(place, stage.cast, {hit for hit in hits if hit.partition(" ")[0] not in names_allowed})


def _judged(stage: Stage, flow: Flow) -> tuple[str | None, set[str], bool]:
    """What a flow is called, the labels it may hold, and whether it goes to a client. No name: a client's, or ours."""
    every = set(stage.cast.labels.values())
    if flow.target[0] in OUTSIDE and (flow.target[1] == DNS or flow.target[1] == 0):
        return "query to an upstream", every, False
    if flow.target[1] in (DNS, DOT, DOH, HINT) and flow.target[0] in _OURS:
        return None, every, False  # the operator's `probe` and `ask`, and self-tests
    if flow.target[1] == METRICS and flow.interface == "lo":
        return None, every, False  # what this test asks
    if flow.source[1] in (DNS, DOT, DOH, NOTICE) and flow.source[0] in _OURS:
        asked = every if flow.target[0] in _OURS else stage.asked.get(flow.target[0], set())
        return f"answer from port {flow.source[1]}", asked if flow.source[1] != NOTICE else set(), True
    return f"packet over {flow.interface} to port {flow.target[1]}", set(), False


def _strange_series(stage: Stage, metrics: str) -> Iterator[Finding]:
    """No series comes up by what is asked, and none is unknown to the operators' page."""
    for each in sorted(series(metrics) - stage.series_at_start):
        yield Finding("/metrics", f"a series that was not there at the start: {re.sub('=.*', '', each)}")
    known = METRICS_PAGE.read_text()
    for name in sorted({re.sub(r"_(total|bucket|count|sum)$", "", each.partition("{")[0]) for each in series(metrics)}):
        if name not in known:
            yield Finding("/metrics", f"a series nobody documented: {name}")


def _findings(place: str, cast: Cast, hits: Iterable[str]) -> set[Finding]:
    return {Finding(place, what) for what in cast.kinds(hits)}
