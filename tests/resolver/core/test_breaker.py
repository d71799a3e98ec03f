"""When the circuit breaker trips."""

from __future__ import annotations

import pytest

from resolver.core.breaker import BreakerLimits
from resolver.core.newcomers import Seen

RULE = BreakerLimits()


@pytest.mark.parametrize(
    ("different", "hits", "fresh", "queries", "trips"),
    [
        (20, 100, 20, 10_000, True),
        (19, 100, 20, 10_000, False),  # too few different ones
        (1, 9_000, 400, 10_000, False),  # one popular name alone is the never-list's business
        (20, 10, 400, 10_000, False),  # no more than one query in a thousand
        (20, 11, 400, 10_000, True),
        (49, 500, 1_000, 10_000, False),  # under 5 % of a large change
        (50, 500, 1_000, 10_000, True),
        (20, 20, 20, 0, True),  # where nothing is cached policy answers are no queries of any series
    ],
)
def test_many_different_entries_and_many_hits_trip_it(
    different: int, hits: int, fresh: int, queries: int, trips: bool
) -> None:
    """At least 20 and 5 % different ones within a window, and hits above 0.1 % of queries."""
    assert RULE.trips(Seen(different, hits), fresh, queries) is trips


def test_a_short_list_of_additions_is_not_watched() -> None:
    """Fewer than 20 can never trip it."""
    assert (RULE.can_trip(19), RULE.can_trip(20)) == (False, True)
