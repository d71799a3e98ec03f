"""The digest a diff binds."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from blocklist.publish.records import Subscriber
from blocklist.publish.review.difference import compare
from tests.blocklist.publish.support import NOW, entry

ONE = entry()


def digest(**changed: Any) -> str:
    plain = {
        "entries": [ONE],
        "left_out": [],
        "published": [],
        "subscribers": [],
        "approvers": {},
        "needed": 2,
        "day": NOW.date(),
    }
    return compare(**{**plain, **changed}).digest


def test_every_fact_an_editor_is_shown_changes_the_digest() -> None:
    """An entry's fields, removals, subscribers and their labels."""
    states = [
        digest(),
        digest(entries=[]),
        digest(entries=[evolve(ONE, name="two.example")]),
        digest(entries=[ONE, entry("two.example")]),
        digest(published=[ONE.id]),
        digest(left_out=[ONE.id]),
        digest(subscribers=[Subscriber("isp", b"")]),
        digest(subscribers=[Subscriber("other", b"")]),
    ]
    assert len(set(states)) == len(states)


def test_approvals_do_not_change_the_digest() -> None:
    """Two editors who look at the same entries see the same state."""
    assert digest() == digest(approvers={ONE.id: 2})


def test_what_is_suspended_or_withdrawn_is_left_out() -> None:
    """It neither waits for approval nor counts as added; if it is published, it counts as removed."""
    two = entry("two.example")
    plain = {"entries": [ONE, two], "left_out": {ONE.id}, "published": [ONE.id], "subscribers": [], "approvers": {}}
    found = compare(**plain, needed=2, day=NOW.date())
    assert (found.added, found.removed, found.waiting, found.left_out) == ((two.id,), (ONE.id,), (two.id,), (ONE.id,))
