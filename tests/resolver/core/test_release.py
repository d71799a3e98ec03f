"""Release of block totals: when, how much, and what may be stored."""

from __future__ import annotations

import json
from math import exp
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.noise import two_sided_geometric
from resolver.core.release import DAY, EVENTS_HIDDEN, WEEK, Release, StateFault, Total, bucket_for

NOON = 20_000 * DAY + DAY // 2
MIDNIGHT = 20_001 * DAY


def no_bits(width: int) -> int:
    raise AssertionError("noise drawn before the bucket ended")


@pytest.mark.parametrize(
    ("enabled", "bucket", "lines", "expected"),
    [
        (False, DAY, 1_000_000, None),
        (True, DAY, 999, None),
        (True, DAY, 1_000, WEEK),
        (True, DAY, 99_999, WEEK),
        (True, DAY, 100_000, DAY),
        (True, WEEK, 100_000, WEEK),
    ],
)
def test_small_hosts_release_weekly_or_not_at_all(enabled: bool, bucket: int, lines: int, expected: int | None) -> None:
    """Below 1,000 lines nothing is released, below 100,000 once a week."""
    assert bucket_for(enabled, bucket, lines) == expected


def test_nothing_is_released_before_the_bucket_ends() -> None:
    """Up to the last second no noise is drawn and nothing changes, whatever is counted."""
    release = Release.begin(["a"], DAY, NOON)
    assert release.bucket_end == MIDNIGHT
    assert not release.settle(MIDNIGHT - 1, {"a": 1000}, no_bits)
    assert release.shown == {"a": 0}


def test_a_bucket_end_releases_count_plus_noise_in_steps() -> None:
    """The shown counter is a multiple of 8 near the count, and the same noise gives the same total."""
    release = Release.begin(["a"], DAY, NOON)
    assert release.settle(MIDNIGHT, {"a": 1000}, Random(3).getrandbits)
    noise = two_sided_geometric(EVENTS_HIDDEN, Random(3).getrandbits)
    assert release.totals["a"].noisy == 1000 + noise
    assert release.shown["a"] == (1000 + noise) // 8 * 8
    assert release.last_release == MIDNIGHT
    assert release.bucket_end == MIDNIGHT + DAY


def test_the_next_bucket_counts_only_what_came_since() -> None:
    """Running totals are counted once."""
    bits = Random(1).getrandbits
    release = Release.begin(["a"], DAY, NOON)
    release.settle(MIDNIGHT, {"a": 5000}, bits)
    release.settle(MIDNIGHT + DAY, {"a": 5000}, bits)
    assert abs(release.totals["a"].noisy - 5000) < 300


def test_every_bucket_draws_noise_also_the_empty_and_the_missed_ones() -> None:
    """Three days without a look draw three times for each list."""
    drawn = []
    source = Random(5)

    def bits(width: int) -> int:
        drawn.append(width)
        return source.getrandbits(width)

    release = Release.begin(["a", "b"], DAY, NOON)
    release.settle(MIDNIGHT + 2 * DAY + 1, {}, bits)
    again = Random(5)
    for _ in range(6):
        two_sided_geometric(EVENTS_HIDDEN, again.getrandbits)
    assert source.getstate() == again.getstate()
    assert release.bucket_end == MIDNIGHT + 3 * DAY


@given(st.lists(st.integers(0, 50), max_size=12), st.integers(0, 2**32))
def test_the_shown_counter_never_falls(counts: list[int], seed: int) -> None:
    """Whatever noise is drawn, the counter only rises, by multiples of eight."""
    bits = Random(seed).getrandbits
    total = Total()
    for count in counts:
        after = total.after(count, bits)
        assert after.shown >= total.shown
        assert after.shown % EVENTS_HIDDEN == 0
        total = after


def test_eight_events_change_the_odds_by_at_most_a_factor_e() -> None:
    """Exact law of N: for neighbouring histories k and k+8 every outcome's ratio is within e."""
    alpha = exp(-1 / EVENTS_HIDDEN)
    law = {n: alpha ** abs(n) for n in range(-200, 201)}
    for outcome in range(-150, 150):
        assert law[outcome] / law[outcome - 8] <= exp(1) * (1 + 1e-9)


@given(st.integers(0, 100), st.integers(0, 2**32))
def test_output_depends_on_history_only_through_count_plus_noise(count: int, seed: int) -> None:
    """Splitting one bucket's count over many looks changes nothing."""
    one, many = Release.begin(["a"], DAY, NOON), Release.begin(["a"], DAY, NOON)
    for step in range(count):
        many.settle(NOON + step, {"a": step}, no_bits)
    one.settle(MIDNIGHT, {"a": count}, Random(seed).getrandbits)
    many.settle(MIDNIGHT, {"a": count}, Random(seed).getrandbits)
    assert one.to_dict() == many.to_dict()


