"""Token buckets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resolver.core.clients import Client
from resolver.core.rate_limit import Bucket, Budget, Rate

RATES = st.builds(Rate, st.floats(0.1, 5000), st.floats(1, 20_000))
WAITS = st.lists(st.floats(0, 30), min_size=1, max_size=40)


def test_a_burst_then_the_rate() -> None:
    """Ten at once, then two a second."""
    bucket = Bucket.full(Rate(2, 10), 5.0)
    assert [bucket.draw(7, 5.0), bucket.draw(7, 5.0), bucket.draw(7, 5.0)] == [7, 3, 0]
    assert [bucket.draw(7, 6.0), bucket.draw(7, 6.4), bucket.draw(7, 6.5)] == [2, 0, 1]
    assert bucket.draw(99, 1e6) == 10


def test_a_clock_that_goes_back_gives_nothing() -> None:
    """Nor does it take: what was there stays."""
    bucket = Bucket.full(Rate(1, 3), 10.0)
    assert [bucket.draw(1, 9.0), bucket.draw(9, 8.0), bucket.draw(9, 10.0), bucket.draw(9, 11.0)] == [1, 2, 0, 1]


@given(RATES, WAITS, st.integers(1, 500))
def test_no_stretch_of_time_gives_more_than_burst_rate_and_a_step(rate: Rate, waits: list[float], step: int) -> None:
    """Whatever the client's rhythm: it asks as long as it is allowed to, at each of some moments."""
    client = Client(budget=Budget.full(rate, 2.0, step, 0.0))
    now, given_out = 0.0, []
    for wait in waits:
        now += wait
        granted = 0
        while granted < 30_000 and client.allow(now):
            granted += 1
        given_out.append((now, granted))
    for first in range(len(given_out)):
        since, total = given_out[first][0], 0
        for moment, granted in given_out[first:]:
            total += granted
            assert total <= rate.burst + rate.queries * (moment - since) + step + 1
            if total > 60_000:
                break


@given(RATES, st.integers(1, 400))
def test_whoever_stays_below_the_rate_is_never_refused(rate: Rate, count: int) -> None:
    """Evenly spaced queries at the rate, or slower."""
    client = Client(budget=Budget.full(rate, 2.0, 100, 0.0))
    assert all(client.allow(number / rate.queries * 1.000001) for number in range(count))
