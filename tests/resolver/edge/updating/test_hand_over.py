"""The updater's newest index, from compiling to the workers' word."""

from __future__ import annotations

from typing import Any

import pytest

from blocklist.errors import OperatorFault
from resolver.edge.updating.hand_over import OFFSET_SLACK, WAIT_SECONDS, HandOver
from tests.resolver.edge.fake_lists import FakeList, Surroundings, exemption


def _hand(around: Surroundings) -> HandOver:
    return HandOver(around.clock, around.send)  # type: ignore[arg-type]


def test_only_a_change_is_handed_over() -> None:
    """A re-signed timestamp changes nothing to enforce and raises no generation; a list or exemption does."""
    around = Surroundings(FakeList("demo", 1), FakeList("empty"))
    hand = _hand(around)
    for _ in range(3):
        hand.renew(around.sources)
    around.exempt = (exemption(),)
    hand.renew(around.sources)
    around.lists["demo"].version = 2
    hand.renew(around.sources)
    hand.renew(around.sources, anyway=True)
    assert [message["generation_hint"] for message in around.sent] == [1, 2, 3, 4]
    assert around.sent[-1]["lists"] == [
        {"list_id": "demo", "version": 2, "entries": 1, "withdrawn": 0, "published_at": None, "withdrawn_at": None}
    ]
    assert all(around.sizes)


def test_a_version_that_confirms_what_is_enforced_is_handed_over() -> None:
    """A set that withdrawals had made already is a version of its own: status and `good` must come to name it."""
    around = Surroundings(FakeList("demo", 1))
    hand = _hand(around)
    hand.renew(around.sources)
    around.lists["demo"].version, around.lists["demo"].confirms = 2, 1
    hand.renew(around.sources)
    assert [message["lists"][0]["version"] for message in around.sent] == [1, 2]
    assert hand.confirm(2) == {"demo": 2}


def test_workers_are_given_the_time_anew_when_it_has_moved() -> None:
    """After a long pause entries end by an old trusted time until a list body is reached: then by the new one."""
    around = Surroundings(FakeList("demo", 1))
    hand = _hand(around)
    for offset in (0.0, OFFSET_SLACK - 1, 3 * 86400.0, 3 * 86400.0 + 60):
        around.offset = offset
        hand.renew(around.sources)
    assert [message["generation_hint"] for message in around.sent] == [1, 2]


def test_nothing_to_enforce_is_no_index() -> None:
    """A host without any list hands nothing over."""
    around = Surroundings(FakeList("empty"))
    _hand(around).renew(around.sources)
    assert not around.sent


def test_failed_compile_leaves_the_old_index_and_is_tried_again() -> None:
    """Nothing is sent, and the next renewal takes the change up."""
    around = Surroundings(FakeList("demo", 1))
    hand = _hand(around)
    around.compile_fault = OperatorFault("sealed", "the exemptions do not open")
    with pytest.raises(OperatorFault):
        hand.renew(around.sources)
    around.compile_fault = None
    hand.renew(around.sources)
    assert len(around.sent) == 1


def test_word_of_the_workers_names_the_versions() -> None:
    """The versions of the newest index are good; an older one's word says nothing about the newest."""
    around = Surroundings(FakeList("demo", 1))
    hand = _hand(around)
    hand.renew(around.sources)
    around.lists["demo"].version = 2
    hand.renew(around.sources)
    assert hand.confirm(1) == {}
    assert hand.confirm(2) == {"demo": 2}


def test_waiting_for_the_newest_index() -> None:
    """At once when it is in force already, when the word comes, or with False after the limit."""
    around, got = Surroundings(FakeList("demo", 1)), []
    hand = _hand(around)
    hand.in_force().addCallback(got.append)
    hand.renew(around.sources)
    hand.in_force().addCallback(got.append)
    hand.in_force().addCallback(got.append)
    assert got == [True]
    hand.confirm(1)
    assert got == [True] * 3
    hand.renew(around.sources, anyway=True)
    hand.in_force().addCallback(got.append)
    around.clock.advance(WAIT_SECONDS)
    hand.confirm(2)
    assert got == [True, True, True, False]


def newcomers(count: int) -> list[bytes]:
    """So many tokens that no other list of the test has."""
    return [bytes([200, number]) * 8 for number in range(count)]


def test_new_additions_are_handed_over_with_their_number_and_a_plan() -> None:
    """Of every list in the order of the index; what is to be tried has the number that holds it."""
    around = Surroundings(FakeList("demo", 1), FakeList("other", 1))
    around.lists["demo"].added = newcomers(12)
    _hand(around).renew(around.sources)
    assert around.sent[-1]["fresh"] == [
        {"list_id": "demo", "fresh": 12, "breaker": True},
        {"list_id": "other", "fresh": 0, "breaker": True},
    ]
    assert around.sent[-1]["trial"] == [{"list_id": "demo", "fresh": 12, "most": 10}]


