"""From listings to lives: when something came into force, when it was no more, and why.

An entry that is extended gets a new id; to the outside it is one and the same, so stays that touch are one life. A life
ends with the first of: the end of its last day (UTC, as resolvers count), a withdrawal, a version that leaves it out.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property

from attrs import evolve, frozen
from ulid import ULID

from blocklist.publish.master.history import Listing


class End(StrEnum):
    """Why a life ended."""

    EXPIRED = "expired"
    REMOVED = "removed"
    ERROR = "error"  # it should not have been listed: withdrawn, or removed with a code that says so


@frozen
class Life:
    """One thing's time in force; `ends` is the first moment without it, perhaps still to come. Moments are UTC."""

    begins: datetime
    ends: datetime
    why: End
    drafted: datetime | None  # when the entry that began it was drafted; None where that one was listed before
    error_at: datetime | None = None  # when it was off as an error: an objection may be upheld after a suspension
    kinds: Mapping[str, str] = {}  # type, basis, last_resort: codes

    def waited(self) -> float | None:
        """Seconds from the draft to the version that carried it; an id from elsewhere may be ahead of our clock."""
        if self.drafted is None or self.drafted > self.begins:
            return None
        return (self.begins - self.drafted).total_seconds()


@frozen(kw_only=True, slots=False)
class Circumstances:
    """What decides about the ends. The collections hold entry ids."""

    published: Mapping[int, datetime]  # version -> when, oldest first
    reinstated: Collection[str] = ()  # withdrawn, and put back by two editors
    taken_back: Mapping[str, datetime] = {}  # removed with a code that says it should not have been listed -> said at

    @cached_property
    def versions(self) -> list[int]:
        """Published ones, in order."""
        return list(self.published)

    def after(self, version: int) -> datetime:
        """When the next version was published."""
        return self.published[self.versions[bisect_right(self.versions, version)]]


def lives(listings: Iterable[Listing], known: Circumstances) -> list[Life]:
    """Every life, those of one thing together, in the order they began."""
    in_order = list(listings)
    newest = {one.id: one.first for one in in_order}
    stays: dict[bytes, list[tuple[str, Life]]] = {}
    for one in in_order:
        stay = _stay(one, known, is_last=one.first == newest[one.id])
        if stay.ends > stay.begins:  # else its last day was past when the version came out
            stays.setdefault(one.twin, []).append((one.id, stay))
    return [life for same in stays.values() for life in _joined(_first_times(same))]


def _stay(one: Listing, known: Circumstances, *, is_last: bool) -> Life:
    """What was said of an entry for good is about its last stay; earlier ones ended with a suspension."""
    begins = known.published[one.first]
    last_day = date.fromisoformat(one.not_after)
    ends = [(datetime.combine(last_day + timedelta(days=1), time(), UTC), End.EXPIRED)]
    if one.last is not None:
        ends.append((known.after(one.last), End.ERROR if is_last and one.id in known.taken_back else End.REMOVED))
    if one.withdrawn_at is not None and is_last and one.id not in known.reinstated:
        withdrawn = datetime.fromisoformat(one.withdrawn_at)
        if withdrawn >= begins:
            ends.append((withdrawn, End.ERROR))
    end, why = min(ends)
    error_at = max(end, known.taken_back.get(one.id, end)) if why is End.ERROR else None
    kinds = {"type": one.type, "basis": one.basis, "last_resort": one.last_resort or "none"}
    return Life(begins, end, why, drafted_at(one.id), error_at, kinds)


def _first_times(stays: Iterable[tuple[str, Life]]) -> Iterator[Life]:
    """The stays of one thing in the order they began; one that comes back was drafted long ago."""
    seen: set[str] = set()
    for entry_id, stay in sorted(stays, key=lambda one: one[1].begins):
        yield evolve(stay, drafted=None) if entry_id in seen else stay
        seen.add(entry_id)


def _joined(stays: Iterable[Life]) -> Iterator[Life]:
    """Stays that touch are one life: it ends as the last of them."""
    life: Life | None = None
    for stay in stays:
        if life is None or stay.begins > life.ends:
            if life is not None:
                yield life
            life = stay
        elif stay.ends > life.ends:
            life = evolve(life, ends=stay.ends, why=stay.why, error_at=stay.error_at)
    if life is not None:
        yield life


def drafted_at(entry_id: str) -> datetime | None:
    """The moment in an id, in whole milliseconds as ULIDs have it; None for one beyond the year 9999."""
    try:
        return ULID.from_str(entry_id).datetime.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
