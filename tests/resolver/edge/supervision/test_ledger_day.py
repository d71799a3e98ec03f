"""What a day is summed up from."""

from __future__ import annotations

from attrs import evolve

from resolver.edge.supervision import ledger_day
from resolver.edge.supervision.ledger_day import MOST_DIFFERENT
from resolver.edge.supervision.ledger_lines import DayLine, plain
from tests.resolver.edge.snapshots import LIST, SNAPSHOT, snapshot


def test_only_what_grew_is_added() -> None:
    """Counters of the process are differences, states are seconds, entries those of the first and the last look."""
    line = DayLine("2026-11-21")
    before = ledger_day.add(line, SNAPSHOT, ledger_day.sums(SNAPSHOT), 0.0)
    totals = evolve(SNAPSHOT.totals, queries={"udp": 10}, answers={"NOERROR": 9, "SERVFAIL": 1}, dropped=2)
    totals = evolve(totals, upstream_queries={"a": 3, "b": 4})
    grown = evolve(LIST, entries=30, version=4, updates=1, moved={"added": 9}, self_tests={"ok": 5})
    now = snapshot(totals=totals, lists=(grown,), deaths={("worker", "sigkill"): 3}, answering=False)
    before = ledger_day.add(line, now, before, 60.0)
    ledger_day.add(line, now, before, 60.0)
    day = line.lists["demo"]
    assert (line.queries, line.answers, line.dropped) == ({"udp": 10}, {"NOERROR": 9, "SERVFAIL": 1}, 2)
    assert (line.upstream_queries, line.deaths) == (7, {"worker": 1})
    assert (line.seconds_up, line.seconds_answering, day.seconds_enforcing) == (120.0, 0.0, 120.0)
    assert (day.entries_start, day.entries_end, day.version_end) == (21, 30, 4)
    assert (day.updates, day.moved, day.self_tests) == (1, {"added": 9}, {"ok": 5})


def test_a_list_that_is_not_enforced_has_no_entries() -> None:
    """Not known is not 0."""
    line = DayLine("2026-11-21")
    ledger_day.add(line, snapshot(lists=(evolve(LIST, version=0, entries=0),)), {}, 60.0)
    day = line.lists["demo"]
    assert (day.entries_start, day.entries_end, day.seconds_enforcing) == (None, None, 0.0)


def test_counts_of_blocks_change_nothing() -> None:
    """Two days that differ in what was blocked, and in nothing that /metrics shows, give the same line."""
    lines = []
    for blocks in (0, 10**6):
        line = DayLine("2026-11-21")
        ledger_day.add(line, snapshot(totals=evolve(SNAPSHOT.totals, blocks={"demo": blocks})), {}, 60.0)
        lines.append(plain(line))
    assert lines[0] == lines[1]


def test_durations_of_a_day_are_bounded() -> None:
    """However many different durations a day has, its line stays short; none gets shorter by that."""
    line = DayLine("2026-11-21")
    for seconds in range(MOST_DIFFERENT + 3_000):
        ledger_day.sample(line, "demo", "publish", seconds)
    ledger_day.sample(line, "demo", "withdraw", 4)
    day = line.lists["demo"]
    assert sum(day.publish_seconds.values()) == MOST_DIFFERENT + 3_000
    assert len(day.publish_seconds) <= MOST_DIFFERENT + 1
    assert day.publish_seconds["3600"] == 3_000
    assert day.withdraw_seconds == {"4": 1}
