"""The worker pool with fake children and a clock that stands still."""

from __future__ import annotations

import errno
import os

import pytest
from twisted.internet.task import Clock

from resolver.edge.supervision.pool import WorkerPool
from resolver.edge.supervision.sockets import ListenFault
from resolver.edge.supervision.tally import Labels, Region, Tally
from resolver.edge.supervision.workers import PoolLimits
from tests.resolver.edge.fake_children import FakeChild, FakeLauncher, FakeSockets, memfd


class Pool:
    """Two slots by default."""

    def __init__(self, slots: int = 2) -> None:
        self.clock, self.launcher = Clock(), FakeLauncher()
        self.tally = Tally(Labels(("u:53",), ("demo",)))
        self.activated: list[int] = []
        self.deaths: list[str] = []
        self.faults: list[object] = []
        self.reopened: list[FakeSockets] = []
        self.refuse_sockets = False
        self.pool = WorkerPool(
            self.clock,  # type: ignore[arg-type]
            self.launcher,
            self.tally,
            self._open_sockets,  # type: ignore[arg-type]
            PoolLimits(),
            on_activated=self.activated.append,
            on_death=lambda _kind, reason: self.deaths.append(reason),
            on_fault=self.faults.append,
        )
        self.sockets = [FakeSockets() for _ in range(slots)]
        self.pool.start({"n": 1}, self.sockets)  # type: ignore[arg-type]

    def _open_sockets(self) -> FakeSockets:
        if self.refuse_sockets:
            raise ListenFault("taken")
        self.reopened.append(FakeSockets())
        return self.reopened[-1]

    @property
    def workers(self) -> list[FakeChild]:
        return self.launcher.living("worker")

    def holder(self, slot: int) -> FakeChild:
        return next(
            w for w in self.workers if w.told("slot") and w.told("slot")[-1]["slot"] == slot and not w.told("stop")
        )

    def spare(self) -> FakeChild:
        return next(w for w in self.workers if not w.told("slot") and not w.told("stop"))

    def bring_up(self) -> Pool:
        """All workers ready with an index, the pool open and serving."""
        self.pool.set_index(memfd())
        for worker in self.workers:
            worker.ready()
        self.pool.open()
        for worker in self.workers:
            if worker.told("slot"):
                worker.serve()
        return self


def test_no_slot_before_the_opening() -> None:
    """One worker a slot and the spare start at once, but sockets stay closed until the start rule says so."""
    pool = Pool()
    assert len(pool.workers) == 3
    for worker in pool.workers:
        worker.ready()
    assert not any(worker.told("slot") for worker in pool.workers)
    pool.pool.open()
    assert all(each.opened for each in pool.sockets)
    assert sum(bool(worker.told("slot")) for worker in pool.workers) == 2
    assert pool.pool.spares == 1


def test_slot_message_carries_counters_and_sockets() -> None:
    """The descriptors are the counter memory and each socket in the order of the description."""
    pool = Pool(1).bring_up()
    holder = pool.holder(0)
    at = holder.sent.index(holder.told("slot")[0])
    assert holder.sent[at] == {"type": "slot", "slot": 0, "sockets": [{"kind": "udp", "address": "127.0.0.1:53"}]}
    assert holder.fds[at] == 2


def test_spare_takes_over_in_the_same_turn() -> None:
    """A killed worker's sockets go to the warm spare before anything else happens, and a new spare is started."""
    pool = Pool().bring_up()
    spare = pool.spare()
    pool.holder(1).die("sigkill")
    assert spare.told("slot")[-1]["slot"] == 1
    assert (len(pool.workers), pool.deaths) == (3, ["sigkill"])
    assert not pool.sockets[1].closed
    assert pool.pool.serving == 1
    spare.serve()
    assert pool.pool.complete


def test_without_a_warm_spare_the_next_ready_worker_serves() -> None:
    """When the spare died too, the slot goes to the first worker that is ready with the index in force."""
    pool = Pool(1).bring_up()
    pool.spare().die()
    pool.holder(0).die()
    first = pool.workers[0]
    first.say({"type": "ready"})
    assert not first.told("slot")
    first.take_index()
    assert first.told("slot")


