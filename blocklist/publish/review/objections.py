"""Objections: what the signed statements about a ticket add up to, and the days by which somebody must have acted.

Received → acknowledged within one working day → decided within seven days, by an editor who neither listed nor
approved the entry. A ticket holds ids, days and codes; what the objector wrote stays with the body's mail.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from attrs import evolve, frozen

from blocklist.publish.master.statements import Kind, Statement
from blocklist.publish.review.working_days import day_in_japan, next_working_day

DECIDE_WITHIN: Final = timedelta(days=7)
NOT_LISTED: Final = "not_listed"
DECISIONS: Final[Mapping[str, bool]] = {  # code -> whether the entries come off the list
    "upheld": True,
    "partly": True,  # a narrower entry is drafted and approved like any other
    "rejected": False,
    "withdrawn_by_objector": False,
    NOT_LISTED: False,  # no entry of this list covers the name
}
UPHELD: Final = tuple(code for code, off in DECISIONS.items() if off)
KINDS: Final = (Kind.OBJECTION_OPEN, Kind.OBJECTION_ACKNOWLEDGE, Kind.OBJECTION_DECIDE)


class Stage(StrEnum):
    """Where an objection stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    DECIDED = "decided"


@frozen
class Objection:
    """One ticket. All days are Japan's."""

    ticket: str
    entries: tuple[str, ...]  # ids; none where no entry covers the name
    received: date
    opened_by: str
    acknowledged: date | None = None
    decided: date | None = None
    code: str | None = None
    decided_by: str | None = None

    @property
    def stage(self) -> Stage:
        """Where it stands."""
        if self.decided is not None:
            return Stage.DECIDED
        return Stage.OPEN if self.acknowledged is None else Stage.ACKNOWLEDGED

    @property
    def acknowledge_by(self) -> date:
        """The last day to tell the objector that it arrived."""
        return next_working_day(self.received)

    @property
    def decide_by(self) -> date:
        """The last day to decide."""
        return self.received + DECIDE_WITHIN

    def overdue(self, today: date) -> tuple[str, ...]:
        """What should have been done before `today`, and was not."""
        late = []
        if self.stage is Stage.OPEN and today > self.acknowledge_by:
            late.append("acknowledge")
        if self.stage is not Stage.DECIDED and today > self.decide_by:
            late.append("decide")
        return tuple(late)

    def decision_days(self) -> int | None:
        """Days from receipt to decision."""
        return None if self.decided is None else (self.decided - self.received).days


def objections(statements: Iterable[Statement]) -> dict[str, Objection]:
    """Ticket -> objection, from the statements of `KINDS` in order."""
    found: dict[str, Objection] = {}
    for said in statements:
        if said.kind is Kind.OBJECTION_OPEN:
            found[said.item] = _opened(said)
        elif said.item in found:
            found[said.item] = _moved(found[said.item], said)
    return found


def _opened(said: Statement) -> Objection:
    entries = said.facts.get("entries", ())
    received = date.fromisoformat(str(said.facts["received"]))
    return Objection(said.item, (entries,) if isinstance(entries, str) else entries, received, said.editor)


def _moved(one: Objection, said: Statement) -> Objection:
    if said.kind is Kind.OBJECTION_ACKNOWLEDGE:
        return evolve(one, acknowledged=date.fromisoformat(str(said.facts["on"])))
    if said.kind is Kind.OBJECTION_DECIDE:
        decided = day_in_japan(said.said_at)
        return evolve(one, decided=decided, code=str(said.facts["code"]), decided_by=said.editor)
    return one
