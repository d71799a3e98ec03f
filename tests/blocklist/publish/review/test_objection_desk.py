"""Objections at an open desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import define
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from blocklist.errors import EntryFault, OperatorFault
from blocklist.publish.faults import Refusal
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.master.states import State
from blocklist.publish.review.objections import DECISIONS, Stage
from tests.blocklist.publish.support import NOW, Office, entry

DAY = NOW.date()


def state(office: Office, entry_id: str) -> State:
    (found,) = office.desk.standings(DAY, [entry_id])
    return found.state


def test_an_upheld_objection_takes_the_entry_off(office: Office) -> None:
    """Under the key of an editor who had no part in listing it, and its ticket is in the removal."""
    one = entry()
    office.add([one], office.alice, office.bob)
    opened = office.desk.open_objection([one.id], office.alice, NOW, received=DAY, suspend=True)
    assert (opened.stage, opened.entries) == (Stage.OPEN, (one.id,))
    assert state(office, one.id) is State.SUSPENDED
    office.desk.acknowledge_objection(opened.ticket, office.bob, NOW, DAY)
    decided = office.desk.decide_objection(opened.ticket, office.carol, NOW + timedelta(days=2), "upheld")
    assert (decided.code, decided.decided_by, decided.decision_days()) == ("upheld", "carol", 2)
    assert state(office, one.id) is State.REMOVED
    assert list(office.desk.objections().values()) == [decided]
    assert office.desk.verify(office.alice).failures == ()


def test_a_rejected_objection_leaves_the_suspension_to_two_keys(office: Office) -> None:
    """The decision alone puts nothing back on the list."""
    one = entry()
    office.add([one], office.alice, office.bob)
    ticket = office.desk.open_objection([one.id], office.bob, NOW, received=DAY, suspend=True).ticket
    office.desk.decide_objection(ticket, office.carol, NOW, "rejected")
    assert state(office, one.id) is State.SUSPENDED


def test_nobody_decides_about_what_she_listed(office: Office) -> None:
    """Neither who drafted it nor who approved it, nor those who did so with the entry it extends."""
    one = entry()
    office.desk.insert([one], office.alice)
    office.desk.approve(office.bob, [one.id])
    later = office.desk.extend([one.id], office.bob, NOW + timedelta(days=9), DAY + timedelta(days=80))[one.id]
    for about in (one.id, later):
        assert office.desk.listed_by([about]) == {"alice", "bob"}
        ticket = office.desk.open_objection([about], office.carol, NOW, received=DAY).ticket
        for keys in (office.alice, office.bob):
            with pytest.raises(Refusal, match="another decides"):
                office.desk.decide_objection(ticket, keys, NOW, "rejected")
        assert office.desk.decide_objection(ticket, office.carol, NOW, "partly").code == "partly"
    assert state(office, one.id) is state(office, later) is State.REMOVED


def test_what_is_not_listed_is_answered_so(office: Office) -> None:
    """No entry, one code; an entry, any other code."""
    one = entry()
    office.add([one])
    none = office.desk.open_objection([], office.bob, NOW, received=DAY).ticket
    some = office.desk.open_objection([one.id], office.bob, NOW, received=DAY).ticket
    for ticket, code in ((none, "upheld"), (some, "not_listed")):
        with pytest.raises(Refusal, match="does not fit"):
            office.desk.decide_objection(ticket, office.carol, NOW, code)
    assert office.desk.decide_objection(none, office.alice, NOW, "not_listed").decided_by == "alice"


def test_each_step_is_taken_once(office: Office) -> None:
    """And every refused step leaves the ticket as it was."""
    ticket = office.desk.open_objection([], office.bob, NOW, received=DAY, ticket="MAIL-17").ticket
    with pytest.raises(OperatorFault, match="in use"):
        office.desk.open_objection([], office.bob, NOW, received=DAY, ticket=ticket)
    office.desk.acknowledge_objection(ticket, office.bob, NOW, DAY)
    with pytest.raises(Refusal, match="acknowledged already"):
        office.desk.acknowledge_objection(ticket, office.bob, NOW, DAY)
    office.desk.decide_objection(ticket, office.bob, NOW, "not_listed")
    with pytest.raises(Refusal, match="open a new objection"):
        office.desk.decide_objection(ticket, office.alice, NOW, "not_listed")
    for verb in (
        lambda: office.desk.decide_objection("O-X", office.bob, NOW, "not_listed"),
        lambda: office.desk.acknowledge_objection("O-X", office.bob, NOW, DAY),
        lambda: office.desk.open_objection([entry().id], office.bob, NOW, received=DAY, ticket="O-2"),
        lambda: office.desk.open_objection([], office.bob, NOW, received=DAY, ticket="words of anger"),
    ):
        with pytest.raises(OperatorFault):
            verb()
    assert list(office.desk.objections()) == [ticket]


@pytest.mark.parametrize(
    ("said", "covered"),
    [
        ("WWW.One.Example.", ["host", "url"]),
        ("https://www.one.example/a?b", ["host", "url"]),
        ("one.example", []),
        ("x.two.example", ["domain"]),
        ("two.example:8080/", ["domain"]),
        ("192.0.2.1", ["ip"]),
        ("0xC0000201", ["ip"]),
        ("2001:DB8::1", ["ip6", "url6"]),
        ("http://[2001:db8::1]/x", ["ip6", "url6"]),
    ],
)
def test_what_an_objector_says_is_found(office: Office, said: str, covered: list[str]) -> None:
    """A name, a URL or an address, however it is written."""
    path = {"path": "/x", "path_match": "exact"}
    entries = {
        "host": entry("www.one.example"),
        "url": entry("www.one.example", type="url", **path),
        "domain": entry("two.example", type="domain"),
        "ip": entry("192.0.2.1", type="ip"),
        "ip6": entry("2001:db8::1", type="ip"),
        "url6": entry("[2001:db8::1]", type="url", **path),
    }
    office.add(entries.values())
    assert office.desk.find(said, office.bob) == tuple(sorted(entries[name].id for name in covered))


def test_what_is_no_name_is_told(office: Office) -> None:
    """Without repeating it."""
    with pytest.raises(EntryFault) as caught:
        office.desk.find("very hidden..quartz", office.bob)
    assert "quartz" not in str(caught.value)


@define
class Ticket:
    """What the oracle knows of one ticket, in the words of the publisher's page."""

    about: str | None
    acknowledged: bool = False
    code: str | None = None

    def stage(self) -> Stage:
        if self.code is not None:
            return Stage.DECIDED
        return Stage.ACKNOWLEDGED if self.acknowledged else Stage.OPEN


