"""Acts on entries, and a state machine over them with an oracle of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from attrs import define, evolve, field
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from blocklist.canonical import format_instant
from blocklist.errors import BlocklistError, OperatorFault
from blocklist.publish.faults import Refusal
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.master.states import Standing, State
from tests.blocklist.publish.support import NOW, Office, entry

DAY = NOW.date()


def standing(office: Office, entry_id: str, day: date = DAY) -> Standing:
    (found,) = office.desk.standings(day, [entry_id])
    return found


def test_a_suspended_entry_leaves_the_next_version_and_comes_back_with_two_keys(office: Office) -> None:
    """One key takes it out. Back it comes when both signers have said so, each with her own key."""
    one, kept = entry("one.example"), entry("kept.example")
    office.subscribe()
    office.add([one, kept], office.alice, office.bob)
    office.publish()
    office.desk.suspend([one.id], office.carol, NOW, "objection")
    office.publish()
    assert office.desk.published_ids() == {kept.id}
    assert standing(office, one.id).state is State.SUSPENDED
    assert office.desk.resume([one.id], office.carol, NOW) == 0
    assert office.desk.resume([one.id], office.carol, NOW) == 0
    assert office.desk.resume([one.id], office.alice, NOW) == 1
    office.desk.build(office.alice, NOW)
    office.desk.sign(office.alice, NOW)
    with pytest.raises(Refusal, match="1 records you did not approve"):
        office.desk.sign(office.bob, NOW)
    office.desk.resume([one.id], office.bob, NOW)
    office.publish()
    assert office.desk.published_ids() == {one.id, kept.id}


def test_a_second_suspension_needs_two_new_words(office: Office) -> None:
    """What was said about the first does not count."""
    one = entry()
    office.add([one])
    with pytest.raises(Refusal, match="not suspended"):
        office.desk.resume([one.id], office.alice, NOW)
    for moment in (NOW, NOW + timedelta(days=1)):
        office.desk.suspend([one.id], office.carol, moment, "doubt")
        assert office.desk.suspended() == {one.id}
        assert office.desk.resume([one.id], office.alice, moment) == 0
        assert office.desk.resume([one.id], office.bob, moment) == 1
    assert office.desk.suspended() == frozenset()


def test_an_editor_with_a_new_key_says_it_again(office: Office) -> None:
    """Her word under the key that a ceremony replaced does not sign a version."""
    one = entry()
    office.add([one])
    office.desk.suspend([one.id], office.carol, NOW, "doubt")
    office.desk.resume([one.id], office.alice, NOW)
    renewed = evolve(office.alice, signing=office.alice.keyring)
    assert office.desk.held_back_from(renewed) == {one.id}
    assert office.desk.resume([one.id], renewed, NOW) == 0
    assert office.desk.held_back_from(renewed) == frozenset()


def test_a_suspended_entry_comes_back_by_no_new_entry(office: Office) -> None:
    """Neither imported again for longer nor extended; once it is back, both go."""
    one = entry()
    office.add([one])
    office.desk.suspend([one.id], office.carol, NOW, "doubt")
    longer, last = entry(not_after=DAY + timedelta(days=80)), DAY + timedelta(days=85)
    assert office.desk.insert([longer], office.bob) == {longer.id: one.id}
    with pytest.raises(Refusal, match="two editors resume it first"):
        office.desk.extend([one.id], office.bob, NOW, last)
    for keys in (office.alice, office.bob):
        office.desk.resume([one.id], keys, NOW)
    assert office.desk.insert([longer], office.bob) == {}
    assert office.desk.extend([one.id], office.bob, NOW, last)


def test_a_draft_is_rejected_by_another_editor_only(office: Office) -> None:
    """Her own she removes; what is published is removed or suspended."""
    one, two = entry("one.example"), entry("two.example")
    office.add([one, two], office.alice, office.bob)
    with pytest.raises(Refusal, match="draft of alice"):
        office.desk.reject([one.id], office.alice, NOW, "too_wide")
    office.desk.reject([one.id], office.bob, NOW, "too_wide")
    assert standing(office, one.id).state is State.REJECTED
    office.subscribe()
    office.publish()
    assert office.desk.published_ids() == {two.id}
    with pytest.raises(Refusal, match="remove or suspend"):
        office.desk.reject([two.id], office.bob, NOW, "too_wide")


def test_gone_at_source_takes_an_entry_off(office: Office) -> None:
    """With the day, and the requests made before."""
    one = entry()
    office.add([one])
    office.desk.request_removal([one.id], office.bob, NOW, "hotline", DAY)
    assert standing(office, one.id).removal_requested == ("2026-11-22 hotline",)
    office.desk.gone_at_source([one.id], office.carol, NOW + timedelta(days=2), DAY + timedelta(days=2))
    found = standing(office, one.id)
    assert (found.state, found.gone_at_source, found.ended_by) == (State.REMOVED, "2026-11-24", "carol")


def test_every_act_is_for_all_ids_or_none(office: Office) -> None:
    """An unknown id, and one that is off already."""
    one, off = entry("one.example"), entry("off.example")
    office.add([one, off])
    office.desk.remove([off.id], office.bob, NOW)
    for wrong in (off.id, "01AAAAAAAAAAAAAAAAAAAAAAAA"):
        for act in (
            lambda ids: office.desk.remove(ids, office.bob, NOW),
            lambda ids: office.desk.reject(ids, office.bob, NOW, "too_wide"),
            lambda ids: office.desk.suspend(ids, office.bob, NOW, "doubt"),
            lambda ids: office.desk.request_removal(ids, office.bob, NOW, "host", DAY),
            lambda ids: office.desk.gone_at_source(ids, office.bob, NOW, DAY),
            lambda ids: office.desk.extend(ids, office.bob, NOW, DAY + timedelta(days=80)),
        ):
            with pytest.raises(OperatorFault, match="nothing was changed"):
                act([one.id, wrong])
    assert standing(office, one.id).history == ()
    assert standing(office, one.id).state is State.DRAFT


def test_an_extended_entry_is_a_new_draft(office: Office) -> None:
    """With today's verification, the same name and codes; it needs two approvals of its own."""
    one = entry()
    office.add([one], office.alice, office.bob)
    later = NOW + timedelta(days=20)
    new = office.desk.extend([one.id], office.carol, later, DAY + timedelta(days=100))[one.id]
    found = standing(office, new)
    assert (found.state, found.drafted_by) == (State.DRAFT, "carol")
    assert (found.decided_on, found.verified) == ("2026-11-22", "2026-12-12")
    assert (found.not_after, found.review_by) == ("2027-03-02", "2027-03-02")
    assert standing(office, one.id).history == ("2026-12-12 extend by carol",)
    assert {each.name for each in office.desk.entries(office.bob)} == {"one.example"}
    with pytest.raises(Refusal, match="listed until then"):
        office.desk.extend([one.id], office.carol, later, DAY + timedelta(days=100))
    with pytest.raises(Refusal, match=r"too late; a host may live 90 days"):
        office.desk.extend([one.id], office.carol, later, DAY + timedelta(days=200))


