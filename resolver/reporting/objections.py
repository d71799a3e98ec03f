"""Objections at the ISP's own desk, as the officer keeps them in the notes: days and outcomes, never a name."""

from collections.abc import Mapping
from typing import Final

from blocklist.transparency.model import Figure, Spread
from blocklist.transparency.notes import Objection
from blocklist.transparency.period import Period

AIM_DAYS: Final = 7  # from receipt to decision


def figures(register: tuple[Objection, ...] | None, period: Period) -> Mapping[str, Figure]:
    """Return the counts of a period; not known where no register was kept."""
    if register is None:
        return {f"objections.{each}": Figure(None) for each in ("received", "upheld", "open")}
    decided = _decided(register, period)
    waiting = [one for one in register if one.received < period.end and not _by_the_end(one, period)]
    return {
        "objections.received": Figure(sum(period.holds(one.received) for one in register)),
        "objections.upheld": Figure(sum(one.upheld for one in decided)),
        "objections.open": Figure(len(waiting)),
        "decided_late": Figure(sum(_days(one) > AIM_DAYS for one in decided)),
    }


def decision_days(register: tuple[Objection, ...] | None, period: Period) -> Spread:
    """Return how long the decisions of a period took."""
    if register is None:
        return Spread(None, None, None, None)
    return Spread.over(_days(one) for one in _decided(register, period))


def _decided(register: tuple[Objection, ...], period: Period) -> list[Objection]:
    return [one for one in register if period.holds(one.decided)]


def _by_the_end(one: Objection, period: Period) -> bool:
    return one.decided is not None and one.decided < period.end


def _days(one: Objection) -> int:
    assert one.decided is not None
    return (one.decided - one.received).days
