"""Who leaves: the account of bytes, the two queues, what a flood of names asked once can do."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from resolver.core.eviction import USES_MAX, Kept, Shelf

SIZE = 10_000


def full_of(names: int, cost: int = 100) -> Shelf[Kept]:
    """A shelf on which so many things stand that were used more than once."""
    shelf: Shelf[Kept] = Shelf(SIZE)
    for _ in range(2):
        for name in range(names):
            shelf.put(b"%d" % name, Kept(), cost)
            shelf.things[b"%d" % name].uses = USES_MAX
    return shelf


def test_names_asked_once_do_not_displace_those_in_use() -> None:
    """A thousand strangers pass through; of eighty popular things none is gone."""
    shelf = full_of(80)
    for number in range(1000):
        shelf.put(b"stranger%d" % number, Kept(), 100)
    assert all(b"%d" % name in shelf.things for name in range(80))
    assert shelf.used <= SIZE


def test_what_nobody_uses_any_more_leaves_in_the_end() -> None:
    """Popular once, never again: after a few rounds of things that are used, its room is theirs."""
    shelf = full_of(80)
    for _ in range(30):
        for number in range(99):
            shelf.put(b"new%d" % number, Kept(), 100)
            if (thing := shelf.things.get(b"new%d" % number)) is not None:
                thing.uses = USES_MAX
    assert sum(b"%d" % name in shelf.things for name in range(80)) == 0


def test_what_left_a_short_while_ago_comes_back_to_stay() -> None:
    """Its hash is remembered: the second time it stands with those in use."""
    shelf = full_of(80)
    shelf.put(b"again", Kept(), 100)
    strangers = count()
    while b"again" in shelf.things:
        shelf.put(b"stranger%d" % next(strangers), Kept(), 100)
    shelf.put(b"again", Kept(), 100)
    assert shelf.things[b"again"].in_main


def test_a_new_answer_takes_the_place_and_the_uses_of_the_old() -> None:
    """An answer fetched again is no new name."""
    shelf = full_of(1)
    shelf.put(b"0", Kept(), 300)
    assert (shelf.things[b"0"].uses, shelf.used) == (USES_MAX, 300)


def test_the_same_thing_may_be_put_again_at_another_cost() -> None:
    """It is counted once, at its last cost."""
    shelf: Shelf[Kept] = Shelf(SIZE)
    thing = Kept()
    for cost in (100, 300, 200):
        shelf.put(b"a", thing, cost)
    assert shelf.used == 200


@pytest.mark.parametrize("size", [0, 1, 50])
def test_what_does_not_fit_is_not_kept(size: int) -> None:
    """Nothing loops, nothing stays."""
    shelf: Shelf[Kept] = Shelf(size)
    shelf.put(b"a", Kept(), 100)
    assert (len(shelf.things), shelf.used) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 4000), st.integers(0, USES_MAX)), max_size=120))
def test_the_bound_holds_whatever_comes(steps: list[tuple[int, int, int]]) -> None:
    """After every step: within the bound, and the account is the sum of what stands there."""
    shelf: Shelf[Kept] = Shelf(SIZE)
    for name, cost, uses in steps:
        thing = Kept()
        shelf.put(b"%d" % name, thing, cost)
        thing.uses = uses
        assert shelf.used == sum(each.cost for each in shelf.things.values()) <= SIZE


class Queues(RuleBasedStateMachine):
    """Every key stands in exactly one queue, once; the small queue's account is exact."""

    def __init__(self) -> None:
        super().__init__()
        self.shelf: Shelf[Kept] = Shelf(1000)

    @rule(name=st.integers(0, 20), cost=st.integers(1, 300))
    def put(self, name: int, cost: int) -> None:
        self.shelf.put(b"%d" % name, Kept(), cost)

    @rule(name=st.integers(0, 20))
    def use(self, name: int) -> None:
        thing = self.shelf.things.get(b"%d" % name)
        if thing is not None and thing.uses < USES_MAX:
            thing.uses += 1

    @invariant()
    def each_key_stands_once(self) -> None:
        queued = [*self.shelf._small, *self.shelf._main]
        assert sorted(queued) == sorted(self.shelf.things)
        assert all(self.shelf.things[key].in_main for key in self.shelf._main)
        small = sum(self.shelf.things[key].cost for key in self.shelf._small)
        assert (self.shelf._small_used, len(self.shelf._gone)) == (small, 1)


TestQueues = Queues.TestCase


class Landing(Kept):
    """One that knows its key and its cost from the start."""

    def __init__(self, key: bytes, cost: int) -> None:
        super().__init__()
        self.key, self.cost = key, cost


@given(st.lists(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 400), st.booleans()), max_size=8), max_size=12))
def test_many_at_once_stand_as_they_would_one_by_one(batches: list[list[tuple[int, int, bool]]]) -> None:
    """Things, their order, the account and what is remembered: the same, also of those that were there before."""
    whole: Shelf[Landing] = Shelf(1000)
    single: Shelf[Landing] = Shelf(1000)
    for batch in batches:
        whole.put_all([Landing(b"%d" % name, cost) for name, cost, _ in batch])
        for name, cost, _ in batch:
            single.put(b"%d" % name, Landing(b"%d" % name, cost), cost)
        for name, _, is_used in batch:
            for thing in (shelf.things.get(b"%d" % name) for shelf in (whole, single)):
                if thing is not None and is_used:
                    thing.uses = 1
        told = [
            ([(key, each.cost, each.in_main, each.uses) for key, each in shelf.things.items()], shelf.used, shelf._gone)
            for shelf in (whole, single)
        ]
        assert told[0] == told[1]
