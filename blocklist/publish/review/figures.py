"""Objections of a period, and what became of requests at the source, for the transparency report.

Names and units are those of the report and never change. Numbers only: no id, no ticket. Days are Japan's.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from statistics import median
from typing import Any

from attrs import frozen

from blocklist.publish.master.statements import Kind, Statement
from blocklist.publish.review.objections import UPHELD, Objection
from blocklist.publish.review.working_days import day_in_japan
from blocklist.transparency.period import Period


@frozen(kw_only=True)
class Caseload:
    """What was done in a period; durations in days."""

    received: int
    upheld: int
    open: int  # when the period ended
    decision_days: tuple[int, ...]
    acknowledged_late: int
    decided_late: int
    removal_requests: int
    gone_at_source: int
    time_to_removal_days: tuple[int, ...]


def caseload(period: Period, objections: Iterable[Objection], statements: Iterable[Statement]) -> Caseload:
    """Count a period; `statements` are all that were made. Each step counts on its own day."""
    tickets = [one for one in objections if one.received < period.end]
    decided = [one for one in tickets if period.holds(one.decided)]
    asked, gone = _at_source(statements)
    went = {item: day for item, day in gone.items() if period.holds(day)}
    return Caseload(
        received=sum(period.holds(one.received) for one in tickets),
        upheld=sum(one.code in UPHELD for one in decided),
        open=sum(one.decided is None or one.decided >= period.end for one in tickets),
        decision_days=tuple(days for one in decided if (days := one.decision_days()) is not None),
        acknowledged_late=sum(
            one.acknowledged is not None and period.holds(one.acknowledged) and one.acknowledged > one.acknowledge_by
            for one in tickets
        ),
        decided_late=sum(one.decided is not None and one.decided > one.decide_by for one in decided),
        removal_requests=sum(period.holds(day) for days in asked.values() for day in days),
        gone_at_source=len(went),
        time_to_removal_days=tuple(
            max(0, (day - min(asked[item])).days) for item, day in went.items() if item in asked
        ),
    )


def month_figures(month: Period, objections: Iterable[Objection], statements: Iterable[Statement]) -> dict[str, Any]:
    """A month's figures as `figures --json` prints them."""
    found = caseload(month, objections, statements)
    return {
        "month": month.label,
        "objections": {"received": found.received, "upheld": found.upheld, "open": found.open},
        "decision_days": _spread(found.decision_days),
        "acknowledged_late": found.acknowledged_late,
        "decided_late": found.decided_late,
        "removal_requests": found.removal_requests,
        "gone_at_source": found.gone_at_source,
        "time_to_removal_days": _spread(found.time_to_removal_days),
    }


def _at_source(statements: Iterable[Statement]) -> tuple[dict[str, list[date]], dict[str, date]]:
    """By entry: the days on which somebody was asked, and the day since when it is gone.

    An entry that was extended goes on under a new id; here it keeps its first one.
    """
    asked: dict[str, list[date]] = {}
    gone: dict[str, date] = {}
    first_id: dict[str, str] = {}
    for said in statements:
        item = first_id.get(said.item, said.item)
        if said.kind is Kind.EXTEND:
            first_id[str(said.facts["as"])] = item
        elif said.kind is Kind.REMOVAL_REQUESTED:
            asked.setdefault(item, []).append(_day(said))
        elif said.kind is Kind.GONE_AT_SOURCE:
            gone[item] = _day(said)
    return asked, gone


def _day(said: Statement) -> date:
    named = said.facts.get("on")
    return date.fromisoformat(named) if isinstance(named, str) else day_in_japan(said.said_at)


def _spread(days: Sequence[int]) -> dict[str, float | int | None]:
    """How many there are, the middle and the longest."""
    return {"count": len(days), "median": median(days) if days else None, "most": max(days, default=None)}