def test_a_worker_that_leaves_is_ended_whatever_it_says() -> None:
    """It is given a new list for the connections it still has; taking it up does not buy it more time."""
    pool = Pool(1).bring_up()
    old = pool.holder(0)
    pool.pool.roll({"n": 2})
    pool.launcher.newest("worker").ready()
    for new in pool.workers:
        if not new.told("stop"):
            new.ready()
    assert old.told("stop")
    pool.pool.set_index(memfd())
    old.take_index()
    old.say({"type": "index_refused", "generation": 3, "code": "unmappable"})
    pool.clock.advance(10)
    assert old.killed


def test_counters_outlive_workers() -> None:
    """The promoted worker goes on in the same memory."""
    pool = Pool(1).bring_up()
    region = pool.pool.slots[0].region
    pool.holder(0).die()
    assert pool.pool.slots[0].region is region


def test_three_deaths_in_a_minute_close_the_slot_but_never_the_last() -> None:
    """The kernel spreads a looping slot's load; the last slot is kept and tried again, later and later."""
    pool = Pool().bring_up()
    for _ in range(3):
        pool.spare().ready()
        pool.holder(1).die()
    assert (pool.sockets[1].closed, pool.sockets[0].closed) == (True, False)
    for _ in range(9):
        for worker in list(pool.workers):
            worker.die()
        pool.clock.advance(10)
        for worker in pool.workers:
            worker.ready()
    assert not pool.sockets[0].closed
    assert pool.holder(0)


def test_slow_deaths_close_nothing() -> None:
    """Three deaths in more than a minute are no loop."""
    pool = Pool().bring_up()
    for _ in range(4):
        pool.spare().ready()
        pool.holder(1).die()
        pool.clock.advance(30)
    assert not pool.sockets[1].closed


def test_closed_slot_is_tried_again() -> None:
    """After its rest a slot gets new sockets and a worker; a taken address is tried once more later."""
    pool = Pool().bring_up()
    for _ in range(3):
        pool.spare().ready()
        pool.holder(1).die()
    pool.refuse_sockets = True
    pool.clock.advance(300)
    pool.refuse_sockets = False
    assert not pool.reopened
    pool.clock.advance(300)
    for worker in pool.workers:
        worker.ready()
    assert pool.reopened[0].opened
    assert pool.holder(1)


def test_closed_slot_waits_for_a_worker_before_it_listens() -> None:
    """Its rest is over, but no spare is warm: nothing is let in for nobody."""
    pool = Pool().bring_up()
    for _ in range(3):
        pool.spare().ready()
        pool.holder(1).die()
    pool.clock.advance(299)
    pool.spare().die()
    pool.clock.advance(1)
    assert not pool.reopened
    pool.spare().ready()
    assert pool.reopened[0].opened
    assert pool.holder(1).told("slot")[-1]["slot"] == 1


def test_nobody_keeps_the_sockets_of_a_closed_slot() -> None:
    """A worker that still drains after a roll holds its slot's sockets: when the slot is closed, it is ended."""
    pool = Pool().bring_up()
    old = pool.holder(1)
    pool.pool.roll({"n": 2}, at_once=3)
    for _ in range(6):
        for worker in [worker for worker in pool.workers if not worker.told("stop") and worker is not old]:
            worker.ready()
        pool.holder(1).die()
        if pool.sockets[1].closed:
            break
    assert old.killed
    assert pool.sockets[1].closed


def test_worker_that_does_not_answer_is_ended_as_hung() -> None:
    """While the others do: the spare has its slot in the same turn, and the death is told by its word."""
    pool = Pool().bring_up()
    hung = pool.holder(0)
    spare = pool.spare()
    for _ in range(8):
        pool.clock.advance(PoolLimits().ping_seconds)
        for worker in pool.workers:
            if worker is not hung and worker.told("ping"):
                worker.say({"type": "pong"})
    assert (hung.killed, pool.deaths) == (True, ["hung"])
    assert spare.told("slot")[-1]["slot"] == 0


