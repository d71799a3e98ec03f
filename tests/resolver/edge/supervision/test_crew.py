"""How many workers there are, and how fast they come and go, with fake children and a clock that stands still."""

from __future__ import annotations

from collections import deque

from twisted.internet.task import Clock

from resolver.edge.channel import Message
from resolver.edge.supervision.crew import WATCH_STEPS, Crew
from resolver.edge.supervision.workers import PoolLimits, Slot, Worker, forget
from tests.resolver.edge.fake_children import FakeChild, FakeLauncher

LIMITS = PoolLimits()


class World:
    """A crew that should have three workers."""

    def __init__(self) -> None:
        self.clock, self.launcher = Clock(), FakeLauncher()
        self.heard: list[Message] = []
        self.ended: list[str] = []
        self.crew = Crew(
            self.clock,  # type: ignore[arg-type]
            self.launcher,
            LIMITS,
            lambda: 3,
            lambda worker: worker.child.send({"type": "start"}),
            lambda _worker, message, _fds: self.heard.append(message),
            lambda _worker, reason: self.ended.append(reason),
        )
        self.crew.replenish()

    @property
    def children(self) -> list[FakeChild]:
        return self.launcher.living("worker")

    def kill_all(self) -> None:
        for child in self.children:
            child.die()


def test_as_many_as_wanted_are_started_and_greeted() -> None:
    """Once; what they say and how they end is passed on."""
    world = World()
    world.crew.replenish()
    assert [child.sent for child in world.children] == [[{"type": "start"}]] * 3
    world.children[0].say({"type": "ready"})
    world.children[0].die("exit_0")
    assert (world.heard, world.ended, len(world.crew.workers)) == ([{"type": "ready"}], ["exit_0"], 2)


def test_many_deaths_slow_the_next_start_down() -> None:
    """Six in a minute are made good at once; then the pause doubles, up to its limit, and ends with the minute."""
    world = World()
    for _ in range(LIMITS.quick_restarts // 3):
        world.kill_all()
        world.crew.replenish()
    assert len(world.children) == 3
    world.kill_all()
    world.crew.replenish()
    world.crew.replenish()
    assert not world.children
    world.clock.advance(0.79)
    assert not world.children
    world.clock.advance(0.02)
    assert len(world.children) == 3
    world.clock.advance(LIMITS.loop_seconds)
    world.kill_all()
    world.crew.replenish()
    assert len(world.children) == 3


def test_a_roll_starts_few_at_a_time() -> None:
    """While workers with older settings hold slots, no more than `at_once` new ones wait for one."""
    world = World()
    for number, worker in enumerate(world.crew.workers):
        worker.slot = Slot(number, None, None)  # type: ignore[arg-type]
    world.crew.epoch += 1
    world.crew.replenish()
    assert len(world.children) == 4
    newest = world.crew.workers[-1]
    newest.slot, old = world.crew.workers[0].slot, world.crew.workers[0]
    world.crew.dismiss(old)
    world.crew.replenish()
    assert len(world.children) == 5


def test_who_does_not_start_or_leave_is_made_to() -> None:
    """A worker that says nothing for a minute is ended as hung; one that was told to leave four seconds after."""
    world = World()
    hung, leaving = world.crew.workers[:2]
    world.crew.dismiss(leaving)
    world.clock.advance(LIMITS.stop_seconds + 1)
    assert _killed(leaving)
    assert not leaving.hung
    world.clock.pump([LIMITS.start_seconds / WATCH_STEPS] * WATCH_STEPS)
    assert (_killed(hung), hung.hung) == (True, True)


def test_time_in_which_the_supervisor_was_stopped_does_not_count() -> None:
    """After a sleep of the whole machine every timer is due before any word that waits was read; nobody is ended."""
    world = World()
    world.clock.advance(10 * LIMITS.start_seconds)
    assert not any(map(_killed, world.crew.workers))


def test_the_end_starts_nobody() -> None:
    """All are told to leave, and a start that was held back does not come."""
    world = World()
    for _ in range(4):
        world.kill_all()
        world.crew.replenish()
    world.crew.end()
    world.clock.advance(60)
    world.crew.replenish()
    assert not world.children
    other = World()
    other.crew.end()
    assert all(child.told("stop") for child in other.children)


def test_old_deaths_are_forgotten() -> None:
    """Those at or before the bound."""
    deaths = deque([1.0, 2.0, 3.0])
    forget(deaths, 2.0)
    assert list(deaths) == [3.0]


def _killed(worker: Worker) -> bool:
    child = worker.child
    assert isinstance(child, FakeChild)
    return child.killed
