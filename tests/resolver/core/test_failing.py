"""How long a failure is remembered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resolver.core.failing import Failing, failing_again
from resolver.core.limits import Limits

LIMITS = Limits()


def test_each_failure_doubles_the_wait_up_to_its_bound() -> None:
    """5, 10, 20, 40, 60, 60: never beyond what RFC 9520 allows."""
    failing, now, waits = None, 0.0, []
    for _ in range(6):
        failing = failing_again(failing, now, 0, LIMITS, silent=False)
        waits.append(failing.wait)
        now = failing.retry_at
    assert waits == [5, 10, 20, 40, 60, 60]


def test_a_failure_of_long_ago_does_not_count() -> None:
    """Who failed yesterday starts anew."""
    first = failing_again(None, 0.0, 0, LIMITS, silent=False)
    assert failing_again(first, 10_000.0, 0, LIMITS, silent=False).wait == LIMITS.failure_ttl


def test_silence_is_tried_again_sooner() -> None:
    """Nobody said no."""
    assert failing_again(None, 0.0, 0, LIMITS, silent=True).wait == LIMITS.silence_ttl


def test_a_comeback_ends_every_failure() -> None:
    """It was about an upstream that is another now."""
    failing = Failing(100.0, 60.0, 7)
    assert failing.holds(50.0, 7)
    assert not failing.holds(50.0, 8)
    assert not failing.holds(100.0, 7)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1000)), max_size=30))
def test_the_wait_is_what_the_rfc_allows(steps: list[tuple[bool, float]]) -> None:
    """RFC 9520 section 3.2: at least a second, at most five minutes, whatever failed and when."""
    failing, now = None, 0.0
    for silent, pause in steps:
        failing = failing_again(failing, now, 0, LIMITS, silent=silent)
        assert 1 <= round(failing.retry_at - now, 6) <= 300
        now += pause
