"""What waits on a desk: entries to look at again, entries about to end, requests and objections without an answer.

The queue of reviews is blind: an item says nothing about who listed or approved the entry, and an editor is not given
her own. Whoever keeps an entry extends it, which makes a new draft that two editors approve; whoever does not removes
it, or lets it expire.
"""

from datetime import date, timedelta
from typing import Final

from attrs import frozen

from blocklist.publish.body import EDITORS_NEEDED
from blocklist.publish.master.statements import Kind
from blocklist.publish.records import Row
from blocklist.publish.review.objection_desk import ObjectionDesk
from blocklist.publish.review.objections import Stage

SOON: Final = timedelta(days=7)
LATER: Final = timedelta(days=30)
_SHOWN: Final = ("type", "criterion", "basis", "last_resort", "decided_on", "verified", "review_by", "not_after")


@frozen(kw_only=True)
class ReviewItem:
    """An entry to look at again, by codes and days."""

    id: str
    type: str
    criterion: str
    basis: str
    last_resort: str | None
    decided_on: str
    verified: str
    review_by: str
    not_after: str


@frozen(kw_only=True)
class Worklist:
    """Ids and tickets; needs no key. Each tuple is ordered by urgency."""

    waiting_for_approval: tuple[str, ...]
    taken_off_before: tuple[str, ...]  # of those: listed in error once, or taken off after an objection
    to_review: tuple[str, ...]
    ending_within_7_days: tuple[str, ...]
    ending_within_30_days: tuple[str, ...]  # those above included
    expired: tuple[str, ...]  # left out by themselves; nothing needs to be done
    suspended: tuple[str, ...]
    asked_at_source: tuple[str, ...]  # still on the list: ask whether it is gone
    objections_to_acknowledge: tuple[str, ...]
    objections_to_decide: tuple[str, ...]
    objections_overdue: tuple[str, ...]


def review_queue(desk: ObjectionDesk, day: date, reader: str | None = None) -> tuple[ReviewItem, ...]:
    """Entries to be looked at again by the UTC day `day`, most urgent first; without those `reader` drafted."""
    found = desk.ending("review_by", None, day)
    return tuple(_item(row) for row in found if reader is None or row.drafted_by != reader)


def worklist(desk: ObjectionDesk, day: date, day_in_japan: date) -> Worklist:
    """Everything that waits on the UTC day `day`; objections count days in Japan."""
    tickets = desk.objections().values()
    return Worklist(
        waiting_for_approval=tuple(desk.unapproved(EDITORS_NEEDED)),
        taken_off_before=tuple(desk.relisted()),
        to_review=tuple(one.id for one in review_queue(desk, day)),
        ending_within_7_days=tuple(row.id for row in desk.ending("not_after", day, day + SOON)),
        ending_within_30_days=tuple(row.id for row in desk.ending("not_after", day, day + LATER)),
        expired=tuple(row.id for row in desk.ending("not_after", None, day - timedelta(days=1))),
        suspended=tuple(sorted(desk.suspended() & desk.live_ids())),
        asked_at_source=_asked(desk),
        objections_to_acknowledge=tuple(one.ticket for one in tickets if one.stage is Stage.OPEN),
        objections_to_decide=tuple(one.ticket for one in tickets if one.stage is not Stage.DECIDED),
        objections_overdue=tuple(one.ticket for one in tickets if one.overdue(day_in_japan)),
    )


def _asked(desk: ObjectionDesk) -> tuple[str, ...]:
    live = desk.live_ids()
    asked = (said.item for said in desk.statements() if said.kind is Kind.REMOVAL_REQUESTED)
    return tuple(item for item in dict.fromkeys(asked) if item in live)


def _item(row: Row) -> ReviewItem:
    return ReviewItem(id=row.id, **{name: row.facts.get(name) for name in _SHOWN})  # type: ignore[arg-type]
