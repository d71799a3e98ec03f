"""Looks wherever the resolver could have left something, and tells where a marker stands that should not."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import field, frozen

from resolver.edge.supervision import control_client
from tests.secrecy import announced
from tests.secrecy.cast import Cast
from tests.secrecy.stage import DNS, DOH, DOT, METRICS, NOTICE, Stage, series
from tests.support.cell import INSIDE, OUTSIDE
from tests.support.markers import digested, found, found_in_files
from tests.support.wiretap import Flow

ROOT = Path(__file__).parents[2]
METRICS_PAGE = ROOT / "docs/operators/metrics.md"
INSTALLED = "venv"  # the folder of the copy that is watched, if it is one
_STATE = re.compile(
    r"audit\.jsonl|control\.sock|exemptions\.sealed(\.lock|\.reserve)?|had-list|(host|subscriber)\.key|ledger\.jsonl|"
    r"ledger-day\.json|lock|(preflight|release)\.json|lists(/demo(/(reserve|state\.sealed|versions(/\d+\.sealed)?|"
    r"tuf(/root_history)?(/[\w.]+\.json)?))?)?|[\w./-]+\.new"  # the last: aside, where a writer was broken off
)  # all that a state folder holds
_OURS = {*INSIDE, "127.0.0.1", "::1"}
_ENCRYPTED = (DOT, DOH)
_PACKED = "(packed)"  # four bytes may stand in what looks random, so they are no proof there
_AS_ASKED = ("(text)", "(wire)")
_ICMP = 0  # as a port
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
    for place, data in _places(stage):
        told |= _findings(place, stage.cast, _hits(data, stage))
    told |= _written(stage) | set(_sent(stage)) | set(_told_to_clients(stage))
    return told | {Finding("query to an upstream", each) for each in stage.upstream.strange}


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
    yield "announced", _content(stage.folder / announced.FILE)
    yield "kernel log", subprocess.run(["dmesg"], capture_output=True, check=False).stdout
    for place, said in stage.heard.items():
        yield place, b"\n".join(said)


def _written(stage: Stage) -> set[Finding]:
    """Files of the daemon's own folder, and whatever was written anywhere else, kept or not."""
    told: set[Finding] = set()
    for folder in (stage.daemon.folder, stage.cell.written, stage.cell.beside):
        for hit in found_in_files(folder, stage.cast.markers):
            path, _, rest = hit.partition(": ")
            if _PACKED not in rest or not path.startswith("state/"):  # what is sealed looks random
                told |= _findings(f"file {path}", stage.cast, {rest})
    for path in sorted(stage.cell.written.rglob("*")):
        short = str(path.relative_to(stage.cell.written))
        if short not in stage.written_at_start:
            told.add(Finding(f"file {short}", "written outside of the state folder"))
    for path in stage.daemon.state.rglob("*"):
        if not _STATE.fullmatch(short := str(path.relative_to(stage.daemon.state))):
            told.add(Finding(f"file state/{short}", "unknown: what it holds may be in any form"))
    for path in (stage.folder / INSTALLED).glob("code*/**/*"):
        short = path.relative_to(stage.folder / INSTALLED)
        is_ours = (ROOT / Path(*short.parts[1:])).exists() or path.match("*.dist-info*") or path.match("*.dist-info/*")
        if not is_ours and path.suffix != ".pyc" and path.name != "__pycache__":
            told.add(Finding(f"file {path.name}", "written beside the code"))
    return told


def _look_at_processes(stage: Stage) -> None:
    """Names, arguments, environment, mapped files and open files of every process."""
    for kind, process in stage.daemon.processes():
        folder = Path(f"/proc/{process.pid}")
        for name in _AT_PROC:
            stage.hear(f"/proc of the {kind}: {name}", _content(folder / name))
        stage.hear(f"/proc of the {kind}: fd", *map(_link, folder.glob("fd/*")))
        stage.hear(f"nameless file of the {kind}", *map(_nameless, folder.glob("fd/*")))
        stage.hear(f"/proc of the {kind}: thread names", *map(_content, folder.glob("task/*/comm")))


def _content(path: Path) -> bytes:
    """Nothing where it has ended meanwhile."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _nameless(path: Path) -> bytes:
    """The content of an open file that stands in no folder: made in memory, or removed."""
    link = _link(path)
    is_file = link.startswith("/memfd:") or (link.endswith(" (deleted)") and path.is_file())
    return _content(path) if is_file else b""


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


@frozen
class _Rule:
    """What a kind of packet is called, and the labels that may stand in it as they are: in no other form."""

    place: str
    allowed: set[str] = field(factory=set)
    to_client: bool = False
    to_stranger: bool = False

    def forbids(self, hit: str) -> bool:
        marker, _, form = hit.partition(" ")
        return marker not in self.allowed or form not in _AS_ASKED


def _sent(stage: Stage) -> Iterator[Finding]:
    """Packets: answers hold what that client asked, queries to the upstream hold names, nothing else holds anything."""
    for flow, payload in stage.tap.flows.items():
        rule = _rule(stage, flow)
        if rule is None:
            continue
        hits = set(_hits(payload, stage))
        if rule.to_stranger:
            yield Finding(rule.place, "to a stranger")
        if not rule.to_client:
            hits |= found(f"{flow.source} {flow.target}".encode(), stage.cast.markers)
        if flow.source[1] in _ENCRYPTED or flow.target[1] in _ENCRYPTED:
            hits = {hit for hit in hits if _PACKED not in hit}
        yield from _findings(rule.place, stage.cast, filter(rule.forbids, hits))


def _rule(stage: Stage, flow: Flow) -> _Rule | None:
    """By where a flow goes to and comes from; none for what this test itself asks."""
    if flow.target[0] in OUTSIDE and flow.target[1] in (DNS, _ICMP):
        return _Rule("query to an upstream", set(stage.cast.labels.values()))
    ours = {stage.cast["probe"], stage.cast["ask"]}  # what the operator's own commands ask
    if flow.source[1] in (DNS, DOT, DOH, NOTICE) and flow.source[0] in _OURS:
        asked = ours if flow.target[0] in _OURS else stage.asked.get(flow.target[0], set())
        return _Rule(f"answer from port {flow.source[1]}", asked if flow.source[1] != NOTICE else set(), to_client=True)
    place = f"packet over {flow.interface} to port {flow.target[1]}"
    if flow.interface != "lo" and not flow.target[0].startswith("ff02:"):  # which groups we are in, says the kernel
        is_icmp = flow.target[0] in stage.cast.clients and flow.target[1] == _ICMP
        return _Rule(place, to_client=is_icmp, to_stranger=not is_icmp)
    if flow.target[1] == METRICS:
        return None
    return _Rule(place, ours if flow.target[1] == DNS else set())


def _told_to_clients(stage: Stage) -> Iterator[Finding]:
    """What our own clients read within TLS: names as they asked them, and nothing else."""
    rule = _Rule("answer within TLS", set(stage.cast.labels.values()))
    hits = _hits(b"\n".join(stage.read_in_tls), stage)
    yield from _findings(rule.place, stage.cast, filter(rule.forbids, {hit for hit in hits if _PACKED not in hit}))


def _hits(data: bytes, stage: Stage) -> set[str]:
    """Searched once: most of it is there again in the search after the end."""
    if data not in stage.searched:
        stage.searched[data] = found(data, stage.cast.markers) | digested(data, stage.cast.names)
    return stage.searched[data]


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
