"""Where an entry stands, from what is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from blocklist.publish.master.rows import fields_of
from blocklist.publish.master.statements import Kind, Statement
from blocklist.publish.master.states import Circumstances, State, standing_of, state_of
from blocklist.publish.records import Row
from tests.blocklist.publish.support import NOW, entry

ONE = entry(all_types=True)
ROW = Row(ONE.id, fields_of(ONE), (), "alice", b"draft")
APPROVED = {"approved_by": {ONE.id: ("alice", "bob")}}
PUBLISHED = {**APPROVED, "published": {ONE.id}}


def around(**fields: Any) -> Circumstances:
    plain: dict[str, Any] = {"approved_by": {}, "published": (), "suspended": (), "withdrawn": ()}
    return Circumstances(**{"day": NOW.date(), "needed": 2, **plain, **fields})


def said(kind: Kind, **facts: str) -> Statement:
    return Statement(ONE.id, kind, "bob", NOW, facts)


@pytest.mark.parametrize(
    ("circumstances", "state"),
    [
        (around(), State.DRAFT),
        (around(approved_by={ONE.id: ("alice",)}), State.DRAFT),
        (around(**APPROVED), State.APPROVED),
        (around(**PUBLISHED), State.PUBLISHED),
        (around(**PUBLISHED, suspended={ONE.id}), State.SUSPENDED),
        (around(**PUBLISHED, suspended={ONE.id}, day=ONE.not_after + timedelta(days=1)), State.EXPIRED),
        (around(**PUBLISHED, day=ONE.not_after), State.PUBLISHED),
        (around(**PUBLISHED, suspended={ONE.id}, withdrawn={ONE.id}), State.WITHDRAWN),
    ],
)
def test_the_state_of_a_live_entry(circumstances: Circumstances, state: State) -> None:
    """What takes it off wins over what puts it on."""
    assert state_of(ROW, [], circumstances) is state


def test_the_state_of_an_entry_that_ended() -> None:
    """However it stood before: withdrawn if a duty officer did it, rejected if a second editor said no."""
    ended = evolve(ROW, removed_by="bob")
    assert state_of(ended, [said(Kind.REMOVE, code="listed_in_error")], around(**PUBLISHED)) is State.REMOVED
    assert state_of(ended, [said(Kind.REJECT, code="too_wide")], around()) is State.REJECTED
    assert state_of(ended, [], around(withdrawn={ONE.id})) is State.WITHDRAWN


def test_a_standing_tells_codes_dates_and_who_but_no_name() -> None:
    """Requests at the source and what became of them stand beside the state."""
    asked = said(Kind.REMOVAL_REQUESTED, asked="hotline", on="2026-11-20")
    gone = said(Kind.GONE_AT_SOURCE, code="gone_at_source", on="2026-11-21")
    told = standing_of(evolve(ROW, removed_by="bob"), [asked, gone], around(**PUBLISHED))
    assert (told.state, told.in_force, told.ended_by, told.drafted_by) == (State.REMOVED, True, "bob", "alice")
    assert (told.removal_requested, told.gone_at_source) == (("2026-11-20 hotline",), "2026-11-21")
    assert told.approved_by == ("alice", "bob")
    assert told.history == ("2026-11-22 removal_requested by bob", "2026-11-22 gone_at_source gone_at_source by bob")
    assert told.all_types and not told.test
    assert ONE.name not in repr(told)
