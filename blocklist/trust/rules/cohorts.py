"""What this host began to enforce a short while ago, by its own clock: the newly added entries of list.md.

Three rules look at it. A withdrawal of an entry younger than 72 hours counts against no cap. The dry canary tries a
cohort before workers have it in force, also after a restart in between. The circuit breaker watches it for half an hour
after that. A first list under a root and a rekeyed set make none: nothing of them is newly added.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import evolve, field, frozen

from blocklist.trust.limits import HOUR
from blocklist.trust.rules.token_sets import among, minus, union

Cohorts = tuple["Cohort", ...]


@frozen
class CohortLimits:
    """How long an entry counts as new (seconds)."""

    young: float = 72 * HOUR
    """Seconds since an entry was first enforced: an accident is withdrawn whole."""
    watched: float = 0.5 * HOUR
    """Seconds since workers have it in force: the breaker may trip."""


LIMITS: Final = CohortLimits()


@frozen
class Cohort:
    """Tokens (sorted, packed) this host first enforced at one time."""

    since: float  # POSIX
    tokens: bytes = field(repr=False)
    proven_at: float = 0.0  # POSIX, when workers had them in force; 0: not yet, and the canary is still to come
    vouched: bool = False  # the NOC took them back from canary or breaker, which then leave them alone


def begin(cohorts: Cohorts, tokens: bytes, now: float) -> Cohorts:
    """Add the tokens that are in no cohort yet as one of their own, and let go of those that are old."""
    recent = tuple(cohort for cohort in cohorts if now - cohort.since < LIMITS.young)
    new = minus(tokens, union(*(cohort.tokens for cohort in recent)))
    return (*recent, Cohort(now, new)) if new else recent


def vouch(cohorts: Cohorts, tokens: bytes, now: float) -> Cohorts:
    """Begin a cohort that neither canary nor breaker looks at, because the NOC answers for it."""
    others = without(cohorts, tokens)
    return (*others, Cohort(now, tokens, now, vouched=True)) if tokens else others


def without(cohorts: Cohorts, tokens: bytes) -> Cohorts:
    """Take tokens out of all cohorts: they are enforced no longer, and would be new once more."""
    if not tokens:
        return cohorts
    return _filled(evolve(cohort, tokens=minus(cohort.tokens, tokens)) for cohort in cohorts)


def within(cohorts: Cohorts, records: bytes) -> Cohorts:
    """Keep the tokens that a new verified set still has."""
    return _filled(evolve(cohort, tokens=among(cohort.tokens, records)) for cohort in cohorts)


def prove(cohorts: Cohorts, in_force: bytes, now: float) -> Cohorts:
    """Note that workers have these records in force; what could not be stored, or was rolled back, is not in them."""

    def proven(cohort: Cohort) -> bool:
        return not cohort.proven_at and among(cohort.tokens, in_force) == cohort.tokens

    return tuple(evolve(cohort, proven_at=now) if proven(cohort) else cohort for cohort in cohorts)


def young(cohorts: Cohorts, now: float) -> bytes:
    """Return the tokens first enforced less than 72 hours ago."""
    return union(*(cohort.tokens for cohort in cohorts if now - cohort.since < LIMITS.young))


def unproven(cohorts: Cohorts) -> bytes:
    """Return the tokens the canary has still to try."""
    return union(*(cohort.tokens for cohort in cohorts if not cohort.proven_at))


def fresh(cohorts: Cohorts, now: float) -> bytes:
    """Return the tokens canary and breaker look at now."""
    watched = (cohort for cohort in cohorts if not cohort.vouched)
    return union(*(c.tokens for c in watched if not c.proven_at or now - c.proven_at < LIMITS.watched))


def _filled(cohorts: Iterable[Cohort]) -> Cohorts:
    return tuple(cohort for cohort in cohorts if cohort.tokens)
