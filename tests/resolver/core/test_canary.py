"""The dry canary on a worker's cache."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocklist.index import Index
from resolver.core.canary import CanaryLimits
from tests.resolver.core.world import Reply, World, index_of, records

PLAIN = records("an www.shop.example. 60 A 192.0.2.9")
ALIAS = records("an www.shop.example. 60 CNAME cdn.new.example.", "an cdn.new.example. 60 A 192.0.2.9")
MAIL = records("an www.shop.example. 60 MX 10 mail.example.")
PROOF = records("an www.shop.example. 60 DS 1 13 2 " + "00" * 32)


def trial(world: World, candidate: Index) -> int:
    """How many different additions are in use."""
    marks = memoryview(bytearray(sum(candidate.fresh_counts)))
    canary = world.forwarder.canary(candidate, marks)
    while canary.look(world.now):
        pass
    return sum(marks)


@pytest.mark.parametrize(
    ("fresh", "rtype", "upstream", "in_use"),
    [
        ("shop.example", "A", PLAIN, 1),
        ("other.example", "A", PLAIN, 0),
        ("new.example", "A", ALIAS, 1),
        ("new.example", "AAAA", ALIAS, 1),
        ("new.example", "TXT", ALIAS, 0),  # an alias leads nowhere but for the types that block
        ("shop.example", "MX", MAIL, 1),  # a name in use is one in use, whatever is asked of it
        ("shop.example", "DS", PROOF, 0),  # never touched by a list
        ("shop.example", "A", records("servfail"), 0),
    ],
)
def test_names_in_use_are_decided_by_the_candidate(fresh: str, rtype: str, upstream: Reply, in_use: int) -> None:
    """Question names and what their answers lead to, as they would be decided after activation."""
    world = World(upstream, index=index_of())
    world.ask("www.shop.example", rtype)
    assert trial(world, index_of(fresh=[fresh])) == in_use


def test_only_different_additions_count() -> None:
    """Twenty names below one new domain, each asked for two types, are one addition in use."""
    world = World(PLAIN, index=index_of())
    for number in range(20):
        for rtype in ("A", "AAAA"):
            world.ask(f"n{number}.shop.example", rtype)
    assert trial(world, index_of(fresh=["shop.example", "idle.example"])) == 1


def test_what_is_listed_already_or_exempt_is_not_new() -> None:
    """Known entries, names blocked by another entry, and exempt names are passed over."""
    world = World(PLAIN, index=index_of(["known.example"], hosts=[]))
    for name in ("a.known.example", "b.fresh.known.example", "c.free.example", "d.shop.example"):
        world.ask(name)
    fresh = ["fresh.known.example", "free.example", "shop.example"]
    assert trial(world, index_of(["known.example"], fresh=fresh, exempt=["free.example"])) == 1


def test_old_entries_and_self_tests_are_not_counted() -> None:
    """Names asked for are no matter when the candidate lists them without having added them, or only for testing."""
    world = World(PLAIN, index=index_of())
    world.ask("old.example")
    world.ask("selftest.example")
    assert trial(world, index_of(["old.example"], test=["selftest.example"])) == 0


def test_answers_that_ended_are_not_in_use() -> None:
    """The cache may still hold what nobody asked for since its TTL ended."""
    world = World(PLAIN, index=index_of())
    world.ask("www.shop.example")
    world.pass_time(61)
    assert trial(world, index_of(fresh=["shop.example"])) == 0


def test_a_trial_changes_nothing() -> None:
    """Names go on resolving, from the cache, and nothing is counted."""
    world = World(PLAIN, index=index_of())
    world.ask("www.shop.example")
    before = world.numbers
    assert trial(world, index_of(fresh=["shop.example"])) == 1
    assert world.numbers == before
    world.ask("www.shop.example")
    assert (world.numbers.cache_hits, len(world.sent)) == (1, 1)


def test_slices_go_on_where_they_stopped() -> None:
    """Each answer is looked at once, however short the slices and whatever is asked meanwhile."""
    world = World(PLAIN, index=index_of())
    for number in range(5):
        world.ask(f"n{number}.shop.example")
    candidate = index_of(fresh=[f"n{number}.shop.example" for number in range(9)])
    marks = memoryview(bytearray(9))
    canary = world.forwarder.canary(candidate, marks)
    rounds = 1
    while canary.look(world.now):
        rounds += 1
        world.ask(f"late{rounds}.example")
    assert (rounds, sum(marks)) == (5, 5)
    assert not canary.look(world.now)


NAMES = st.from_regex(r"[ab](\.[ab]){0,2}\.example", fullmatch=True)


@settings(max_examples=10, deadline=None)
@given(st.sets(NAMES, max_size=5), st.sets(NAMES, max_size=6), st.sets(NAMES, max_size=4))
def test_the_canary_agrees_with_a_plain_search(asked: set[str], fresh: set[str], old: set[str]) -> None:
    """For arbitrary names and lists it marks the most specific new entry of each name that is not blocked yet."""
    world = World(PLAIN, index=index_of(sorted(old)))
    for name in asked:
        world.ask(name)
    expected = set()
    for name in asked:
        above = [name.split(".", depth)[-1] for depth in range(name.count(".") + 1)]
        listed = [each for each in above if each in fresh | old]
        if listed and listed[0] not in old and not old & set(above):
            expected.add(listed[0])
    assert trial(world, index_of(sorted(old), fresh=sorted(fresh - old))) == len(expected)


@pytest.mark.parametrize(("added", "most"), [(10, 10), (1_000, 10), (1_001, 11), (50_000, 500)])
def test_ten_or_one_percent_hold(added: int, most: int) -> None:
    """The larger of 10 and 1 % of the additions."""
    assert CanaryLimits().holds_at(added) == most
