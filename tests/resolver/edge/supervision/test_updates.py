"""The supervisor's talk with the updater."""

from __future__ import annotations

import mmap
import os
import socket
import sys
from typing import Any

from twisted.internet.task import Clock

from resolver.edge.supervision.latency import Latencies
from resolver.edge.supervision.list_board import ListBoard
from resolver.edge.supervision.pool import WorkerPool
from resolver.edge.supervision.tally import Labels, Tally
from resolver.edge.supervision.updates import COMMAND_SECONDS, Updates
from tests.resolver.edge.fake_children import FakeChild, FakeLauncher, FakeSockets, memfd
from tests.resolver.edge.supervision.test_list_board import said

DEMO = {"list_id": "demo", "version": 2, "entries": 7, "withdrawn": 0, "published_at": 130.0, "withdrawn_at": None}
INDEX = {"type": "index", "generation_hint": 4, "lists": [DEMO], "fresh": [], "trial": []}
NEW = {"fresh": [{"list_id": "demo", "fresh": 40, "breaker": True}]}
TRIAL = NEW | {"trial": [{"list_id": "demo", "fresh": 40, "most": 10}]}


class Talk:
    """One worker and its spare, one updater."""

    def __init__(self) -> None:
        self.clock, self.launcher = Clock(), FakeLauncher()
        self.board = ListBoard(self.clock.seconds)
        self.board.configure(["demo"])
        self.latencies = Latencies(lambda: 100.0 + self.clock.seconds())
        self.latencies.configure(["demo"])
        clock: Any = self.clock
        sockets: Any = FakeSockets
        self.pool = WorkerPool(clock, self.launcher, Tally(Labels()), sockets)
        self.deaths: list[str] = []
        self.faults: list[object] = []
        self.updates = Updates(
            clock,
            self.launcher,
            self.pool,
            self.board,
            self.latencies,
            lambda: None,
            lambda kind, _reason: self.deaths.append(kind),
            lambda kind, _message: self.faults.append(kind),
        )
        self.pool.start({}, [sockets()])
        self.updates.start({"n": 1})

    @property
    def updater(self) -> FakeChild:
        return self.launcher.newest("updater")

    def hand_over(self, more: dict[str, Any] | None = None) -> None:
        fd = memfd()
        self.updater.say(INDEX | (more or {}), [fd])
        os.close(fd)

    def serve(self) -> FakeChild:
        """Queries are let in; the worker that answers."""
        self.pool.open()
        holder = next(worker for worker in self.launcher.living("worker") if worker.told("slot"))
        holder.serve()
        return holder

    def take(self) -> None:
        for worker in self.launcher.living("worker"):
            worker.ready()


def test_index_is_in_force_when_workers_say_so() -> None:
    """Handed over, taken by all workers, then told to the updater and to the board; settled only after that."""
    talk = Talk()
    assert talk.updater.sent == [{"type": "start", "settings": {"n": 1}}]
    talk.hand_over()
    talk.updater.say(said())
    assert not talk.updates.settled
    assert not talk.board.in_force()
    talk.take()
    assert talk.updater.sent[-1] == {"type": "activated", "generation": 1, "generation_hint": 4}
    assert talk.board.in_force() == {"demo"}
    assert talk.updates.settled


def test_the_way_here_is_timed_to_the_last_worker() -> None:
    """From the body's publication until all workers have the version in force, not until it was handed over."""
    talk = Talk()
    talk.clock.advance(40)
    talk.hand_over()
    talk.clock.advance(5)
    assert talk.latencies.view()["demo"].publish.last is None
    talk.take()
    assert talk.latencies.view()["demo"].publish.last == 15.0


def test_self_test_results_come_to_the_board() -> None:
    """The updater asks, the supervisor counts."""
    talk = Talk()
    talk.updater.say({"type": "selftest", "list_id": "demo", "result": "no_answer"})
    assert talk.board.views()[0].self_test == "no_answer"


def test_unsealed_index_is_refused() -> None:
    """What could still be changed or cut short never reaches a worker."""
    talk = Talk()
    read, write = os.pipe()
    talk.updater.say(INDEX, [read])
    os.close(read)
    os.close(write)
    talk.updater.say(INDEX)
    assert talk.pool.index.generation == 0


def test_command_comes_back_with_its_own_result() -> None:
    """Two commands under way are told apart by number; a strange number is passed over."""
    talk, got = Talk(), []
    for verb in ("refresh", "accept"):
        talk.updates.command(verb, "demo", 1234).addCallback(got.append)
    assert talk.updater.told("command")[1] == {
        "type": "command",
        "id": 2,
        "verb": "accept",
        "list_id": "demo",
        "by": 1234,
    }
    data = {"list_id": "demo"}
    talk.updater.say({"type": "result", "id": 9, "ok": True, "text": "?", "data": None})
    talk.updater.say({"type": "result", "id": 2, "ok": True, "text": "accepted", "data": data})
    talk.updater.say({"type": "result", "id": 1, "ok": False, "text": "cut", "data": None})
    assert got == [{"ok": True, "text": "accepted", "data": data}, {"ok": False, "text": "cut", "data": None}]