def test_restarts_slow_down_when_everything_dies() -> None:
    """Workers that die at once are not started in a tight loop."""
    pool = Pool(1)
    for _ in range(20):
        for worker in list(pool.workers):
            worker.die("exit_error")
    started = len(pool.launcher.children)
    assert started < 12
    pool.clock.advance(10)
    assert len(pool.launcher.children) > started


def test_activation_waits_for_every_ready_worker() -> None:
    """The spare counts too; a worker that is still starting gets the index with its start."""
    pool = Pool(1)
    one, two = pool.workers
    one.ready()
    generation = pool.pool.set_index(memfd())
    one.take_index()
    assert (generation, pool.activated) == (1, [1])
    two.ready()
    assert pool.pool.set_index(memfd()) == 2
    one.take_index()
    assert pool.activated == [1]
    two.take_index()
    assert pool.activated == [1, 2]


def test_death_of_the_last_straggler_activates() -> None:
    """A worker that dies instead of answering holds nobody up."""
    pool = Pool(1).bring_up()
    pool.pool.set_index(memfd())
    pool.holder(0).take_index()
    pool.spare().die()
    assert pool.activated == [1, 2]


def test_worker_that_hangs_on_an_index_is_killed() -> None:
    """A worker that never takes an index up is replaced by one that does."""
    pool = Pool(1).bring_up()
    holder = pool.holder(0)
    pool.pool.set_index(memfd())
    pool.spare().take_index()
    pool.clock.pump([10] * 6)
    assert holder.killed
    assert pool.deaths == ["hung"]
    assert pool.holder(0)


