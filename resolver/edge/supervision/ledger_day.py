"""What a day's line is summed up from: two snapshots, which `/metrics` is made of, and the time between them.

Counters of blocks stand in a snapshot for the release alone; nothing here looks at them.
"""

from collections.abc import Mapping
from math import ceil
from typing import Any, Final

from resolver.edge.supervision.ledger_lines import DayLine, ListDay, total
from resolver.edge.supervision.list_board import ListView
from resolver.edge.supervision.snapshot import Snapshot

MOST_DIFFERENT: Final = 500  # different durations of a list and day; more are rounded up to hours
_HOUR: Final = 3600

Sums = dict[str, dict[str, int]]
"""Counters that only grow while the resolver runs, by group and key."""


def sums(snapshot: Snapshot) -> Sums:
    """Return the counters of a moment that days are summed up from."""
    totals = snapshot.totals
    found: Sums = {
        "queries": dict(totals.queries),
        "answers": dict(totals.answers),
        "one": {
            "dropped": totals.dropped,
            "rate_limited": totals.rate_limited,
            "upstream_queries": sum(totals.upstream_queries.values()),
            "upstream_failures": sum(totals.upstream_failures.values()),
        },
        "deaths": _by_kind(snapshot.deaths),
        "faults": dict(snapshot.faults),
    }
    for view in snapshot.lists:
        found[f"events {view.list_id}"] = {"updates": view.updates, "holds": view.holds}
        found[f"moved {view.list_id}"] = dict(view.moved)
        found[f"failures {view.list_id}"] = dict(view.failures)
        found[f"self_tests {view.list_id}"] = dict(view.self_tests)
    return found


def add(line: DayLine, snapshot: Snapshot, before: Sums, elapsed: float) -> Sums:
    """Add the time since the last look, and what was counted in it; return what to give as `before` next."""
    now = sums(snapshot)
    grown = {group: _grown(counts, before.get(group, {})) for group, counts in now.items()}
    line.version = snapshot.version
    _add_time(line, snapshot, elapsed)
    for group in ("queries", "answers", "deaths", "faults"):
        setattr(line, group, total(getattr(line, group), grown[group]))
    for key, count in grown["one"].items():
        setattr(line, key, getattr(line, key) + count)
    for view in snapshot.lists:
        _add_list(line.lists.setdefault(view.list_id, ListDay()), view, grown, elapsed)
    return now


def sample(line: DayLine, list_id: str, way: str, seconds: int) -> None:
    """Add one change that every worker has now: `way` is publish or withdraw."""
    day = line.lists.setdefault(list_id, ListDay())
    counts = day.publish_seconds if way == "publish" else day.withdraw_seconds
    known = str(seconds) in counts or len(counts) < MOST_DIFFERENT
    key = str(seconds if known else ceil(seconds / _HOUR) * _HOUR)
    counts[key] = counts.get(key, 0) + 1


def _add_time(line: DayLine, snapshot: Snapshot, elapsed: float) -> None:
    line.seconds_up += elapsed
    line.seconds_answering += elapsed * snapshot.answering
    line.seconds_ready += elapsed * snapshot.ready
    line.seconds_clock_suspect += elapsed * snapshot.clock_suspect


def _add_list(day: ListDay, view: ListView, grown: Mapping[str, Any], elapsed: float) -> None:
    day.seconds_enforcing += elapsed * view.enforcing
    day.seconds_held += elapsed * bool(view.held_by)
    if view.enforcing:
        day.entries_start = view.entries if day.entries_start is None else day.entries_start
        day.entries_end, day.version_end = view.entries, view.version
    day.held_end, day.withdrawn_end = view.held_entries, view.withdrawn
    day.exemptions_most = max(day.exemptions_most, view.exemptions)
    day.updates += grown[f"events {view.list_id}"]["updates"]
    day.holds += grown[f"events {view.list_id}"]["holds"]
    for name in ("moved", "failures", "self_tests"):
        setattr(day, name, total(getattr(day, name), grown[f"{name} {view.list_id}"]))


def _grown(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    return {key: count - before.get(key, 0) for key, count in now.items()}


def _by_kind(deaths: Mapping[tuple[str, str], int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for (kind, _reason), count in deaths.items():
        found[kind] = found.get(kind, 0) + count
    return found
