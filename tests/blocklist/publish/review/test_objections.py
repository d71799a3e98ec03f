"""What statements about a ticket add up to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from blocklist.publish.master.statements import Kind, Statement
from blocklist.publish.review.objections import DECIDE_WITHIN, Stage, objections

FRIDAY = date(2026, 11, 20)
OPENED = datetime(2026, 11, 20, 3, tzinfo=UTC)


def said(kind: Kind, after: timedelta = timedelta(0), ticket: str = "O-1", **facts: str | tuple[str, ...]) -> Statement:
    return Statement(ticket, kind, "carol", OPENED + after, facts)


OPEN = said(Kind.OBJECTION_OPEN, entries=("01A", "01B"), received="2026-11-20")
ACKNOWLEDGE = said(Kind.OBJECTION_ACKNOWLEDGE, timedelta(days=1), on="2026-11-21")
DECIDE = said(Kind.OBJECTION_DECIDE, timedelta(days=3, hours=13), code="upheld")


def test_the_stages() -> None:
    """Open, acknowledged, decided; the day of a decision is Japan's."""
    found = [objections([OPEN, ACKNOWLEDGE, DECIDE][:count])["O-1"] for count in (1, 2, 3)]
    assert [one.stage for one in found] == [Stage.OPEN, Stage.ACKNOWLEDGED, Stage.DECIDED]
    last = found[-1]
    assert (last.entries, last.acknowledged, last.decided) == (("01A", "01B"), date(2026, 11, 21), date(2026, 11, 24))
    assert (last.code, last.decided_by, last.decision_days()) == ("upheld", "carol", 4)
    assert found[0].decision_days() is None


@pytest.mark.parametrize(
    ("said", "day", "late"),
    [
        ([OPEN], "2026-11-24", ()),
        ([OPEN], "2026-11-25", ("acknowledge",)),
        ([OPEN], "2026-11-28", ("acknowledge", "decide")),
        ([OPEN, ACKNOWLEDGE], "2026-11-27", ()),
        ([OPEN, ACKNOWLEDGE], "2026-11-28", ("decide",)),
        ([OPEN, ACKNOWLEDGE, DECIDE], "2027-01-01", ()),
    ],
)
def test_deadlines(said: list[Statement], day: str, late: tuple[str, ...]) -> None:
    """One working day in Japan to acknowledge (Friday before a long weekend: Tuesday), seven days to decide."""
    one = objections(said)["O-1"]
    assert (one.acknowledge_by, one.decide_by) == (date(2026, 11, 24), FRIDAY + DECIDE_WITHIN)
    assert one.overdue(date.fromisoformat(day)) == late


def test_tickets_are_apart() -> None:
    """What is said about one moves no other, and a ticket nobody opened is none."""
    other = said(Kind.OBJECTION_OPEN, ticket="O-2", entries=(), received="2026-11-20")
    found = objections([OPEN, other, DECIDE, said(Kind.OBJECTION_DECIDE, ticket="O-3", code="upheld")])
    assert [(ticket, one.stage) for ticket, one in found.items()] == [("O-1", Stage.DECIDED), ("O-2", Stage.OPEN)]
