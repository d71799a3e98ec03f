"""Lines of the ledger."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.edge.supervision.ledger_lines import (
    BucketLine,
    DayLine,
    Entry,
    LineFault,
    ListDay,
    Released,
    day_end,
    day_of,
    plain,
    read,
    total,
    unplain,
    write,
)

COUNTS = st.dictionaries(st.sampled_from(["udp", "tcp", "ok"]), st.integers(1, 2**40))
DAYS = st.builds(
    DayLine,
    day=st.dates().map(str),
    seconds_up=st.integers(0, 90_000).map(float),
    queries=COUNTS,
    lists=st.dictionaries(st.just("demo"), st.builds(ListDay, self_tests=COUNTS, entries_start=st.none() | st.just(7))),
)
BUCKETS = st.builds(
    BucketLine,
    start=st.integers(0, 2**32),
    end=st.integers(2**32 + 1, 2**33),
    seconds_counted=st.integers(0, 604_800),
    lines_class=st.just("1,000+"),
    lists=st.dictionaries(st.just("demo"), st.builds(Released, st.integers(), st.integers(), st.integers())),
)


@given(DAYS | BUCKETS, st.integers(1, 10**9))
def test_a_line_is_read_as_it_was_written(line: DayLine | BucketLine, seq: int) -> None:
    """One line is one JSON object, and comes back the same."""
    data = write(Entry("9f", seq, line))
    assert data.count(b"\n") == 1
    assert read(data[:-1]) == Entry("9f", seq, line)
    assert unplain(plain(line)) == line


@given(st.binary(max_size=200))
def test_anything_else_is_refused(data: bytes) -> None:
    """Whatever stands there, it is a LineFault and nothing else."""
    with pytest.raises(LineFault):
        read(data)


@pytest.mark.parametrize(
    "change", [{"format": "other"}, {"kind": "later"}, {"day": "soon"}, {"seq": "1"}, {"host": 3}, {"queries": [1]}]
)
def test_a_changed_line_is_refused(change: dict[str, object]) -> None:
    """A field of another type, or a kind of line from the future, is no line for this version."""
    words = json.loads(write(Entry("9f", 1, DayLine("2026-11-21"))))
    with pytest.raises(LineFault):
        read(json.dumps(words | change).encode())


@pytest.mark.parametrize(
    ("line", "change"),
    [
        (DayLine("2026-11-21"), {"day": "2026-11-21T05:00"}),
        (BucketLine(0, 86_400, 86_400, "1,000+", {}), {"end": 10**30}),
        (BucketLine(0, 86_400, 86_400, "1,000+", {}), {"start": 86_400}),
        (BucketLine(0, 86_400, 86_400, "1,000+", {}), {"buckets": 0}),
    ],
)
def test_a_time_that_is_none_is_refused(line: DayLine | BucketLine, change: dict[str, object]) -> None:
    """A line whose days a report could not work with is no line: it is counted as unread, and ends nothing."""
    with pytest.raises(LineFault):
        read(json.dumps(json.loads(write(Entry("9f", 1, line))) | change).encode())


def test_nesting_is_refused() -> None:
    """The last line is read when the supervisor starts: whatever stands there does not stop it."""
    with pytest.raises(LineFault):
        read(b"[" * 100_000)


def test_fields_of_a_later_version_are_passed_over() -> None:
    """An older `mamori report` reads what it knows."""
    words = json.loads(write(Entry("9f", 1, DayLine("2026-11-21"))))
    assert read(json.dumps(words | {"new": 1}).encode()).line == DayLine("2026-11-21")


def test_days_are_those_of_utc() -> None:
    """A day begins and ends at midnight UTC."""
    assert (day_of(day_end("2026-11-21") - 1), day_of(day_end("2026-11-21"))) == ("2026-11-21", "2026-11-22")


def test_sums_leave_out_zeros() -> None:
    """A line says only what happened."""
    assert total({"a": 1, "b": 0}, {"a": 2, "c": 0}) == {"a": 3}
