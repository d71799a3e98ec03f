"""Objections at an open desk."""

from __future__ import annotations

from datetime import timedelta

import pytest

from blocklist.errors import EntryFault, OperatorFault
from blocklist.publish.faults import Refusal
from blocklist.publish.objections import Stage
from blocklist.publish.states import State
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
