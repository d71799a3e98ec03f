"""The resolver's memory of its own figures, on a clock of the test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock

from resolver.edge.supervision.ledger import Ledger, LedgerLimits
from resolver.edge.supervision.ledger_file import LEDGER_NAME, RUNNING_NAME
from resolver.edge.supervision.ledger_lines import BucketLine, DayLine, Released, day_end, read
from resolver.edge.supervision.snapshot import Snapshot
from tests.resolver.edge.snapshots import SNAPSHOT, snapshot
from tests.support.small_disk import fill, small_disk

HOUR, DAY = 3_600, 86_400
NOON = 20_000 * DAY + DAY // 2
SELDOM = LedgerLimits(look_seconds=600.0, keep_seconds=3_600.0)  # a day is soon over
BUCKET = BucketLine(NOON - DAY, NOON, DAY, "100,000+", {"demo": Released(0, 40, 40)})


class Host:
    """One resolver after another on one folder; `count` queries come in when the test says so."""

    def __init__(self, folder: Path, limits: LedgerLimits | None = None) -> None:
        self.folder, self.limits = folder, limits or SELDOM
        self.clock, self.shift = Clock(), float(NOON)
        self.queries, self.truth = 0, 0
        self.said: list[str] = []
        self.ledger = self._made()
        self.ledger.start()

    def _made(self) -> Ledger:
        reactor: Any = self.clock
        return Ledger(reactor, self.folder, self.wall, self.take, self.said.append, self.limits)

    def wall(self) -> float:
        return self.clock.seconds() + self.shift

    def take(self) -> Snapshot:
        return snapshot(totals=evolve(SNAPSHOT.totals, queries={"udp": self.queries}))

    def count(self, queries: int) -> None:
        self.queries += queries
        self.truth += queries

    def advance(self, seconds: float) -> None:
        while seconds > 0:
            self.clock.advance(min(seconds, self.limits.look_seconds))
            seconds -= self.limits.look_seconds

    def stop(self) -> None:
        self.ledger.stop()
        assert not self.clock.getDelayedCalls()
        self._again()

    def kill(self) -> None:
        for call in self.clock.getDelayedCalls():
            call.cancel()
        self._again()

    def _again(self) -> None:
        self.queries = 0
        self.ledger = self._made()
        self.ledger.start()

    def upgrade(self) -> None:
        handed = json.loads(json.dumps(self.ledger.hand_over()))
        for call in self.clock.getDelayedCalls():
            call.cancel()
        self.ledger = self._made()
        self.ledger.take_over(handed)
        self.ledger.start(upgraded=True)

    def lines(self) -> list[DayLine | BucketLine]:
        path = self.folder / LEDGER_NAME
        entries = [read(line) for line in path.read_bytes().splitlines()] if path.exists() else []
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        assert len({entry.host for entry in entries}) < 2
        return [entry.line for entry in entries]

    def days(self) -> list[DayLine]:
        return [line for line in self.lines() if isinstance(line, DayLine)]

    def running(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / RUNNING_NAME).read_bytes())
        return document


def test_one_line_a_finished_day(tmp_path: Path) -> None:
    """Nothing is in the ledger before midnight UTC, and then one line with the sums of that day alone."""
    host = Host(tmp_path)
    host.count(10)
    host.advance(DAY / 2 - 60)
    assert host.lines() == []
    host.advance(60)
    assert len(host.days()) == 1
    host.count(5)
    host.advance(DAY + 600)
    first, second = host.days()
    assert (first.queries, first.starts, first.seconds_up) == ({"udp": 10}, 1, DAY / 2)
    assert (second.queries, second.starts, second.seconds_up) == ({"udp": 5}, 0, DAY)
    assert second.lists["demo"].entries_start == 21


def test_the_running_day_is_kept_no_more_often_than_every_five_minutes(tmp_path: Path) -> None:
    """The file of the running day says nothing about minutes."""
    host = Host(tmp_path, LedgerLimits())
    seen = set()
    for _ in range(60):
        host.count(1)
        host.advance(60)
        seen.add((tmp_path / RUNNING_NAME).read_bytes())
    assert len(seen) == 60 / 5 + 1


@pytest.mark.parametrize("way", ["stop", "upgrade"])
def test_a_day_goes_on_over_restart_and_upgrade(tmp_path: Path, way: str) -> None:
    """Nothing is lost or counted twice, and the line says how often it began."""
    host = Host(tmp_path)
    for _ in range(3):
        host.count(100)
        host.advance(1_000)
        getattr(host, way)()
    host.count(1)
    host.advance(DAY)
    day = host.days()[0]
    assert (day.queries, day.crashes, day.seconds_up) == ({"udp": 301}, 0, DAY / 2)
    assert (day.starts, day.upgrades) == ((4, 0) if way == "stop" else (1, 3))


def test_an_upgrade_from_code_without_a_ledger(tmp_path: Path) -> None:
    """What was counted before nobody looked is not made into a day of its own."""
    host = Host(tmp_path)
    host.ledger.stop()
    (tmp_path / RUNNING_NAME).unlink()
    host.queries = 10**6
    host.ledger = host._made()
    host.ledger.start(upgraded=True)
    host.count(3)
    host.advance(DAY)
    assert host.days()[0].queries == {"udp": 3}


def test_a_kill_costs_five_minutes_and_is_told(tmp_path: Path) -> None:
    """What was kept last is gone on from; the line counts the crash."""
    host = Host(tmp_path, LedgerLimits())
    host.count(10)
    host.advance(300)
    host.count(1)
    host.advance(60)
    host.limits = SELDOM
    host.kill()
    host.advance(DAY)
    day = host.days()[0]
    assert (day.queries, day.starts, day.crashes) == ({"udp": 10}, 2, 1)


def test_a_day_that_ended_while_nothing_ran(tmp_path: Path) -> None:
    """A resolver that comes back on another day writes the old line first; the days between have none."""
    host = Host(tmp_path)
    host.count(10)
    host.advance(600)
    host.ledger.stop()
    host.shift += 3 * DAY
    host._again()
    assert [(day.day, day.queries, day.starts) for day in host.days()] == [("2024-10-04", {"udp": 10}, 1)]
    assert host.running()["lines"][0]["day"] == "2024-10-07"
    assert host.running()["lines"][0]["starts"] == 1


def test_killed_between_the_line_and_the_running_day(tmp_path: Path) -> None:
    """The line that came to the file is not written a second time."""
    host = Host(tmp_path)
    host.count(10)
    host.advance(DAY / 2 - 600)
    before = (tmp_path / RUNNING_NAME).read_bytes()
    host.advance(601)
    (tmp_path / RUNNING_NAME).write_bytes(before)
    host.kill()
    host.advance(DAY)
    assert [day.queries for day in host.days()] == [{"udp": 10}, {}]


def test_killed_between_a_release_and_the_running_day(tmp_path: Path) -> None:
    """A release that came to the file alone takes nothing off the running day."""
    host = Host(tmp_path)
    host.count(10)
    host.advance(3_600)
    before = (tmp_path / RUNNING_NAME).read_bytes()
    host.ledger.released(BUCKET)
    (tmp_path / RUNNING_NAME).write_bytes(before)
    host.kill()
    host.advance(DAY)
    assert [line if isinstance(line, BucketLine) else line.queries for line in host.lines()] == [BUCKET, {"udp": 10}]


@pytest.mark.parametrize(("back", "lines"), [(HOUR / 2, 1), (30 * DAY, 2)])
def test_a_clock_set_back(tmp_path: Path, back: float, lines: int) -> None:
    """Over midnight by a little, the new day goes on; by days, another line begins, and all of them add up."""
    host = Host(tmp_path)
    host.count(10)
    host.advance(DAY / 2 + 600)
    host.count(5)
    host.shift -= back
    host.advance(600)
    assert len(host.days()) == lines
    host.shift += back
    host.advance(2 * DAY)
    assert sum(sum(day.queries.values()) for day in host.days()) == 15


def test_releases_stand_between_the_days(tmp_path: Path) -> None:
    """A release is written at once; samples of the lists' ways go into the running day."""
    host = Host(tmp_path)
    host.ledger.released(BUCKET)
    host.ledger.sampled("demo", "withdraw", 7)
    assert host.lines() == [BUCKET]
    host.advance(DAY)
    assert host.days()[0].lists["demo"].withdraw_seconds == {"7": 1}