def test_command_never_hangs() -> None:
    """An updater that dies, is silent, or is not there answers with words."""
    talk, got = Talk(), []
    talk.updates.command("refresh", None).addCallback(got.append)
    talk.updater.die()
    assert "try once more" in got[0]["text"]
    talk.updates.command("refresh", None).addCallback(got.append)
    assert "being started again" in got[1]["text"]
    talk.clock.advance(1)
    talk.updates.command("refresh", None).addCallback(got.append)
    talk.clock.advance(COMMAND_SECONDS)
    assert "has not answered" in got[2]["text"]
    assert [reply["ok"] for reply in got] == [False] * 3
    assert talk.deaths == ["updater"]


def test_dead_updater_leaves_the_index_in_force() -> None:
    """Answering does not stop because the updater did; the next one hands over anew."""
    talk = Talk()
    talk.hand_over()
    talk.take()
    talk.updater.die()
    assert talk.board.in_force() == {"demo"}
    talk.clock.advance(1)
    talk.hand_over()
    assert talk.pool.index.generation == 2


def test_an_updater_is_not_told_of_its_predecessors_index() -> None:
    """Both count from 1: it would take its own next one for activated, and mark a version good that nobody has."""
    talk = Talk()
    talk.hand_over()
    talk.updater.die()
    talk.clock.advance(1)
    talk.take()
    assert [message["generation_hint"] for message in talk.updater.told("activated")] == [0]
    assert talk.board.in_force() == {"demo"}


def test_new_settings_bring_a_new_updater() -> None:
    """It is greeted with them; errors it reports are counted."""
    talk = Talk()
    talk.updates.renew({"n": 2})
    assert talk.updater.sent == [{"type": "start", "settings": {"n": 2}}]
    talk.updater.say({"type": "fault", "code": "unexpected_error"})
    assert (talk.faults, talk.deaths) == (["updater"], [])


def test_new_additions_are_tried_before_they_are_in_force() -> None:
    """The serving worker tries the index; only its word puts it in force, with memory to mark in."""
    talk = Talk()
    talk.take()
    worker = talk.serve()
    talk.hand_over(TRIAL)
    assert (worker.told("index"), worker.sent[-1]) == ([], {"type": "try", "trial": 1})
    worker.say({"type": "tried", "trial": 1})
    assert (worker.sent[-1], worker.fds[-1]) == ({"type": "index", "generation": 1}, 2)
    assert not talk.updater.told("in_use")


def test_additions_in_use_are_told_to_the_updater_and_not_put_in_force() -> None:
    """It is told which list, and nothing of how many; what it hands over next takes the place."""
    talk = Talk()
    talk.take()
    worker = talk.serve()
    talk.hand_over(TRIAL | {"trial": [{"list_id": "demo", "fresh": 40, "most": 0}]})
    assert talk.updater.told("in_use") == [{"type": "in_use", "generation_hint": 4, "lists": ["demo"]}]
    assert not worker.told("index")
    talk.hand_over()
    assert (worker.sent[-1], worker.fds[-1]) == ({"type": "index", "generation": 1}, 1)


def test_an_index_on_trial_goes_with_its_updater() -> None:
    """The next updater finds the version untried on the disk and hands it over anew."""
    talk = Talk()
    talk.take()
    worker = talk.serve()
    talk.hand_over(TRIAL)
    talk.updater.die()
    talk.clock.advance(11)
    worker.say({"type": "tried", "trial": 1})
    assert not worker.told("index")


def test_a_tripped_breaker_is_a_command_to_the_updater() -> None:
    """Enough different marks in one window; half an hour later workers stop marking."""
    talk = Talk()
    talk.take()
    worker = talk.serve()
    talk.hand_over(NEW)
    worker.take_index()
    assert talk.pool.index.marks is not None
    memory = mmap.mmap(talk.pool.index.marks, 0)
    memory[:20] = bytes([1]) * 20
    memory[40:48] = (20).to_bytes(8, sys.byteorder)
    talk.clock.advance(10)
    tripped = {"type": "command", "id": 1, "verb": "breaker", "list_id": "demo", "by": None}
    assert talk.updater.told("command") == [tripped]
    talk.clock.pump([10.0] * 179)
    assert worker.told("stop_marking")
    assert talk.pool.index.marks is None


def test_every_updater_is_given_the_port_of_push_hints() -> None:
    """The first one, and the one after a death: the socket is the supervisor's, and closed at the end."""
    talk = Talk()
    hint = socket.socket(type=socket.SOCK_DGRAM)
    talk.updates.start({"n": 1}, hint)
    assert talk.updater.fds == [1]
    talk.updater.die()
    talk.clock.advance(1)
    assert talk.updater.fds == [1]
    talk.updates.stop(lambda: None)
    assert hint.fileno() == -1