def test_a_resumption_counts_only_under_her_own_signature(office: Office) -> None:
    """A row put into the master behind the tool's back does not make her sign."""
    one, kept = entry("one.example"), entry("kept.example")
    office.subscribe()
    office.add([one, kept], office.alice, office.bob)
    office.desk.suspend([one.id], office.carol, NOW, "doubt")
    office.desk.resume([one.id], office.alice, NOW)
    office.desk.resume([one.id], office.bob, NOW)
    office.desk._master._db.execute("UPDATE statements SET signature = ? WHERE editor = 'bob'", (bytes(64),))
    assert office.desk.held_back_from(office.bob) == {one.id}
    assert office.desk.held_back_from(office.alice) == frozenset()
    office.desk.build(office.alice, NOW)
    with pytest.raises(Refusal, match="1 records you did not approve"):
        office.desk.sign(office.bob, NOW)


def test_a_suspension_nobody_signed_stops_the_signing(office: Office) -> None:
    """Whoever can write the master cannot take entries off behind the editors' backs that way."""
    one, kept = entry("one.example"), entry("kept.example")
    office.subscribe()
    office.add([one, kept], office.alice, office.bob)
    office.desk.suspend([one.id], office.carol, NOW, "doubt")
    office.desk._master._db.execute("UPDATE statements SET item = ?", (kept.id,))
    office.desk.build(office.alice, NOW)
    with pytest.raises(Refusal, match="no editor's signature proves it"):
        office.desk.sign(office.bob, NOW)


@define
class Known:
    """What the oracle knows of one entry, in the words of the publisher's page."""

    last_day: date
    drafter: str
    approvals: set[str] = field(factory=set)
    suspended: bool = False
    resumed: set[str] = field(factory=set)
    published: bool = False
    end: State | None = None

    def state(self, day: date) -> State:
        if self.end is not None:
            return self.end
        if day > self.last_day:
            return State.EXPIRED
        if self.suspended:
            return State.SUSPENDED
        if len(self.approvals) < 2:
            return State.DRAFT
        return State.PUBLISHED if self.published else State.APPROVED


