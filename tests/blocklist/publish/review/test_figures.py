"""The month's counts."""

from __future__ import annotations

from datetime import UTC, date, datetime

from blocklist.publish.master.statements import Kind, Statement
from blocklist.publish.review.figures import month_figures
from blocklist.publish.review.objections import Objection
from blocklist.transparency.period import Period

NOVEMBER = Period.parse("2026-11")


def objection(received: str, acknowledged: str = "", decided: str = "", code: str | None = None) -> Objection:
    day = date.fromisoformat
    told = (day(acknowledged) if acknowledged else None, day(decided) if decided else None)
    return Objection("O", ("01A",), day(received), "alice", *told, code, "carol")


def said(kind: Kind, item: str, on: str) -> Statement:
    return Statement(item, kind, "alice", datetime(2026, 11, 30, tzinfo=UTC), {"on": on})


def test_objections_are_counted_in_the_month_of_each_step() -> None:
    """Received, upheld and late by the step's own day; open as of the month's last day."""
    tickets = [
        objection("2026-10-30", "2026-11-05", "2026-11-09", "upheld"),  # both late: Tuesday 3 November is a holiday
        objection("2026-11-02", "2026-11-04", "2026-11-05", "partly"),
        objection("2026-11-10", "2026-11-10", "2026-11-11", "rejected"),
        objection("2026-11-28", "2026-11-30", "2026-12-01", "upheld"),
        objection("2026-11-30"),
        objection("2026-12-01"),
    ]
    found = month_figures(NOVEMBER, tickets, [])
    assert found["objections"] == {"received": 4, "upheld": 2, "open": 2}
    assert found["decision_days"] == {"count": 3, "median": 3, "most": 10}
    assert (found["acknowledged_late"], found["decided_late"]) == (1, 1)


def test_time_to_removal_counts_from_the_first_request() -> None:
    """In the month it was gone; what nobody asked for has no such time."""
    statements = [
        said(Kind.REMOVAL_REQUESTED, "a", "2026-10-20"),
        said(Kind.REMOVAL_REQUESTED, "a", "2026-11-02"),
        said(Kind.GONE_AT_SOURCE, "a", "2026-11-04"),
        said(Kind.GONE_AT_SOURCE, "b", "2026-11-05"),
        said(Kind.REMOVAL_REQUESTED, "c", "2026-11-06"),
        said(Kind.GONE_AT_SOURCE, "c", "2026-12-01"),
        said(Kind.SUSPEND, "c", "2026-11-07"),
    ]
    found = month_figures(NOVEMBER, [], statements)
    assert (found["removal_requests"], found["gone_at_source"]) == (2, 2)
    assert found["time_to_removal_days"] == {"count": 1, "median": 15, "most": 15}
    assert month_figures(Period.parse("2026-12"), [], statements)["time_to_removal_days"]["most"] == 25


def test_an_extended_entry_stays_the_same_entry() -> None:
    """Asked under the first id and gone under the second: one entry, and its time to removal is known."""
    statements = [
        said(Kind.REMOVAL_REQUESTED, "a", "2026-11-02"),
        Statement("a", Kind.EXTEND, "alice", datetime(2026, 11, 3, tzinfo=UTC), {"as": "b"}),
        said(Kind.REMOVAL_REQUESTED, "b", "2026-11-05"),
        said(Kind.GONE_AT_SOURCE, "b", "2026-11-12"),
    ]
    found = month_figures(NOVEMBER, [], statements)
    assert (found["removal_requests"], found["gone_at_source"]) == (2, 1)
    assert found["time_to_removal_days"] == {"count": 1, "median": 10, "most": 10}


def test_a_month_without_anything_has_zeros_and_no_middle() -> None:
    """Every name is there all the same."""
    found = month_figures(Period.parse("2026-02"), [], [])
    assert (found["month"], found["objections"]) == ("2026-02", {"received": 0, "upheld": 0, "open": 0})
    assert found["decision_days"] == {"count": 0, "median": None, "most": None}
