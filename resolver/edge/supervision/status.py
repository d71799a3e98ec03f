"""`mamori status`: the document, its text for people, and its exit code."""

from datetime import UTC, datetime
from typing import Any, Final

from attrs import asdict

import native
from blocklist.trust.local.preflight import Standing
from resolver.core.trouble import Trouble
from resolver.edge.selftest import SelfTest
from resolver.edge.supervision.latency import Latency
from resolver.edge.supervision.list_board import ListView
from resolver.edge.supervision.snapshot import Snapshot
from resolver.edge.supervision.tally import Totals
from resolver.settings.view_words import view_lines

OK: Final = 0
UPDATE_FAILED: Final = 2

Document = dict[str, Any]


def document(snapshot: Snapshot) -> Document:
    """The status as JSON data. Lists and upstreams are in configuration order."""
    totals = snapshot.totals
    return {
        "ready": snapshot.ready,
        "reason": snapshot.reason,
        "draining": snapshot.draining,
        "version": snapshot.version,
        "uptime_seconds": round(snapshot.uptime_seconds),
        "hit_path": native.kind(),
        "generation": snapshot.generation,
        "workers": {"slots": snapshot.slots, "serving": snapshot.serving, "spare": snapshot.spares},
        "updater": "up" if snapshot.updater_up else "down",
        "clock_suspect": snapshot.clock_suspect,
        "audit_failing": snapshot.audit_failing,
        "ledger_failing": snapshot.ledger_failing,
        "open_resolver": snapshot.open_resolver,
        "certificate_ends": _day(snapshot.certificate_not_after),
        "lists": [_list(view, snapshot.latencies.get(view.list_id, Latency())) for view in snapshot.lists],
        "views": list(snapshot.views),
        "upstreams": [_upstream(name, bool(up), totals) for name, up in totals.upstream_up.items()],
        "steering": {"on": not snapshot.steering, "reason": snapshot.steering},
        "cache": {"hits": totals.cache_hits, "misses": totals.cache_misses, "note": _cache_note(snapshot)},
        "queries": sum(totals.queries.values()),
        "deaths": {kind: _sum(snapshot, kind) for kind in ("worker", "updater", "notice")},
        "faults": [_fault(*place, reports) for place, reports in snapshot.fault_places.items()],
        "preflight": asdict(snapshot.preflight),
        "release": asdict(snapshot.release),
        "exit_code": UPDATE_FAILED if any(view.last_failed for view in snapshot.lists) else OK,
    }


def exit_code(status: Document) -> int:
    """0, or 2 while the last update of any list failed."""
    return int(status["exit_code"])


def text(status: Document) -> str:
    """The document for a terminal."""
    workers = status["workers"]
    lines = [
        _ready_line(status),
        f"up {_duration(status['uptime_seconds'])} · generation {status['generation']} · "
        f"hit path {status['hit_path']} · {status['cache']['note']}",
        f"workers {workers['serving']} of {workers['slots']} serving, {workers['spare']} spare · "
        f"updater {status['updater']}",
        f"queries {status['queries']} · cache hits {status['cache']['hits']}, misses {status['cache']['misses']}",
        *(_upstream_line(each) for each in status["upstreams"]),
        *(_list_line(each) for each in status["lists"]),
        *view_lines(status["views"]),
        _release_line(status["release"]),
        _preflight_line(status["preflight"]),
    ]
    if status["certificate_ends"]:
        lines.append(f"certificate of DoT and DoH until {status['certificate_ends']}")
    if status["clock_suspect"]:
        lines.append("CLOCK SUSPECT: check this machine's time; entries end by trusted time until it is right")
    if status["open_resolver"]:
        lines.append("OPEN RESOLVER: anybody on the Internet is answered (access.open_resolver)")
    if status["ledger_failing"]:
        lines.append("LEDGER CANNOT BE WRITTEN: free the disk; its lines wait in memory")
    if status["audit_failing"]:
        lines.append("AUDIT FILE CANNOT BE WRITTEN: free the disk; what is decided meanwhile is missing from it")
    return "\n".join(lines)


def _ready_line(status: Document) -> str:
    words = status["reason"] + (": /ready says 503, queries are answered" if status["reason"] == "draining" else "")
    return f"{'ready' if status['ready'] else 'NOT READY'}: {words}"


def _day(moment: float | None) -> str | None:
    """The day of a POSIX time, UTC; None without one."""
    return None if moment is None else f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


