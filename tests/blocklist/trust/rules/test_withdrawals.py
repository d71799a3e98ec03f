"""The rule for withdrawals, against a plain oracle that keeps one object a token."""

from __future__ import annotations

from attrs import define, evolve, field
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from blocklist.trust.rules.withdrawals import LIMITS, Ground, Withdrawals, cap, weigh
from tests.blocklist.trust.packed import numbers, records, tokens

T0 = 1_000_000.0
HOUR = 3600.0
LISTED = frozenset(range(20))


def ground(listed: frozenset[int] = LISTED, young: frozenset[int] = frozenset(), **fields: object) -> Ground:
    packed = records(listed)
    return evolve(Ground(packed, packed, tokens(*young)), **fields)


def named(*wanted: int, serial: int = 1, before: Withdrawals | None = None) -> Withdrawals:
    return evolve(before or Withdrawals(), epoch=1, serial=serial, named=tokens(*wanted))


def test_young_entries_are_taken_whole_and_old_ones_up_to_the_cap() -> None:
    """Ten young ones and three old ones are out; the fourth old one is refused, and it is the last in order."""
    done = weigh(named(*range(14)), ground(young=frozenset(range(4, 14))), T0)
    assert numbers(done.taken(T0)) == {0, 1, 2, *range(4, 14)}
    assert (done.over_cap, done.lapsed) == (1, 0)


def test_cap_is_one_percent_at_least_three_at_most_a_hundred() -> None:
    """By the size of the verified set."""
    sizes = (1, 399, 400, 9999, 10_000, 20_000)
    assert [cap(bytes(18 * size)) for size in sizes] == [3, 3, 4, 99, 100, 100]


def test_those_already_out_come_first() -> None:
    """A higher serial with more old tokens does not push out one that is out."""
    first = weigh(named(17, 18, 19), ground(), T0)
    second = weigh(named(*LISTED, serial=2, before=first), ground(), T0 + 60)
    assert numbers(second.taken(T0 + 60)) == {17, 18, 19}
    assert second.over_cap == 17


def test_confirmed_ones_make_room() -> None:
    """Once editors removed what was out, those refused before come into force."""
    first = weigh(named(*range(6)), ground(), T0)
    second = weigh(first, ground(LISTED - {0, 1, 2}), T0 + 60)
    assert numbers(second.taken(T0 + 60)) == {3, 4, 5}
    assert second.over_cap == 0


def test_token_lapses_after_72_hours_and_naming_it_again_renews_nothing() -> None:
    """It is refused for 30 days, then it may be withdrawn again."""
    first = weigh(named(1), ground(), T0)
    end = T0 + LIMITS.life
    assert numbers(first.taken(end - 1)) == {1}
    assert (first.taken(end), first.next_lapse(T0), first.overdue(end - 1), first.overdue(end)) == (
        b"",
        end,
        False,
        True,
    )
    again = weigh(named(1, serial=3, before=first), ground(), end)
    assert (again.taken(end), again.lapsed) == (b"", 1)
    month = end + LIMITS.refused
    assert weigh(again, ground(), month - 1).taken(month - 1) == b""
    assert numbers(weigh(again, ground(), month).taken(month)) == {1}


def test_leaving_a_token_out_of_the_next_file_brings_nothing_back() -> None:
    """The key may take out only: its thief cannot undo what was taken out, and a host behind the confirming version
    loses nothing by the empty file that follows it. Editors and time end it."""
    first = weigh(named(1, 2, serial=5), ground(), T0)
    later = weigh(named(serial=6, before=first), ground(), T0 + HOUR)
    assert numbers(later.taken(T0 + HOUR)) == {1, 2}
    assert weigh(later, ground(withdrawals_seen=4), T0 + HOUR).seen == later.seen
    assert weigh(later, ground(withdrawals_seen=5), T0 + HOUR).taken(T0 + HOUR) == b""
    end = weigh(later, ground(), T0 + LIMITS.life)
    assert (end.taken(T0 + LIMITS.life), end.lapsed) == (b"", 2)
    assert weigh(end, ground(), T0 + LIMITS.life).lapsed == 0  # nobody asks any more


