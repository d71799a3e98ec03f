"""The trial of a new index, with fake workers that mark what the test says."""

from __future__ import annotations

import mmap
import os
import resource
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from twisted.internet.task import Clock

from resolver.edge.channel import Message
from resolver.edge.supervision.pool import WorkerPool
from resolver.edge.supervision.tally import Labels, Tally
from resolver.edge.supervision.trial import Trial
from tests.resolver.edge.fake_children import FakeChild, FakeLauncher, FakeSockets, memfd
from tests.support.descriptors import descriptors

FRESH = [{"list_id": "one", "fresh": 40}, {"list_id": "two", "fresh": 30}, {"list_id": "three", "fresh": 0}]
PLAN = [{"list_id": "one", "fresh": 40, "most": 10}, {"list_id": "two", "fresh": 30, "most": 12}]
MESSAGE: Message = {"type": "index", "generation_hint": 3, "fresh": FRESH, "trial": PLAN}


class MarkingChild(FakeChild):
    """Keeps the memory it was given for a trial."""

    marks: mmap.mmap | None = None

    def send(self, message: Message, fds: Any = ()) -> None:
        super().send(message, fds)
        if message["type"] == "try":
            self.marks = mmap.mmap(fds[1], 0)

    def mark(self, *places: int) -> None:
        assert self.marks is not None
        for place in places:
            self.marks[place] = 1

    def tried(self) -> None:
        self.say({"type": "tried", "trial": self.told("try")[-1]["trial"]})


class MarkingLauncher(FakeLauncher):
    def launch(self, kind: str, on_message: Any, on_exit: Any) -> FakeChild:
        child = MarkingChild(kind, 1000 + len(self.children), on_message, on_exit)
        self.children.append(child)
        return child


class Trying:
    """Two slots, served unless told otherwise."""

    def __init__(self, *, serving: bool = True) -> None:
        self.clock, self.launcher = Clock(), MarkingLauncher()
        clock: Any = self.clock
        sockets: Any = FakeSockets
        self.pool = WorkerPool(clock, self.launcher, Tally(Labels()), sockets)
        self.results: list[list[str]] = []
        self.trial = Trial(clock, self.pool, self._tried)
        self.pool.start({}, [sockets(), sockets()])
        if serving:
            self.pool.open()
            for worker in self.launcher.living("worker"):
                worker.ready()
                if worker.told("slot"):
                    worker.serve()

    def _tried(self, fd: int, _message: Message, in_use: list[str]) -> None:
        os.close(fd)
        self.results.append(in_use)

    def begin(self) -> None:
        self.trial.begin(memfd(), MESSAGE)

    @property
    def asked(self) -> list[MarkingChild]:
        return [each for each in self.launcher.living("worker") if isinstance(each, MarkingChild) and each.told("try")]


def test_an_index_that_nothing_in_use_is_new_in_passes() -> None:
    """Every worker that answers is asked, the spare is not; the last one's word ends the trial."""
    trying = Trying()
    trying.begin()
    first, second = trying.asked
    assert first.fds[-1] == 2
    first.mark(*range(9))
    second.mark(*range(9), *range(40, 51))
    first.tried()
    assert trying.results == []
    second.tried()
    assert trying.results == [[]]
    assert not [call for call in trying.clock.getDelayedCalls() if call.getTime() == 10.0]