class DeskMachine(RuleBasedStateMachine):
    """Editors act as they like; after each act every entry stands where the oracle says."""

    pick = st.integers(0, 3)
    editor = st.sampled_from(["alice", "bob", "carol"])

    def __init__(self, office: Office) -> None:
        super().__init__()
        self.office = office
        self.known: dict[str, Known] = {}
        self.now = NOW

    def keys(self, name: str) -> EditorKeys:
        found: EditorKeys = getattr(self.office, name)
        return found

    def some(self, number: int) -> str | None:
        ids = list(self.known)
        return ids[number % len(ids)] if ids else None

    @rule(editor=editor, days=st.integers(1, 12))
    def add(self, editor: str, days: int) -> None:
        day = self.now.date()
        last = day + timedelta(days=days)
        dates = {"decided_on": day, "verified": day, "review_by": last, "not_after": last}
        one = entry(f"n{len(self.known)}.example", **dates)
        assert self.office.desk.insert([one], self.keys(editor)) == {}
        self.known[one.id] = Known(last, editor)

    @rule(editor=editor, number=pick)
    def approve(self, editor: str, number: int) -> None:
        entry_id = self.some(number)
        if entry_id is None or self.known[entry_id].end:
            return
        self.office.desk.approve(self.keys(editor), [entry_id])
        self.known[entry_id].approvals.add(editor)

    @rule(editor=editor, number=pick)
    def remove(self, editor: str, number: int) -> None:
        self.act(number, lambda one: self.office.desk.remove([one], self.keys(editor), self.now), State.REMOVED)

    @rule(editor=editor, number=pick)
    def gone(self, editor: str, number: int) -> None:
        desk, on = self.office.desk, self.now.date()
        self.act(number, lambda one: desk.gone_at_source([one], self.keys(editor), self.now, on), State.REMOVED)

    @rule(editor=editor, number=pick)
    def reject(self, editor: str, number: int) -> None:
        entry_id = self.some(number)
        if entry_id is None:
            return
        one = self.known[entry_id]
        allowed = one.end is None and not one.published and one.drafter != editor
        try:
            self.office.desk.reject([entry_id], self.keys(editor), self.now, "too_wide")
        except BlocklistError:
            assert not allowed
            return
        assert allowed
        one.end = State.REJECTED

    def act(self, number: int, verb: Callable[[str], None], end: State) -> None:
        entry_id = self.some(number)
        if entry_id is None:
            return
        one = self.known[entry_id]
        if one.end is not None:
            with pytest.raises(OperatorFault):
                verb(entry_id)
            return
        verb(entry_id)
        one.end = end

    @rule(editor=editor, number=pick)
    def suspend(self, editor: str, number: int) -> None:
        entry_id = self.some(number)
        if entry_id is None or self.known[entry_id].end:
            return
        self.office.desk.suspend([entry_id], self.keys(editor), self.now, "doubt")
        one = self.known[entry_id]
        if not one.suspended:
            one.suspended, one.resumed = True, set()

    @rule(editor=editor, number=pick)
    def resume(self, editor: str, number: int) -> None:
        entry_id = self.some(number)
        if entry_id is None or self.known[entry_id].end or not self.known[entry_id].suspended:
            return
        one = self.known[entry_id]
        one.resumed.add(editor)
        back = self.office.desk.resume([entry_id], self.keys(editor), self.now)
        assert back == (len(one.resumed) == 2)
        one.suspended = len(one.resumed) < 2

    @precondition(lambda self: self.known)
    @rule()
    def publish(self) -> None:
        day = self.now.date()
        wanted = {
            entry_id
            for entry_id, one in self.known.items()
            if one.end is None and not one.suspended and len(one.approvals) >= 2 and one.last_day >= day
        }
        if not wanted:
            return
        manifest = self.office.desk.build(self.office.alice, self.now)
        self.office.desk._master.releases.mark_published(manifest.version, format_instant(self.now))
        for entry_id, one in self.known.items():
            one.published = entry_id in wanted

    @rule(days=st.integers(1, 5))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @invariant()
    def everything_stands_as_the_oracle_says(self) -> None:
        day = self.now.date()
        found = {one.id: one.state for one in self.office.desk.standings(day)}
        assert found == {entry_id: one.state(day) for entry_id, one in self.known.items()}

    def teardown(self) -> None:
        self.office.desk.close()


def test_entries_stand_where_an_oracle_says(fresh_office: Office, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever the editors do, in whatever order, over days."""

    def machine() -> DeskMachine:
        return DeskMachine(fresh_office.copied(tmp_path_factory.mktemp("machine")))

    run_state_machine_as_test(machine, settings=settings(max_examples=20, stateful_step_count=30, deadline=None))  # type: ignore[no-untyped-call]