@pytest.mark.parametrize("change", ["off", "few", "good"])
def test_what_cannot_be_held_is_not_tried(change: str) -> None:
    """A list whose canary is off, an update too small to reach the limit, a version workers had in force before."""
    around = Surroundings(FakeList("demo", 1), guarded=change != "off")
    around.lists["demo"].added = newcomers(9 if change == "few" else 12)
    around.lists["demo"].good = [1] if change == "good" else []
    _hand(around).renew(around.sources)
    assert around.sent[0]["trial"] == []
    assert around.sent[0]["fresh"][0]["breaker"] is (change != "off")


def test_a_refused_index_is_handed_over_again() -> None:
    """Until something was set aside, or a disk has room again: workers have none of it, its removals neither."""
    around = Surroundings(FakeList("demo", 1))
    hand = _hand(around)
    hand.renew(around.sources)
    assert hand.refused(1) == {"demo": 1}
    hand.renew(around.sources)
    assert [message["generation_hint"] for message in around.sent] == [1, 2]
    assert hand.refused(1) == {}
    hand.renew(around.sources)
    assert len(around.sent) == 2


def told_of(message: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Version, entries and withdrawals of each list, and whether additions of it go on trial."""
    on_trial = {each["list_id"] for each in message["trial"]}
    keys = ("version", "entries", "withdrawn", "published_at")
    return [(*(each[key] for key in keys), each["list_id"] in on_trial) for each in message["lists"]]


def in_force(demo: FakeList) -> tuple[Surroundings, HandOver]:
    """A list whose first version workers have in force."""
    around = Surroundings(demo)
    hand = _hand(around)
    hand.renew(around.sources)
    assert hand.confirm(1)
    return around, hand


def test_only_additions_wait_for_a_trial() -> None:
    """What a version takes out is in force at once, under the number of the one before; then the rest is tried."""
    demo = FakeList("demo", 1)
    demo.published = 100.0
    around, hand = in_force(demo)
    demo.version, demo.published, demo.added = 2, 200.0, newcomers(12)  # version 1's entry is not in it
    hand.renew(around.sources)
    first, second = around.sent[1:]
    assert told_of(first) == [(1, 1, 0, 100.0, False)]
    assert told_of(second) == [(2, 13, 0, 200.0, True)]
    assert [each["fresh"] for each in (*first["fresh"], *second["fresh"])] == [0, 12]
    assert hand.confirm(2) == {}
    assert hand.confirm(3) == {"demo": 2}


def test_additions_alone_are_only_tried() -> None:
    """Nothing else changed, so workers are given nothing else."""
    demo = FakeList("demo", 1)
    around, hand = in_force(demo)
    demo.version, demo.added, demo.confirms = 2, newcomers(12), 1
    hand.renew(around.sources)
    assert [bool(message["trial"]) for message in around.sent] == [False, True]


def test_a_withdrawal_and_an_exemption_wait_for_no_trial() -> None:
    """They come while additions are tried, and when these were found in use but no disk could take that: at once."""
    demo = FakeList("demo", 1)
    around, hand = in_force(demo)
    demo.version, demo.added, demo.confirms = 2, newcomers(12), 1
    hand.renew(around.sources)
    demo.out = 1
    hand.renew(around.sources)
    assert [told_of(message) for message in around.sent[2:]] == [[(1, 0, 1, None, False)], [(2, 12, 1, None, True)]]
    assert hand.refused(4) == {"demo": 2}
    around.exempt, got = (exemption(),), []
    hand.renew(around.sources)
    assert [bool(message["trial"]) for message in around.sent[4:]] == [False, True]
    hand.in_force(additions=False).addCallback(got.append)
    hand.in_force().addCallback(got.append)
    hand.confirm(5)
    assert got == [True]
    assert hand.refused(6) == {"demo": 2}
    hand.renew(around.sources)
    assert [bool(message["trial"]) for message in around.sent[6:]] == [True]


def test_a_new_updater_takes_nothing_out_first() -> None:
    """It cannot know whether workers have the additions already: the last one may have ended before it said so."""
    around = Surroundings(FakeList("demo", 1))
    around.lists["demo"].added = newcomers(12)
    hand = _hand(around)
    hand.renew(around.sources)
    assert [told_of(message) for message in around.sent] == [[(1, 13, 0, None, True)]]
    assert hand.refused(1) == {"demo": 1}
    hand.renew(around.sources)
    assert [told_of(message) for message in around.sent[1:]] == [[(1, 1, 0, None, False)], [(1, 13, 0, None, True)]]


def test_additions_in_force_are_not_tried_again() -> None:
    """Their word is in, only not yet on the disk: a withdrawal in that moment must not take them out of force."""
    demo = FakeList("demo", 1)
    around, hand = in_force(demo)
    demo.version, demo.added, demo.confirms = 2, newcomers(12), 1
    hand.renew(around.sources)
    assert hand.confirm(2) == {"demo": 2}
    demo.out = 1
    hand.renew(around.sources)
    assert told_of(around.sent[-1]) == [(2, 12, 1, None, False)]
    assert len(around.sent) == 3


def test_additions_that_are_no_longer_new_are_no_change() -> None:
    """After half an hour nobody is given another generation for it."""
    around, hand = in_force(FakeList("demo", 1))
    around.lists["demo"].added = newcomers(12)
    hand.renew(around.sources)
    around.lists["demo"].watched = False
    hand.renew(around.sources)
    assert len(around.sent) == 2
