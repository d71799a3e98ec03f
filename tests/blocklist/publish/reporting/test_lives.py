"""Lives from listings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ulid import ULID

from blocklist.publish.master.history import Listing
from blocklist.publish.reporting.lives import Circumstances, End, Life, drafted_at, lives

START = datetime(2026, 3, 1, 3, tzinfo=UTC)
PUBLISHED = {version: START + timedelta(days=version) for version in range(1, 11)}  # version 1 on 2 March
EARLY = str(ULID.from_datetime(START))
LATER = str(ULID.from_datetime(START + timedelta(days=3)))


def listing(entry_id: str = EARLY, first: int = 1, last: int | None = None, **more: Any) -> Listing:
    fields = {"twin": b"t", "not_after": "2026-05-01", "withdrawn_at": None}
    kinds = {"type": "host", "basis": "law", "last_resort": None}
    return Listing(**{"id": entry_id, "first": first, "last": last, **fields, **kinds, **more})


def found(*listings: Listing, **known: Any) -> list[Life]:
    return lives(listings, Circumstances(published=PUBLISHED, **known))


def test_each_end_at_its_own_moment() -> None:
    """Left out: with the next version. Expired: after the last day, UTC. Withdrawn: at once. The first one counts."""
    (removed,) = found(listing(last=3))
    assert (removed.begins, removed.ends, removed.why) == (PUBLISHED[1], PUBLISHED[4], End.REMOVED)
    (expired,) = found(listing(last=6, not_after="2026-03-04"))
    assert (expired.ends, expired.why) == (datetime(2026, 3, 5, tzinfo=UTC), End.EXPIRED)
    (withdrawn,) = found(listing(last=3, withdrawn_at="2026-03-03T20:00:00Z"))
    assert (withdrawn.ends, withdrawn.why) == (datetime(2026, 3, 3, 20, tzinfo=UTC), End.ERROR)
    assert withdrawn.error_at == withdrawn.ends


def test_said_to_be_an_error_after_a_suspension() -> None:
    """It went with the version that left it out; it counts as an error from when somebody said so."""
    said = START + timedelta(days=9)
    (life,) = found(listing(last=3), taken_back={EARLY: said})
    assert (life.ends, life.why, life.error_at) == (PUBLISHED[4], End.ERROR, said)


def test_back_after_a_suspension() -> None:
    """Two lives of one entry: the first ended with no error, the second waited for no draft."""
    first, second = found(listing(last=2), listing(first=6, last=8), taken_back={EARLY: PUBLISHED[8]})
    assert (first.why, first.error_at, second.why) == (End.REMOVED, None, End.ERROR)
    assert first.waited() == 86_400
    assert second.waited() is None


def test_an_extension_is_the_same_life() -> None:
    """A new id for the same thing, in force before the old one ends, makes the life longer and begins none."""
    (life,) = found(listing(not_after="2026-03-06"), listing(LATER, first=4))
    assert (life.begins, life.ends) == (PUBLISHED[1], datetime(2026, 5, 2, tzinfo=UTC))
    first, second = found(listing(not_after="2026-03-03"), listing(LATER, first=6))
    assert (first.why, second.begins) == (End.EXPIRED, PUBLISHED[6])
    assert len(found(listing(), listing(LATER, twin=b"other"))) == 2


def test_reinstated() -> None:
    """A withdrawal that two editors took back ended nothing."""
    (life,) = found(listing(withdrawn_at="2026-03-05T00:00:00Z"), reinstated=(EARLY,))
    assert life.why is End.EXPIRED


def test_past_its_day_when_it_came_out() -> None:
    """What was never in force has no life."""
    assert found(listing(first=5, not_after="2026-03-05")) == []


def test_the_moment_in_an_id() -> None:
    """An id tells its milliseconds; one of the far future, or ahead of the version, tells no waiting time."""
    assert drafted_at(EARLY) == START
    assert drafted_at("7" + "Z" * 25) is None
    (life,) = found(listing(LATER))
    assert life.waited() is None
