"""The interval of a noised sum, beside the closed form of one draw and the convolution of several."""

from __future__ import annotations

from math import exp, sqrt

import pytest

from resolver.core.noise_interval import half_width, probability_within, standard_deviation
from resolver.core.release import EVENTS_HIDDEN

ALPHA = exp(-1 / EVENTS_HIDDEN)
REACH = 1_500


def law(draws: int) -> list[float]:
    """P(sum = n - REACH) by plain convolution: each draw is a run of the two one-sided recursions."""
    row = [0.0] * (2 * REACH + 1)
    row[REACH] = 1.0
    for _ in range(draws):
        row = convolved(row)
    return row


def convolved(row: list[float]) -> list[float]:
    """One draw more: it is the difference of two geometric numbers."""
    for _ in range(2):
        sum_so_far, after = 0.0, []
        for weight in row:
            sum_so_far = ALPHA * sum_so_far + (1 - ALPHA) * weight
            after.append(sum_so_far)
        row = after[::-1]
    return row


@pytest.mark.parametrize("width", [0, 1, 8, 36, 100, 250])
def test_one_draw_has_its_closed_form(width: int) -> None:
    """P(|N| <= w) = 1 - 2 a^(w+1) / (1 + a)."""
    assert probability_within(width, 1) == pytest.approx(1 - 2 * ALPHA ** (width + 1) / (1 + ALPHA), abs=1e-12)


@pytest.mark.parametrize("draws", [2, 7, 52, 365])
def test_sums_agree_with_the_convolution(draws: int) -> None:
    """The same probability by another way, for narrow and wide intervals."""
    row = law(draws)
    for width in (0, 5, 40, 200, 600):
        assert probability_within(width, draws) == pytest.approx(sum(row[REACH - width : REACH + width + 1]), abs=1e-9)


@pytest.mark.parametrize(("buckets", "hosts"), [(1, 1), (4, 1), (31, 1), (52, 1), (365, 1), (365, 20), (3650, 100)])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99, 0.999])
def test_the_width_is_the_smallest_that_holds_enough(buckets: int, hosts: int, confidence: float) -> None:
    """One less would hold too little."""
    width = half_width(buckets, hosts, confidence)
    assert probability_within(width, buckets * hosts) >= confidence
    assert width == 0 or probability_within(width - 1, buckets * hosts) < confidence


def test_wide_sums_are_as_wide_as_normal_ones() -> None:
    """The central limit: 2.576 standard deviations hold 99 %; one draw has a wider tail than that."""
    assert half_width(365, 20) == pytest.approx(2.5758 * standard_deviation(7300), rel=0.002)
    assert standard_deviation(1) == pytest.approx(sqrt(2 * ALPHA) / (1 - ALPHA))
    assert half_width(1) == 37 > 2.5758 * standard_deviation(1)


def test_nothing_released_is_nothing_unsure_and_nonsense_is_refused() -> None:
    """No draw, no width."""
    assert half_width(0, 20) == 0
    for wrong in ((-1, 1, 0.99), (1, -1, 0.99), (1, 1, 1.0)):
        with pytest.raises(ValueError, match="counts"):
            half_width(*wrong)
