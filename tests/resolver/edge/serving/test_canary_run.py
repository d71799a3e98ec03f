"""A canary in slices."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import define
from twisted.internet.task import Clock

from resolver.core.canary import CanaryLimits
from resolver.edge.serving.canary_run import CanaryRun


@define
class FakeCanary:
    """So many answers; looking at one takes a while."""

    clock: Clock
    left: int
    seconds: float = 0.0001
    fails: bool = False
    looks: int = 0

    def look(self, now: float) -> bool:
        if self.fails:
            raise ValueError
        if self.left:
            self.looks += 1
            self.left -= 1
            self.clock.rightNow += self.seconds
        return self.left > 0


class Run:
    def __init__(self, left: int, **more: Any) -> None:
        self.clock = Clock()
        self.faults: list[BaseException] = []
        self.done = 0
        clock: Any = self.clock
        self.canary: Any = FakeCanary(self.clock, left, **more)
        self.run = CanaryRun(clock, self.faults.append)
        self.run.begin(self.canary, self._done)

    def _done(self) -> None:
        self.done += 1


def test_a_small_cache_is_done_at_once() -> None:
    """Also an empty one."""
    for left in (0, 15):
        run = Run(left)
        assert (run.done, run.canary.looks) == (1, left)
        assert not run.clock.getDelayedCalls()


@pytest.mark.parametrize("seconds", [0.0001, 0.05])
def test_queries_come_between_slices_of_two_milliseconds(seconds: float) -> None:
    """No slice is longer than 2 ms and the answer it ends with, and each is followed by a pause as long."""
    run, limits = Run(1000, seconds=seconds), CanaryLimits()
    while run.clock.getDelayedCalls():
        before = run.clock.seconds()
        pause = run.clock.getDelayedCalls()[0].getTime() - before
        assert pause >= limits.pause_seconds - 1e-9
        run.clock.advance(pause)
        assert run.clock.seconds() - before - pause <= limits.slice_seconds + seconds + 1e-9
    assert (run.done, run.canary.looks) == (1, 1000)


def test_an_error_ends_the_run_and_is_told() -> None:
    """A trial holds no list up because of a bug here."""
    run = Run(10, fails=True)
    assert (run.done, len(run.faults)) == (1, 1)


def test_a_newer_run_takes_the_place_of_the_old() -> None:
    """The old one's end is told to nobody."""
    run = Run(1000)
    run.run.begin(FakeCanary(run.clock, 1), lambda: None)  # type: ignore[arg-type]
    run.clock.advance(60)
    assert run.done == 0
    run.run.stop()
