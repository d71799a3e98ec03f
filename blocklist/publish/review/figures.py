"""Counts of one month for the transparency report: objections, and what became of requests at the source.

Names and units are those of the report and never change. Numbers only: no id, no ticket.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from statistics import median
from typing import Any

from attrs import frozen

from blocklist.publish.master.statements import Kind, Statement
from blocklist.publish.review.objections import UPHELD, Objection
from blocklist.publish.review.working_days import day_in_japan


@frozen
class Month:
    """One calendar month in Japan."""

    first: date

    @property
    def last(self) -> date:
        """Its last day."""
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    def holds(self, day: date | None) -> bool:
        """Whether a day lies in it."""
        return day is not None and self.first <= day <= self.last

    def __str__(self) -> str:
        """`YYYY-MM`."""
        return self.first.strftime("%Y-%m")


def month_figures(month: Month, objections: Iterable[Objection], statements: Iterable[Statement]) -> dict[str, Any]:
    """The month's figures. `statements` are all that were made; days are Japan's, durations in days."""
    tickets = [one for one in objections if one.received <= month.last]
    decided = [one for one in tickets if month.holds(one.decided)]
    open_ = [one for one in tickets if one.decided is None or one.decided > month.last]
    asked, gone = _at_source(statements)
    return {
        "month": str(month),
        "objections": {
            "received": sum(month.holds(one.received) for one in tickets),
            "upheld": sum(one.code in UPHELD for one in decided),
            "open": len(open_),
        },
        "decision_days": _spread([days for one in decided if (days := one.decision_days()) is not None]),
        "acknowledged_late": sum(
            one.acknowledged is not None and month.holds(one.acknowledged) and one.acknowledged > one.acknowledge_by
            for one in tickets
        ),
        "decided_late": sum(one.decided is not None and one.decided > one.decide_by for one in decided),
        "removal_requests": sum(month.holds(day) for days in asked.values() for day in days),
        "gone_at_source": sum(month.holds(day) for day in gone.values()),
        "time_to_removal_days": _spread(
            [max(0, (day - min(asked[item])).days) for item, day in gone.items() if month.holds(day) and item in asked]
        ),
    }


def _at_source(statements: Iterable[Statement]) -> tuple[dict[str, list[date]], dict[str, date]]:
    """By entry: the days on which somebody was asked, and the day since when it is gone."""
    asked: dict[str, list[date]] = {}
    gone: dict[str, date] = {}
    for said in statements:
        if said.kind is Kind.REMOVAL_REQUESTED:
            asked.setdefault(said.item, []).append(_day(said))
        elif said.kind is Kind.GONE_AT_SOURCE:
            gone[said.item] = _day(said)
    return asked, gone


def _day(said: Statement) -> date:
    named = said.facts.get("on")
    return date.fromisoformat(named) if isinstance(named, str) else day_in_japan(said.said_at)


def _spread(days: Sequence[int]) -> dict[str, float | int | None]:
    """How many there are, the middle and the longest."""
    return {"count": len(days), "median": median(days) if days else None, "most": max(days, default=None)}