def test_without_memory_for_counters_the_old_sums_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slot that nobody held could not be given away: its counts are there, and the next attempt goes well."""
    pool = Pool(1).bring_up()
    pool.pool.roll({"n": 2})
    for old in pool.workers[:2]:
        old.die()
    slot = pool.pool.slots[0]
    slot.region.cells[0] = 7
    with monkeypatch.context() as patch:
        patch.setattr(pool.tally, "region", _no_memory)
        with pytest.raises(OSError):
            pool.launcher.newest("worker").ready()
    assert slot.region.cells[0] == 7
    pool.launcher.newest("worker").take_index()
    assert pool.holder(0)


def _no_memory() -> Region:
    raise OSError(errno.ENOMEM, "no memory")


def test_refused_index_leaves_the_old_one_in_force() -> None:
    """A worker with an index goes on with it; one that never had any is ended."""
    pool = Pool(1).bring_up()
    holder, spare = pool.holder(0), pool.spare()
    pool.pool.set_index(memfd())
    holder.say({"type": "index_refused", "generation": 2, "code": "damaged"})
    pool.clock.advance(50)
    spare.take_index()
    pool.clock.advance(50)
    assert not holder.killed
    holder.die()
    newest = pool.workers[-1]
    newest.say({"type": "index_refused", "generation": 2, "code": "unmappable"})
    assert newest.killed
    assert len(pool.faults) == 2


def test_roll_takes_slots_over_one_by_one() -> None:
    """New settings: old workers answer until a new one holds their slot, then drain; sums survive."""
    pool = Pool().bring_up()
    old = [pool.holder(0), pool.holder(1)]
    counters = pool.pool.slots[0].region
    counters.cells[0] = 5
    pool.tally.labels = Labels(("v:53",), ("demo",))
    pool.pool.roll({"n": 2})
    assert not any(worker.told("stop") for worker in old)
    new = [worker for worker in pool.workers if worker.sent[0]["settings"] == {"n": 2}]
    assert len(new) == 3
    new[0].ready()
    assert [bool(worker.told("stop")) for worker in old] == [True, False]
    new[1].ready()
    new[2].ready()
    assert all(worker.told("stop") for worker in old)
    for worker in old:
        worker.die("exit_0")
    assert pool.tally.totals().cache_hits == 5
    assert (pool.deaths, pool.pool.spares) == ([], 1)


def test_roll_one_at_a_time_starts_the_next_when_a_slot_is_taken_over() -> None:
    """A rolling restart costs one more process beside the old ones, and `behind` says which slots still wait."""
    pool = Pool(3).bring_up()
    pool.pool.roll({"n": 1}, at_once=1)
    for done in range(3):
        assert pool.pool.behind == list(range(done, 3))
        new = pool.launcher.newest("worker")
        assert len(pool.launcher.children) == 4 + done + 1
        old = pool.holder(done)
        new.ready()
        new.serve()
        assert pool.pool.behind == list(range(done, 3)), "the old one may still read"
        old.die("exit_0")
    assert not pool.pool.behind
    assert not pool.launcher.newest("worker").told("slot")  # the new spare


def test_the_old_spare_stands_by_while_others_are_replaced() -> None:
    """A worker that dies before any new one is warm is made good at once, and nobody old is left at the end."""
    pool = Pool().bring_up()
    spare = pool.spare()
    pool.pool.roll({"n": 2})
    pool.holder(1).die("sigkill")
    assert spare.told("slot")[-1]["slot"] == 1
    for worker in pool.workers:
        if worker.sent[0]["settings"] == {"n": 2}:
            worker.ready()
    assert spare.told("stop")
    assert all(worker.told("stop") or worker.sent[0]["settings"] == {"n": 2} for worker in pool.workers)


def test_an_old_spare_nobody_needed_leaves_with_the_last_old_worker() -> None:
    """It is dismissed once every slot has a new worker, not earlier."""
    pool = Pool().bring_up()
    spare = pool.spare()
    pool.pool.roll({"n": 2})
    first, second, *_ = (worker for worker in pool.workers if worker.sent[0]["settings"] == {"n": 2})
    first.ready()
    assert not spare.told("stop")
    second.ready()
    assert spare.told("stop")


def test_worker_that_does_not_drain_is_killed() -> None:
    """Leaving takes at most four seconds."""
    pool = Pool(1).bring_up()
    holder = pool.holder(0)
    pool.pool.roll({"n": 2})
    for worker in pool.workers:
        if not worker.told("stop"):
            worker.ready()
    pool.clock.advance(4)
    assert holder.killed
    assert pool.deaths == []


def test_stop_waits_for_all_and_starts_nobody() -> None:
    """Every worker is told, the slow ones are killed, then the pool reports once."""
    pool, done = Pool().bring_up(), []
    pool.pool.stop(lambda: done.append(True))
    pool.workers[0].die("exit_0")
    assert not done
    pool.clock.advance(4)
    assert done == [True]
    pool.clock.advance(1000)
    assert not pool.workers


def test_memory_for_marks_goes_with_the_index_until_nobody_watches() -> None:
    """To workers now and to those that come; afterwards the index goes alone."""
    pool = Pool(1).bring_up()
    marks = memfd()
    pool.pool.set_index(memfd(), marks)
    holder = pool.holder(0)
    assert (holder.sent[-1], holder.fds[-1]) == ({"type": "index", "generation": 2}, 2)
    pool.spare().die()
    assert pool.launcher.newest("worker").fds[-1] == 2
    pool.pool.stop_marking()
    assert holder.sent[-1] == {"type": "stop_marking"}
    pool.launcher.newest("worker").die()
    assert pool.launcher.newest("worker").fds[-1] == 1
    os.close(marks)


def test_only_workers_that_answer_are_asked() -> None:
    """The spare has kept nothing; one that leaves is nobody's business any more. Words and ends come back."""
    pool = Pool(2).bring_up()
    tried: list[object] = []
    pool.pool.on_tried = lambda worker, number: tried.append((worker, number))
    pool.pool.on_gone = tried.append
    asked = pool.pool.ask_serving({"type": "try", "trial": 7}, [])
    assert [worker.child for worker in asked] == [pool.holder(0), pool.holder(1)]
    pool.holder(0).say({"type": "tried", "trial": 7})
    pool.holder(1).die()
    assert tried == [(asked[0], 7), asked[1]]
