"""Budgets in C: for every history the same queries are allowed as by the buckets in Python."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

import native
from resolver.core.clients import UNLIMITED, Client
from resolver.core.rate_limit import Budget, Rate
from tests.native.paths import NEEDS_NATIVE

pytestmark = NEEDS_NATIVE

RATES = st.floats(0.001, 1e6) | st.integers(1, 50)
STEPS = st.sampled_from([-1.0, 0.0, 1e-9, 0.1, 1 / 3, 1.0, 7.3, 1e5])
VERBS = st.sampled_from(["allow"] * 6 + ["allow_proven", "slip"])


@given(
    RATES, st.floats(0, 1e4), st.floats(0, 5), st.integers(1, 7), st.floats(0, 1e9), st.lists(st.tuples(VERBS, STEPS))
)
@settings(max_examples=300)
def test_a_budget_is_pythons_whatever_happens(
    rate: float, burst: float, factor: float, step: int, start: float, history: list[tuple[str, float]]
) -> None:
    """Each verb says the same at every moment, also when the clock stands still or goes back a little."""
    assert native.MODULE is not None
    pure = Client(budget=Budget.full(Rate(rate, burst), factor, step, start))
    ours = native.MODULE.Client(rate=rate, burst=burst, proven_factor=factor, step=step, now=start)
    now = start
    for verb, passed in history:
        now += passed
        moment = () if verb == "slip" else (now,)
        assert getattr(ours, verb)(*moment) == getattr(pure, verb)(*moment)
        assert ours.left == pure.left


def test_without_a_rate_nobody_is_limited() -> None:
    """So many that the next look at the bucket is years away."""
    assert native.MODULE is not None
    client = native.MODULE.Client(view=63, admitted=False)
    assert client.allow(0.0)
    assert client.allow_proven(0.0)
    assert (client.left, client.view, client.admitted) == (UNLIMITED - 1, 63, False)
