"""The circuit breaker's watch, with the test in the workers' place."""

from __future__ import annotations

import mmap
import resource
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from blocklist.index import Match
from resolver.core.newcomers import Newcomers
from resolver.edge.supervision.breaker import Breaker

FRESH = [
    {"list_id": "off", "fresh": 30, "breaker": False},
    {"list_id": "few", "fresh": 19, "breaker": True},
    {"list_id": "demo", "fresh": 100, "breaker": True},
]
COUNTS = tuple(int(each["fresh"]) for each in FRESH)
FIRST = {0: 0, 1: 30, 2: 49}


class Watch:
    """One worker's marks, and a count of queries the test sets."""

    def __init__(self, fresh: list[dict[str, Any]] = FRESH) -> None:
        self.clock = Clock()
        self.queries = 0
        self.tripped: list[str] = []
        self.replies: list[Deferred[Any]] = []
        self.ends = 0
        clock: Any = self.clock
        self.breaker = Breaker(clock, lambda: self.queries, self._trip, self._end)
        self.fd = self.breaker.watch(fresh, 1)

    def _trip(self, list_id: str) -> Deferred[Any]:
        self.tripped.append(list_id)
        self.replies.append(Deferred())
        return self.replies[-1]

    def _end(self) -> None:
        self.ends += 1

    def hits(self, different: int, number: int = 2, times: int = 1) -> None:
        """Ask so many different fresh entries of a list, each so often."""
        assert self.fd is not None
        mark = Newcomers(memoryview(mmap.mmap(self.fd, 0)), COUNTS).marker(0)
        for fresh in range(FIRST[number], FIRST[number] + different):
            for _ in range(times):
                mark(Match(False, number, "", False, False, 0.0, fresh))
        self.queries += different * times

    def others(self, queries: int) -> None:
        self.queries += queries


def test_many_different_new_entries_in_one_window_trip_it() -> None:
    """At the end of the window the list is named, once, until the updater has answered."""
    watch = Watch()
    watch.hits(20)
    watch.others(1000)
    watch.clock.advance(9.9)
    assert not watch.tripped
    watch.clock.advance(0.1)
    assert watch.tripped == ["demo"]
    watch.hits(20)
    watch.clock.advance(10)
    assert watch.tripped == ["demo"]
    watch.replies[0].callback({"ok": False, "text": "the disk is full"})
    watch.hits(20)
    watch.clock.advance(10)
    assert watch.tripped == ["demo", "demo"]


def test_without_memory_an_index_is_put_in_force_unwatched() -> None:
    """A machine out of descriptors goes on following its lists; the next index is watched."""
    watch = Watch()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        assert watch.breaker.watch(FRESH, 1) is None
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert not watch.clock.getDelayedCalls()
    assert watch.breaker.watch(FRESH, 1) is not None


def test_one_name_however_often_does_not_trip_it() -> None:
    """It is no switch to unblock a name."""
    watch = Watch()
    watch.hits(1, times=1000)
    watch.clock.advance(10)
    assert not watch.tripped


def test_sights_of_several_windows_are_not_added_up() -> None:
    """Nineteen in each of many windows are ordinary: nothing is remembered."""
    watch = Watch()
    for _ in range(6):
        watch.hits(19)
        watch.clock.advance(10)
    assert not watch.tripped


def test_queries_are_those_of_the_window() -> None:
    """What was asked before does not dilute it; what is asked beside it does."""
    watch = Watch()
    watch.others(10_000_000)
    watch.clock.advance(10)
    watch.hits(20)
    watch.others(20_000)
    watch.clock.advance(10)
    assert not watch.tripped
    watch.hits(20)
    watch.others(19_000)
    watch.clock.advance(10)
    assert watch.tripped == ["demo"]


def test_lists_that_are_off_or_too_small_are_not_watched() -> None:
    """The switch, and fewer fresh entries than could ever trip it."""
    watch = Watch()
    watch.hits(30, number=0)
    watch.hits(19, number=1)
    watch.clock.advance(10)
    assert not watch.tripped
    assert Watch(FRESH[:2]).fd is None
    assert Watch([]).fd is None


def test_after_half_an_hour_workers_mark_no_longer() -> None:
    """The watch ends by itself, and so does the memory."""
    watch = Watch()
    watch.clock.pump([10.0] * 179)
    assert watch.ends == 0
    watch.clock.advance(10)
    assert watch.ends == 1
    assert not watch.clock.getDelayedCalls()


def test_a_newer_index_begins_a_watch_of_its_own() -> None:
    """Marks of the one before mean other entries; one timer runs."""
    watch = Watch()
    watch.hits(20)
    watch.fd = watch.breaker.watch(FRESH, 1)
    watch.clock.advance(10)
    assert not watch.tripped
    assert len(watch.clock.getDelayedCalls()) == 1
    watch.breaker.stop()
    assert not watch.clock.getDelayedCalls()


def test_tripping_may_bring_another_index_at_once() -> None:
    """The watch of the old one ends there."""
    watch = Watch()
    watch.breaker.trip = lambda _: (watch.breaker.watch([], 1), Deferred())[1]
    watch.hits(20)
    watch.clock.advance(10)
    assert not watch.clock.getDelayedCalls()