def _cache_note(snapshot: Snapshot) -> str:
    if snapshot.slots == 1:
        return "one cache"
    if snapshot.steering:
        return f"one cache per worker: names are not steered, {snapshot.steering}"
    return f"one cache in {snapshot.slots} parts: names are steered"


def _upstream(name: str, up: bool, totals: Totals) -> Document:
    return {"name": name, "up": up, "trouble": Trouble(totals.upstream_trouble.get(name, 0)).name.lower()}


def _upstream_line(each: Document) -> str:
    if each["up"]:
        return f"upstream {each['name']} up"
    why = Trouble[each["trouble"].upper()]
    return f"upstream {each['name']} {f'DOWN: {why.text}' if why else 'not asked yet'}"  # no worker serves before READY


def _list(view: ListView, latency: Latency) -> Document:
    return {
        **asdict(view),
        "age_seconds": None if view.age_seconds is None else round(view.age_seconds),
        "staleness": view.staleness,
        "enforcing": view.enforcing,
        "last_failed": view.last_failed,
        "self_test_failed": view.self_test_failed,
        "publish_to_enforce_seconds": latency.publish.last,
        "withdraw_to_enforce_seconds": latency.withdraw.last,
    }


def _list_line(each: Document) -> str:
    state = "enforced" if each["enforcing"] else "NOT ENFORCED"
    age = "never verified" if each["age_seconds"] is None else f"verified {_duration(each['age_seconds'])} ago"
    stale = {"warn": " (OLD)", "stale": " (STALE)"}.get(each["staleness"], "")
    parts = [f"list {each['list_id']} {state} · version {each['version']} · {each['entries']} entries · {age}{stale}"]
    if each["epoch"]:
        parts.append(f"epoch {each['epoch']}, public record of {each['log_size']}")
    parts += [words for words in _of_note(each) if words]
    return " · ".join(parts)


def _of_note(each: Document) -> list[str]:
    """What is there only sometimes; capitals are for what needs a person."""
    held, refused = each["held_entries"], each["withdrawals_refused"]
    publish, withdraw = each["publish_to_enforce_seconds"], each["withdraw_to_enforce_seconds"]
    return [
        f"{each['withdrawn']} withdrawn" if each["withdrawn"] else "",
        f"{refused} WITHDRAWALS REFUSED" if refused else "",
        f"last change in force after {publish} s" if publish is not None else "",
        f"last withdrawal after {withdraw} s" if withdraw is not None else "",
        f"HELD {held} entries by {', '.join(each['held_by']) or 'a guard'}" if held or each["held_by"] else "",
        f"SELF-TEST FAILED: {each['self_test']}" if each["self_test_failed"] else "",
        "self-test ok" if each["self_test"] == SelfTest.OK else "",
        f"LAST UPDATE FAILED: {each['last_reason']}" if each["last_failed"] else "",
    ]


def _release_line(release: Document) -> str:
    if release["paused"]:
        return "block totals: NOT RELEASED until a preflight report is valid; what was released stays"
    if not release["enabled"]:
        return "block totals: not released (release.enabled is false)"
    days = release["bucket_seconds"] / 86_400
    return f"block totals: released with noise every {days:g} d"


def _preflight_line(preflight: Document) -> str:
    standing, until = preflight["standing"], _day(preflight["not_after"])
    return {
        Standing.NOT_REQUIRED: "preflight: not required (for trying it out): nothing is promised to anybody",
        Standing.PASSED: f"preflight passed, valid until {until}",
        Standing.FAILED: "PREFLIGHT FAILED: nothing is promised until `mamori preflight` passes",
        Standing.EXPIRED: f"PREFLIGHT ENDED on {until}: nothing is promised until `mamori preflight` passes again",
        Standing.OTHER_SETTINGS: "PREFLIGHT IS OF OTHER SETTINGS: nothing is promised until it passes with these",
        Standing.MISSING: "PREFLIGHT MISSING: nothing is promised until `mamori preflight` passes",
    }[Standing(standing)]


def _duration(seconds: int) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _fault(process: str, kind: str, where: str, reports: int) -> Document:
    return {"process": process, "kind": kind, "where": where, "reports": reports}


def _sum(snapshot: Snapshot, kind: str) -> int:
    return sum(count for (each, _), count in snapshot.deaths.items() if each == kind)