def test_without_memory_nothing_is_tried() -> None:
    """A machine out of descriptors goes on following its lists; the breaker comes after."""
    trying, fd = Trying(), memfd()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        trying.trial.begin(fd, MESSAGE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (trying.results, trying.asked) == ([[]], [])


def test_marks_of_all_workers_hold_the_list_they_belong_to() -> None:
    """Different additions of one list count together over workers; the same one marked twice counts once."""
    trying = Trying()
    trying.begin()
    first, second = trying.asked
    first.mark(*range(6))
    first.tried()
    second.mark(*range(4, 10), 50)
    second.tried()
    assert trying.results == [["one"]]


def test_enough_marks_end_the_trial_early() -> None:
    """What is held anyway need not be looked through to the end; late words are passed over."""
    trying = Trying()
    trying.begin()
    first, second = trying.asked
    first.mark(*range(40, 52))
    first.tried()
    assert trying.results == [["two"]]
    second.tried()
    trying.clock.advance(10)
    assert trying.results == [["two"]]


def test_after_ten_seconds_the_trial_is_over() -> None:
    """A worker too busy to finish holds nothing up, and what it marked by then counts."""
    for marks, result in ((range(3), []), (range(10), ["one"])):
        trying = Trying()
        trying.begin()
        trying.asked[0].mark(*marks)
        trying.asked[1].tried()
        trying.clock.advance(9.9)
        expected = [result] if result else []
        assert trying.results == expected
        trying.clock.advance(0.1)
        assert trying.results == [result]


def test_a_worker_that_dies_is_not_waited_for() -> None:
    """Its marks stay; the one that takes its place has kept nothing and is not asked."""
    trying = Trying()
    trying.begin()
    first, second = trying.asked
    first.mark(*range(6))
    first.die()
    assert trying.results == []
    second.mark(*range(6, 10))
    second.tried()
    assert trying.results == [["one"]]
    trying = Trying()
    trying.begin()
    for worker in trying.asked:
        worker.die()
    assert trying.results == [[]]


def test_a_newer_index_takes_the_place_of_the_one_on_trial() -> None:
    """The old one has no result, and the workers' word on it is not taken for the new one's."""
    trying = Trying()
    trying.begin()
    trying.asked[0].mark(*range(40))
    trying.begin()
    for worker in trying.asked:
        worker.say({"type": "tried", "trial": 1})
    assert trying.results == []
    for worker in trying.asked:
        worker.tried()
    assert trying.results == [[]]
    assert len({worker.told("try")[-1]["trial"] for worker in trying.asked}) == 1


class TrialMachine(RuleBasedStateMachine):
    """Whatever workers, clock and updater do, in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.trying = Trying()
        self.begun = False
        self.marked: set[int] = set()
        self.results = 0

    @rule()
    def begin(self) -> None:
        self.marked.clear()
        self.trying.begin()
        self.begun = True
        self.look()

    @precondition(lambda self: self.begun)
    @rule()
    def abandon(self) -> None:
        self.trying.trial.abandon()
        self.begun = False

    @precondition(lambda self: self.begun and self.trying.asked)
    @rule(data=st.data(), place=st.integers(0, 69))
    def mark(self, data: st.DataObject, place: int) -> None:
        data.draw(st.sampled_from(self.trying.asked)).mark(place)
        self.marked.add(place)

    @precondition(lambda self: self.trying.asked)
    @rule(data=st.data(), dies=st.booleans())
    def answer(self, data: st.DataObject, dies: bool) -> None:
        worker = data.draw(st.sampled_from(self.trying.asked))
        worker.die() if dies else worker.tried()
        self.look()

    @rule(seconds=st.integers(1, 6))
    def wait(self, seconds: int) -> None:
        self.trying.clock.advance(seconds)
        self.look()

    def look(self) -> None:
        """One result for each trial that was not abandoned, and the one the marks call for."""
        results = self.trying.results
        assert len(results) <= self.results + int(self.begun)
        if len(results) > self.results:
            held = [("one", 0, 40, 10), ("two", 40, 70, 12)]
            expected = [name for name, first, last, most in held if len(self.marked & set(range(first, last))) >= most]
            assert results[-1] == expected
            self.results, self.begun = len(results), False

    def teardown(self) -> None:
        self.trying.clock.advance(10)
        self.look()
        assert not self.begun


TrialMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
TestTrialMachine = TrialMachine.TestCase


def test_before_anybody_is_answered_nothing_is_tried() -> None:
    """At start there is no cache to look at: no second is lost."""
    trying = Trying(serving=False)
    trying.begin()
    assert trying.results == [[]]


def test_nothing_stays_open() -> None:
    """However it ends, descriptors are given back."""
    trying = Trying()
    before = descriptors()
    trying.begin()
    trying.begin()
    trying.trial.abandon()
    trying.trial.abandon()
    trying.begin()
    trying.clock.advance(10)
    for worker in trying.asked:
        worker.marks = None  # a mapping keeps a descriptor of its own
    assert descriptors() <= before