class ComplaintsMachine(RuleBasedStateMachine):
    """Editors list, approve, take in and decide as they like; nobody ever decides about what she listed."""

    editor = st.sampled_from(["alice", "bob", "carol"])
    number = st.integers(0, 5)

    def __init__(self, office: Office) -> None:
        super().__init__()
        self.office = office
        self.listed: dict[str, set[str]] = {}  # entry -> who drafted or approved it
        self.off: set[str] = set()
        self.tickets: dict[str, Ticket] = {}

    def keys(self, name: str) -> EditorKeys:
        found: EditorKeys = getattr(self.office, name)
        return found

    @rule(editor=editor, other=editor)
    def list_one(self, editor: str, other: str) -> None:
        one = entry(f"n{len(self.listed)}.example")
        self.office.desk.insert([one], self.keys(editor))
        self.office.desk.approve(self.keys(other), [one.id])
        self.listed[one.id] = {editor, other}

    @rule(editor=editor, number=number, suspend=st.booleans())
    def open(self, editor: str, number: int, suspend: bool) -> None:
        about = [*self.listed, None][number % (len(self.listed) + 1)]
        given = [] if about is None else [about]
        opened = self.office.desk.open_objection(given, self.keys(editor), NOW, received=DAY, suspend=suspend)
        self.tickets[opened.ticket] = Ticket(about)

    @precondition(lambda self: self.tickets)
    @rule(editor=editor, number=number)
    def acknowledge(self, editor: str, number: int) -> None:
        ticket = [*self.tickets][number % len(self.tickets)]
        one = self.tickets[ticket]
        try:
            self.office.desk.acknowledge_objection(ticket, self.keys(editor), NOW, DAY)
        except Refusal:
            assert one.stage() is not Stage.OPEN
            return
        assert one.stage() is Stage.OPEN
        one.acknowledged = True

    @precondition(lambda self: self.tickets)
    @rule(editor=editor, number=number, code=st.sampled_from(list(DECISIONS)))
    def decide(self, editor: str, number: int, code: str) -> None:
        ticket = [*self.tickets][number % len(self.tickets)]
        one = self.tickets[ticket]
        impartial = one.about is None or editor not in self.listed[one.about]
        fits = (one.about is None) == (code == "not_listed")
        allowed = one.code is None and impartial and fits
        try:
            self.office.desk.decide_objection(ticket, self.keys(editor), NOW, code)
        except Refusal:
            assert not allowed
            return
        assert allowed
        one.code = code
        if code in ("upheld", "partly") and one.about is not None:
            self.off.add(one.about)

    @invariant()
    def the_desk_agrees(self) -> None:
        found = self.office.desk.objections()
        stages = {ticket: (one.stage, one.code) for ticket, one in found.items()}
        assert stages == {ticket: (one.stage(), one.code) for ticket, one in self.tickets.items()}
        assert self.office.desk.live_ids() == self.listed.keys() - self.off

    def teardown(self) -> None:
        assert self.office.desk.verify(self.office.alice).failures == ()
        self.office.desk.close()


def test_objections_go_as_an_oracle_says(fresh_office: Office, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whoever does what, in whatever order; and every signature made on the way is good."""

    def machine() -> ComplaintsMachine:
        return ComplaintsMachine(fresh_office.copied(tmp_path_factory.mktemp("complaints")))

    chosen = settings(max_examples=15, stateful_step_count=25, deadline=None)
    run_state_machine_as_test(machine, settings=chosen)  # type: ignore[no-untyped-call]
