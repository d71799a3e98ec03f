"""Where an entry stands: draft → approved → published; suspended, removed, rejected, expired, withdrawn.

Derived from what is stored and signed, never stored itself, so that it cannot contradict the signatures. Being asked
to be removed at the source is no state of its own: a published entry usually is. It stands beside the state.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from attrs import frozen

from blocklist.publish.master.statements import Kind, Statement
from blocklist.publish.records import Row


class State(StrEnum):
    """Where an entry stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    PUBLISHED = "published"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REMOVED = "removed"
    REJECTED = "rejected"


@frozen(kw_only=True)
class Circumstances:
    """What the desk knows of all entries on the UTC day `day`. The collections hold entry ids."""

    day: date
    needed: int  # approvals
    approved_by: Mapping[str, Sequence[str]]  # entry id -> editors
    published: Collection[str]  # in the last published version
    suspended: Collection[str]
    withdrawn: Collection[str]


@frozen(kw_only=True)
class Standing:
    """One entry as `show` tells it: ids, codes, dates and who; never a name. Dates are `YYYY-MM-DD`."""

    id: str
    state: State
    type: str
    criterion: str
    basis: str
    last_resort: str | None
    decided_on: str
    verified: str
    review_by: str
    not_after: str
    all_types: bool
    dns_ok: bool
    test: bool
    drafted_by: str | None
    approved_by: tuple[str, ...]
    in_force: bool  # in the last published version
    removal_requested: tuple[str, ...]  # day and who was asked, oldest first
    gone_at_source: str | None
    ended_by: str | None
    history: tuple[str, ...]  # day, kind, code, editor of each statement, oldest first


def state_of(row: Row, said: Iterable[Statement], now: Circumstances) -> State:
    """The state of one entry; `said` are the statements about it."""
    if row.removed_by is not None:
        return _ended(row, said, now)
    if row.id in now.withdrawn:
        return State.WITHDRAWN
    if row.facts["not_after"] < now.day.isoformat():
        return State.EXPIRED
    if row.id in now.suspended:
        return State.SUSPENDED
    if len(now.approved_by.get(row.id, ())) < now.needed:
        return State.DRAFT
    return State.PUBLISHED if row.id in now.published else State.APPROVED


def _ended(row: Row, said: Iterable[Statement], now: Circumstances) -> State:
    if row.id in now.withdrawn:
        return State.WITHDRAWN
    return State.REJECTED if any(one.kind is Kind.REJECT for one in said) else State.REMOVED


def standing_of(row: Row, said: Sequence[Statement], now: Circumstances) -> Standing:
    """Everything `show` tells of one entry."""
    facts = row.facts
    gone = [str(one.facts["on"]) for one in said if one.kind is Kind.GONE_AT_SOURCE]
    asked = (one for one in said if one.kind is Kind.REMOVAL_REQUESTED)
    return Standing(
        id=row.id,
        state=state_of(row, said, now),
        **{name: facts[name] for name in ("type", "criterion", "basis", "decided_on", "verified", "review_by")},
        not_after=facts["not_after"],
        last_resort=facts.get("last_resort"),
        all_types=bool(facts.get("all_types")),
        dns_ok=bool(facts.get("dns_ok")),
        test=bool(facts.get("test")),
        drafted_by=row.drafted_by,
        approved_by=tuple(now.approved_by.get(row.id, ())),
        in_force=row.id in now.published,
        removal_requested=tuple(f"{one.facts['on']} {one.facts['asked']}" for one in asked),
        gone_at_source=gone[-1] if gone else None,
        ended_by=row.removed_by,
        history=tuple(map(_told, said)),
    )


def _told(said: Statement) -> str:
    words: list[Any] = [said.said_at.date(), said.kind, said.facts.get("code"), f"by {said.editor}"]
    return " ".join(str(word) for word in words if word is not None)