def test_refused_token_that_is_no_longer_named_is_not_taken_when_there_is_room() -> None:
    """Nobody asks for it any more."""
    first = weigh(named(*range(6)), ground(), T0)
    later = weigh(named(*range(3), serial=2, before=first), ground(LISTED - {0, 1, 2}), T0 + 60)
    assert (later.taken(T0 + 60), later.over_cap) == (b"", 0)


def test_refused_token_lapses_too() -> None:
    """Its 72 hours run from the first sight, not from when there would be room: naming many gains no second turn."""
    first = weigh(named(*range(6)), ground(), T0)
    later = weigh(first, ground(), T0 + LIMITS.life)
    assert (later.taken(T0 + LIMITS.life), later.over_cap, later.lapsed) == (b"", 0, 6)


def test_editors_overrule_and_later_serials_count_again() -> None:
    """A version that has seen the serial and lists it still enforces it, at once; a newer serial is unseen by it."""
    first = weigh(named(1, serial=5), ground(), T0)
    overruled = weigh(first, ground(withdrawals_seen=5), T0 + 60)
    assert (overruled.taken(T0 + 60), overruled.over_cap, overruled.lapsed) == (b"", 0, 0)
    newer = weigh(named(1, serial=6, before=overruled), ground(withdrawals_seen=5), T0 + 120)
    assert numbers(newer.taken(T0 + 120)) == {1}
    assert newer.next_lapse(T0 + 120) == T0 + LIMITS.life


def test_token_that_is_not_here_yet_begins_when_it_comes() -> None:
    """Behind, or before its addition: nothing is counted; once here it is out and its 72 hours begin."""
    first = weigh(named(50), ground(), T0)
    assert (first.seen, first.taken(T0)) == ((), b"")
    arrives = T0 + 80 * HOUR
    later = weigh(first, ground(LISTED | {50}, young=frozenset({50})), arrives)
    assert numbers(later.taken(arrives)) == {50}
    assert later.next_lapse(arrives) == arrives + LIMITS.life


def test_confirmed_and_listed_again_is_a_new_case() -> None:
    """Confirmation ends the refusal of 30 days: the duty officer may withdraw the new entry."""
    first = weigh(named(1), ground(), T0)
    confirmed = weigh(first, ground(LISTED - {1}), T0 + HOUR)
    assert confirmed.seen == ()
    back = weigh(confirmed, ground(), T0 + 100 * HOUR)
    assert numbers(back.taken(T0 + 100 * HOUR)) == {1}


def test_rolled_back_version_confirms_nothing() -> None:
    """An older set that lacks the entry is no later decision of the editors: its time goes on."""
    first = weigh(named(1), ground(), T0)
    back = weigh(first, ground(LISTED - {1}, rolled_back=True), T0 + HOUR)
    dropped = weigh(named(serial=2, before=back), ground(), T0 + 2 * HOUR)
    assert numbers(dropped.taken(T0 + 2 * HOUR)) == {1}
    forward = weigh(back, ground(), T0 + LIMITS.life)
    assert (forward.taken(T0 + LIMITS.life), forward.lapsed) == (b"", 1)


def test_rolled_back_version_lets_lapse_what_it_lacks() -> None:
    """Once: else each look would find something overdue, and write the state, for as long as the rollback lasts."""
    known = weigh(named(1), ground(), T0)
    later = T0 + LIMITS.life
    assert known.overdue(later)
    assert not weigh(known, ground(LISTED - {1}, rolled_back=True), later).overdue(later)


def test_entry_never_enforced_here_is_young() -> None:
    """An addition the guards hold counts against no cap: nothing in force is lost by it."""
    held = Ground(records(LISTED), records(()), b"")
    assert numbers(weigh(named(*LISTED), held, T0).taken(T0)) == LISTED