def test_a_restart_loses_the_running_bucket_and_releases_nothing_early() -> None:
    """The stored state is JSON without the running count; the resumed one waits for the same bucket end."""
    release = Release.begin(["a"], DAY, NOON)
    release.settle(NOON + 5, {"a": 12345}, no_bits)
    stored = json.dumps(release.to_dict())
    assert "12345" not in stored
    again = Release.resume(json.loads(stored), ["a"], DAY, NOON + 10)
    assert again.bucket_end == MIDNIGHT
    assert not again.settle(MIDNIGHT - 1, {"a": 3}, no_bits)


def test_a_new_bucket_length_takes_effect_after_one_full_old_bucket() -> None:
    """Weekly to daily: the running week and one whole week more come first; a second resume does not move it."""
    release = Release.begin(["a"], WEEK, NOON)
    first_end = release.bucket_end
    release = Release.resume(release.to_dict(), ["a"], DAY, NOON)
    release = Release.resume(release.to_dict(), ["a"], DAY, NOON + 60)
    bits = Random(2).getrandbits
    release.settle(first_end, {}, bits)
    assert (release.bucket, release.bucket_end) == (WEEK, first_end + WEEK)
    release.settle(first_end + WEEK, {}, bits)
    assert (release.bucket, release.bucket_end) == (DAY, first_end + WEEK + DAY)


def test_a_clock_that_ran_ahead_does_not_silence_releases_for_years() -> None:
    """A bucket end far in the future is taken back on resuming."""
    release = Release.begin(["a"], DAY, NOON + 4000 * DAY)
    assert Release.resume(release.to_dict(), ["a"], DAY, NOON).bucket_end == MIDNIGHT


def test_a_long_sleep_ends_in_bounded_work() -> None:
    """Ten years asleep settle at once and end in the present bucket."""
    release = Release.begin(["a"], DAY, NOON)
    assert release.settle(NOON + 3650 * DAY, {}, Random(1).getrandbits)
    assert release.bucket_end > NOON + 3650 * DAY


@pytest.mark.parametrize("state", [{}, {"totals": 3}, {"totals": {"a": {}}}, {"totals": {}, "bucket": "x"}])
def test_a_damaged_state_is_a_fault_without_text(state: dict[str, object]) -> None:
    """Anything unreadable is one declared error."""
    with pytest.raises(StateFault):
        Release.resume(state, ["a"], DAY, NOON)


def test_what_came_after_a_bucket_is_not_released_with_it() -> None:
    """Resumed after the stored end: the missed buckets hold noise alone, what is counted now waits for its own."""
    release = Release.begin(["a"], DAY, NOON)
    release = Release.resume(release.to_dict(), ["a"], DAY, MIDNIGHT + 10)
    assert release.settle(MIDNIGHT + 11, {"a": 90_000}, Random(4).getrandbits)
    assert release.totals["a"].noisy == two_sided_geometric(EVENTS_HIDDEN, Random(4).getrandbits)
    release.settle(MIDNIGHT + DAY, {"a": 90_000}, Random(4).getrandbits)
    assert abs(release.totals["a"].noisy - 90_000) < 300


@pytest.mark.parametrize("jump", [-4000 * DAY, -2 * DAY, -7200, 7200, 3 * DAY, 4000 * DAY])
def test_a_clock_that_was_set_ends_no_bucket_early(jump: int) -> None:
    """From the jump on the running bucket lasts at least one whole bucket more, and at most two."""
    release = Release.begin(["a"], DAY, NOON)
    release.want(WEEK)
    now = NOON + jump
    release.clock_was_set(now)
    assert now + DAY < release.bucket_end <= now + 2 * DAY
    assert release.bucket_end % DAY == 0
    assert not release.settle(now + DAY, {"a": 1000}, no_bits)
    first_end = release.bucket_end
    release.settle(first_end, {"a": 1000}, Random(1).getrandbits)
    assert release.bucket == DAY
    release.settle(first_end + DAY, {"a": 1000}, Random(1).getrandbits)
    assert release.bucket == WEEK


def test_a_change_that_was_asked_for_in_the_far_future_is_not_silenced() -> None:
    """The clock ran ten years ahead when the bucket was changed: it takes effect after one full bucket from now."""
    release = Release.begin(["a"], DAY, NOON + 4000 * DAY)
    release.want(WEEK)
    release = Release.resume(release.to_dict(), ["a"], WEEK, NOON)
    assert (release.bucket_end, release.change_at) == (MIDNIGHT, MIDNIGHT + DAY)
