"""How far a sum of released noise may lie from zero: what a report prints beside a total (docs/assurance/release.md).

A noised total differs from the truth by the sum of one draw for each bucket and host, whatever was counted. That sum's
law is found exactly, up to rounding below 1e-9, from its characteristic function; nothing is assumed to be normal.
"""

from functools import lru_cache
from math import cos, exp, pi, sin, sqrt

from resolver.core.release import EVENTS_HIDDEN

CONFIDENCE = 0.99
_NEGLIGIBLE = 1e-18


@lru_cache(maxsize=4096)
def half_width(buckets: int, hosts: int = 1, confidence: float = CONFIDENCE) -> int:
    """Return the smallest w with P(-w <= sum of all draws <= w) >= confidence.

    For the difference of two `Release.noised` totals `buckets` apart, summed over hosts that began together; several
    lists count as several hosts. Hosts with unlike numbers of buckets: pass the sum of their buckets and one host.
    """
    if buckets < 0 or hosts < 0 or not 0 < confidence < 1:
        raise ValueError("buckets and hosts are counts, the confidence lies between 0 and 1")
    draws = buckets * hosts
    low, high = 0, _out_of_reach(draws)
    while low < high:
        middle = (low + high) // 2
        if probability_within(middle, draws) >= confidence:
            high = middle
        else:
            low = middle + 1
    return low


def probability_within(width: int, draws: int) -> float:
    """Return P(|N1 + … + Nn| <= width) for independent draws of the noise.

    The law of a whole number is the Fourier sum of its characteristic function. On a circle of `around` points every
    value is folded onto one within reach; what is out of reach has a probability below 1e-20.
    """
    if draws == 0:
        return 1.0
    around = 2 * (_out_of_reach(draws) + width) + 1
    total = 2.0 * width + 1
    for number in range(1, around // 2 + 1):
        angle = 2 * pi * number / around
        weight = _characteristic(angle) ** draws
        if weight < _NEGLIGIBLE:
            break
        total += 2 * weight * sin((width + 0.5) * angle) / sin(angle / 2)
    return total / around


def standard_deviation(draws: int) -> float:
    """Return that of the sum; one draw has 11.3."""
    alpha = exp(-1 / EVENTS_HIDDEN)
    return sqrt(2 * alpha * draws) / (1 - alpha)


def _characteristic(angle: float) -> float:
    """Return E exp(i * angle * N) of one draw: real, since N is symmetric, and falling from 0 to pi."""
    alpha = exp(-1 / EVENTS_HIDDEN)
    return (1 - alpha) ** 2 / (1 - 2 * alpha * cos(angle) + alpha * alpha)


def _out_of_reach(draws: int) -> int:
    """Return a bound that the sum passes with a probability below 1e-20: its tail is normal first, then exponential."""
    return int(12 * standard_deviation(draws)) + 64 * EVENTS_HIDDEN