def test_a_full_disk_stops_nothing(tmp_path: Path) -> None:
    """Days and releases wait, it is said once, and all is written when there is room again."""
    with small_disk(tmp_path, 1):
        host = Host(tmp_path)
        fill(tmp_path)
        host.ledger.released(BUCKET)
        for _ in range(3):
            host.count(1)
            host.advance(DAY)
        assert host.ledger.failing
        assert (host.lines(), len(host.said)) == ([], 1)
        (tmp_path / "junk").unlink()
        host.advance(600)
        assert not host.ledger.failing
        assert [isinstance(line, BucketLine) for line in host.lines()] == [True, False, False, False]
        assert sum(day.queries.get("udp", 0) for day in host.days()) == 3


def test_waiting_lines_are_bounded(tmp_path: Path) -> None:
    """A disk that is away for years costs no memory without end."""
    host = Host(tmp_path, evolve(SELDOM, waiting_lines=2))
    (tmp_path / LEDGER_NAME).mkdir()
    for number in range(5):
        host.ledger.released(evolve(BUCKET, buckets=number))
    (tmp_path / LEDGER_NAME).rmdir()
    host.advance(600)
    assert [line.buckets for line in host.lines() if isinstance(line, BucketLine)] == [3, 4]


def test_what_cannot_be_read_is_told_and_begun_anew(tmp_path: Path) -> None:
    """A damaged running day and a torn line stop nothing."""
    (tmp_path / RUNNING_NAME).write_bytes(b'{"running":true}')
    (tmp_path / LEDGER_NAME).write_bytes(b"torn")
    host = Host(tmp_path)
    assert ["cut" in host.said[0], "begins again" in host.said[1]] == [True, True]
    host.advance(DAY)
    assert len(host.days()) == 1


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("advance"), st.sampled_from([30.0, 400.0, 7_000.0, 90_000.0])),
        st.tuples(st.just("shift"), st.sampled_from([-40 * DAY, -DAY, -600, 600, DAY, 40 * DAY])),
        st.tuples(st.sampled_from(["stop", "upgrade", "kill"]), st.just(0)),
    ),
    max_size=12,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_nothing_is_counted_twice(tmp_path_factory: pytest.TempPathFactory, steps: Any) -> None:
    """Over any life the lines' sums are the truth, less at most what came since the last look or keep before a kill."""
    host = Host(tmp_path_factory.mktemp("state"), LedgerLimits(look_seconds=7_200.0, keep_seconds=21_600.0))
    lost = 0
    for verb, much in steps:
        host.count(1)
        if verb == "advance":
            host.advance(much)
        elif verb == "shift":
            host.shift += much
        else:
            lost += host.queries if verb == "kill" else 0
            getattr(host, verb)()
    host.stop()
    lines = [*host.days(), *(day for day in host.running()["lines"])]
    booked = sum((day.queries if isinstance(day, DayLine) else day["queries"]).get("udp", 0) for day in lines)
    assert host.truth - lost <= booked <= host.truth


def test_limits_of_time() -> None:
    """A day's end is where the next begins."""
    assert day_end("2024-10-04") == NOON + DAY / 2
