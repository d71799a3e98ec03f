"""Ledgers of a few lines for the tests of reporting."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import evolve

from resolver.edge.supervision.ledger_lines import BucketLine, DayLine, Entry, ListDay, Released, write

DAY = 86_400
FULL = ListDay(
    seconds_enforcing=DAY,
    entries_start=10,
    entries_end=12,
    exemptions_most=1,
    updates=2,
    holds=1,
    moved={"added": 3, "removed": 1, "withdrawn": 1, "expired": 2},
    failures={"breaker": 1},
    self_tests={"ok": 9, "refused": 1},
    publish_seconds={"18": 2, "40": 1},
    withdraw_seconds={"7": 1},
)


def day(on: str, **more: Any) -> DayLine:
    """A whole day with one list."""
    line = DayLine(on, seconds_up=DAY, seconds_answering=DAY, queries={"udp": 900_000, "tcp": 100_000})
    return evolve(line, **{"lists": {"demo": FULL}} | more)


def bucket(last_day: str, before: int, noised: int, *, days: int = 1, **more: Any) -> BucketLine:
    """A release that ended with a day."""
    end = round(datetime.fromisoformat(last_day).replace(tzinfo=UTC).timestamp()) + DAY
    totals = {"demo": Released(before, noised, max(noised // 8 * 8, 0))}
    return evolve(BucketLine(end - days * DAY, end, days * DAY, "100,000+", totals), **more)


def ledger(path: Path, *lines: DayLine | BucketLine, host: str = "9f") -> Path:
    """A file of these lines."""
    path.write_bytes(b"".join(write(Entry(host, number, line)) for number, line in enumerate(lines, 1)))
    return path


def november(host: str = "9f", queries: int = 1_000_000) -> list[DayLine | BucketLine]:
    """Thirty days of 2026-11, each with a release of 40 events."""
    days = [(date(2026, 11, 1) + timedelta(days=number)).isoformat() for number in range(30)]
    lines = [(day(on, queries={"udp": queries}), bucket(on, 40 * n, 40 * (n + 1))) for n, on in enumerate(days)]
    return [line for pair in lines for line in pair]