@define
class Fact:
    """What the oracle knows of one token."""

    since: float
    serial: int
    old: bool
    out: bool = False


@define
class Oracle:
    """list.md's paragraph in the plainest words: one look after another, one token after another."""

    facts: dict[int, Fact] = field(factory=dict)
    named: frozenset[int] = frozenset()
    serial: int = 0

    def look(self, listed: frozenset[int], young: frozenset[int], seen: int, now: float) -> None:
        for number in list(self.facts):
            fact = self.facts[number]
            confirmed, forgotten = number not in listed, now - fact.since >= (72 + 30 * 24) * HOUR
            if confirmed or forgotten:
                del self.facts[number]
        for number in self.named & listed:
            if number not in self.facts:
                self.facts[number] = Fact(now, self.serial, number not in young)
            self.facts[number].serial = self.serial
        were_out = {number for number, fact in self.facts.items() if fact.out}
        for fact in self.facts.values():
            fact.out = False
        left = min(100, max(3, len(listed) // 100))
        for number in (*sorted(were_out), *sorted(set(self.facts) - were_out)):
            fact = self.facts[number]
            unseen, living = fact.serial > seen, now - fact.since < 72 * HOUR
            if (number in self.named or number in were_out) and unseen and living and (not fact.old or left > 0):
                fact.out = True
                left -= fact.old

    def out(self, now: float) -> set[int]:
        return {number for number, fact in self.facts.items() if fact.out and now - fact.since < 72 * HOUR}


SOME = st.frozensets(st.sampled_from(sorted(LISTED)), max_size=8)


class Machine(RuleBasedStateMachine):
    """Files, versions and hours in any order: rule and oracle agree, and the cap holds at every moment."""

    @initialize()
    def begin(self) -> None:
        self.now, self.listed, self.young, self.seen = T0, LISTED, frozenset[int](), 0
        self.rule, self.oracle = Withdrawals(epoch=1), Oracle()

    def look(self) -> None:
        fields = ground(self.listed, self.young, withdrawals_seen=self.seen)
        self.rule = weigh(self.rule, fields, self.now)
        self.oracle.look(self.listed, self.young, self.seen, self.now)

    @rule(wanted=SOME, step=st.integers(0, 2))
    def new_file(self, wanted: frozenset[int], step: int) -> None:
        self.rule = evolve(self.rule, serial=self.rule.serial + step, named=tokens(*wanted))
        self.oracle.named, self.oracle.serial = wanted, self.oracle.serial + step
        self.look()

    @rule(removed=SOME, added=SOME, seen=st.booleans())
    def new_version(self, removed: frozenset[int], added: frozenset[int], seen: bool) -> None:
        self.young |= added - (self.listed - removed)
        self.listed = (self.listed - removed) | added
        self.seen = self.rule.serial if seen else self.seen
        self.look()

    @rule(hours=st.sampled_from([1, 24, 71, 72, 73, 30 * 24, 33 * 24]), look=st.booleans())
    def time_passes(self, hours: int, look: bool) -> None:
        self.now += hours * HOUR
        self.young = frozenset() if hours >= 72 else self.young
        if look:
            self.look()

    @invariant()
    def agree(self) -> None:
        assert numbers(self.rule.taken(self.now)) == self.oracle.out(self.now)

    @invariant()
    def old_ones_out_stay_within_the_cap(self) -> None:
        out = [fact for fact in self.oracle.facts.values() if fact.out and fact.old]
        assert len(out) <= max(3, len(self.listed) // 100)

    @invariant()
    def nothing_stays_out_longer_than_three_days(self) -> None:
        lapse = self.rule.next_lapse(self.now)
        assert lapse is None or lapse <= self.now + 72 * HOUR


Machine.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestMachine = Machine.TestCase
