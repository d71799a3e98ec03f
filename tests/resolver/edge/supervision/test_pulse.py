"""Who hangs is found, and nobody else, with fake workers and a clock that stands still."""

from __future__ import annotations

from twisted.internet.task import Clock

from resolver.edge.supervision.pulse import Pulse
from resolver.edge.supervision.workers import PoolLimits, Slot, Worker
from tests.resolver.edge.fake_children import FakeChild

LIMITS = PoolLimits()
FEW, MANY = LIMITS.silent_rounds - 1, 10 * LIMITS.silent_rounds


class World:
    """Two workers that serve and the spare; all answer but those in `mute`."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.workers = [self.worker(slotted) for slotted in (True, True, False)]
        self.ended: list[Worker] = []
        self.mute: set[Worker] = set()
        self.pulse = Pulse(self.clock, LIMITS, lambda: self.workers, self.end)  # type: ignore[arg-type]
        self.pulse.start()

    @staticmethod
    def worker(slotted: bool) -> Worker:
        made = Worker(0)
        made.child = FakeChild("worker", 1, lambda _message, _fds: None, lambda _reason: None)
        made.slot = Slot(0, None, None) if slotted else None  # type: ignore[arg-type]
        return made

    def end(self, worker: Worker) -> None:
        """As the pool does: the spare takes the slot, and a new one is started."""
        self.ended.append(worker)
        self.workers.remove(worker)
        if worker.slot is not None:
            next(each for each in self.workers if each.slot is None).slot = worker.slot
        self.workers.append(self.worker(slotted=False))

    def rounds(self, count: int) -> World:
        for _ in range(count):
            self.clock.advance(LIMITS.ping_seconds)
            self.answer()
        return self

    def answer(self) -> None:
        for worker in self.workers:
            if worker not in self.mute and worker.child.sent:  # type: ignore[attr-defined]
                worker.child.sent.clear()  # type: ignore[attr-defined]
                self.pulse.heard(worker)


def test_nobody_is_ended_while_all_answer() -> None:
    """Whatever the number of rounds."""
    assert World().rounds(MANY).ended == []


def test_the_silent_one_is_ended_after_five_rounds_of_others() -> None:
    """Not one sooner; who takes its place is left alone."""
    world = World().rounds(2)
    hung = world.workers[0]
    world.mute.add(hung)
    world.rounds(FEW + 1)  # it answered at the end of the round before
    assert world.ended == []
    world.rounds(1)
    assert world.ended == [hung]
    assert world.rounds(MANY).ended == [hung]


def test_a_late_word_counts() -> None:
    """Slow is not hung: an answer just before the end takes all silence back."""
    world = World().rounds(2)
    late = world.workers[0]
    for _ in range(MANY):
        world.mute = {late}
        world.rounds(FEW)
        world.mute = set()
        world.rounds(1)
    assert world.ended == []


def test_one_silent_worker_is_asked_once() -> None:
    """Nothing piles up in the line of a worker that does not read."""
    world = World().rounds(2)
    world.mute = set(world.workers)
    world.rounds(MANY)
    assert [len(worker.child.sent) for worker in world.workers] == [1, 1, 1]  # type: ignore[attr-defined]


def test_a_machine_without_time_is_no_hung_worker() -> None:
    """Where nobody answers nobody is ended, however long; nor when they all come back one after another."""
    world = World().rounds(2)
    world.mute = set(world.workers)
    world.rounds(MANY)
    for worker in world.workers:
        world.mute.discard(worker)
        world.rounds(1)
    assert world.rounds(MANY).ended == []


def test_our_own_sleep_is_one_round() -> None:
    """A supervisor that got no time for minutes takes nobody's silence for more than it heard."""
    world = World().rounds(2)
    world.mute = {world.workers[0]}
    world.rounds(FEW)
    world.clock.advance(600)
    world.mute.clear()
    world.answer()
    assert world.rounds(MANY).ended == []


def test_never_two_at_a_time() -> None:
    """Two that hang are ended one after the other: the second only when a new spare answers, and all rounds later."""
    world = World().rounds(2)
    world.mute = set(world.workers[:2])
    world.rounds(FEW + 2)
    assert len(world.ended) == 1
    world.rounds(FEW)
    assert len(world.ended) == 1
    world.rounds(2)
    assert len(world.ended) == 2
    assert world.mute == set(world.ended)


def test_without_a_spare_that_answers_a_slot_keeps_its_worker() -> None:
    """The spare hangs too: it is ended first, and the slot's worker when the new spare has answered."""
    world = World().rounds(2)
    serving, spare = world.workers[0], world.workers[2]
    world.mute = {serving, spare}
    world.rounds(MANY)
    assert set(world.ended) == {serving, spare}
    world = World().rounds(2)
    world.workers.pop()
    world.mute = {world.workers[0]}
    assert world.rounds(MANY).ended == []


def test_after_the_stop_nobody_is_asked() -> None:
    """No timer is left behind."""
    world = World().rounds(1)
    world.pulse.stop()
    world.pulse.stop()
    assert world.clock.getDelayedCalls() == []
