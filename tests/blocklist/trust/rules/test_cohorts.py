"""What counts as newly added, and until when."""

from __future__ import annotations

from blocklist.trust.rules import cohorts
from blocklist.trust.rules.cohorts import LIMITS, Cohort
from tests.blocklist.trust.packed import numbers, records, tokens

T0 = 1_000_000.0


def test_entry_counts_from_when_it_was_first_enforced() -> None:
    """A token already in a cohort keeps its time; a cohort without any new token is none."""
    first = cohorts.begin((), tokens(1, 2), T0)
    second = cohorts.begin(first, tokens(2, 3), T0 + 60)
    assert [(each.since, numbers(each.tokens)) for each in second] == [(T0, {1, 2}), (T0 + 60, {3})]
    assert cohorts.begin(second, tokens(1), T0 + 90) == second


def test_cohort_is_old_after_72_hours() -> None:
    """Young to the second before; then let go of at the next change, and new if it comes again."""
    known = cohorts.begin((), tokens(1), T0)
    assert numbers(cohorts.young(known, T0 + LIMITS.young - 1)) == {1}
    assert cohorts.young(known, T0 + LIMITS.young) == b""
    later = cohorts.begin(known, tokens(1), T0 + LIMITS.young)
    assert later == (Cohort(T0 + LIMITS.young, tokens(1)),)


def test_cohort_is_unproven_until_workers_have_it_and_watched_half_an_hour_after() -> None:
    """However long that took: a crash before it repeats the canary, and the breaker's half hour begins with it."""
    known = cohorts.begin((), tokens(1, 2), T0)
    assert numbers(cohorts.unproven(known)) == numbers(cohorts.fresh(known, T0 + 7200)) == {1, 2}
    proven = cohorts.prove(known, records({1, 2, 3}), T0 + 7200)
    assert cohorts.unproven(proven) == b""
    assert numbers(cohorts.fresh(proven, T0 + 7200 + LIMITS.watched - 1)) == {1, 2}
    assert cohorts.fresh(proven, T0 + 7200 + LIMITS.watched) == b""
    assert cohorts.prove(proven, records({1, 2}), T0 + 9000) == proven


def test_what_is_not_in_force_is_not_proven() -> None:
    """A version that the disk had no room for, or that was rolled back: the canary is still to come."""
    known = cohorts.begin(cohorts.begin((), tokens(1), T0), tokens(2, 3), T0 + 60)
    assert numbers(cohorts.unproven(cohorts.prove(known, records({1, 9}), T0 + 90))) == {2, 3}


def test_vouched_entries_are_young_but_not_tried_again() -> None:
    """What the NOC took back is left alone by canary and breaker; an accident in it may still be withdrawn whole."""
    known = cohorts.vouch(cohorts.begin((), tokens(1, 2), T0), tokens(2, 3), T0 + 60)
    assert numbers(cohorts.unproven(known)) == numbers(cohorts.fresh(known, T0 + 61)) == {1}
    assert numbers(cohorts.young(known, T0 + 61)) == {1, 2, 3}
    assert cohorts.vouch(known, b"", T0) == known


def test_what_leaves_the_list_leaves_its_cohort() -> None:
    """So that it is new when it comes again; an empty cohort is none."""
    known = cohorts.begin(cohorts.begin((), tokens(1, 2), T0), tokens(3), T0)
    assert [numbers(each.tokens) for each in cohorts.within(known, records({2, 9}))] == [{2}]
    assert [numbers(each.tokens) for each in cohorts.without(known, tokens(3, 1))] == [{2}]
    assert cohorts.without(known, b"") is known
