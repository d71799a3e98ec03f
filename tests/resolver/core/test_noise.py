"""Noise: the exact distribution, from exact parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from math import exp
from random import Random

import pytest

from resolver.core.noise import below, happens_with_exp, two_sided_geometric


class MoreBits(Exception):
    """A run needs more bits than its branch has."""


def probability(run: Callable[[Callable[[int], int]], object], wanted: object, depth: int) -> tuple[Fraction, Fraction]:
    """Lower and upper bound of P(run == wanted), by walking all bit strings up to a depth."""
    lower = open_ = Fraction(0)
    branches = [""]
    while branches:
        bits = branches.pop()
        weight = Fraction(1, 2 ** len(bits))
        try:
            lower += weight * (run(_source(bits)) == wanted)
        except MoreBits:
            if len(bits) < depth:
                branches += [bits + "0", bits + "1"]
            else:
                open_ += weight
    return lower, lower + open_


def _source(bits: str) -> Callable[[int], int]:
    left = list(bits)

    def random_bits(width: int) -> int:
        if len(left) < width:
            raise MoreBits
        taken = [left.pop(0) for _ in range(width)]
        return int("".join(taken) or "0", 2)

    return random_bits


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 8), (1, 8), (5, 8), (1, 1)])
def test_a_toss_has_exactly_the_probability_of_the_exponential(numerator: int, denominator: int) -> None:
    """Walking every bit string brackets exp(-n/d) closely."""
    low, high = probability(lambda bits: happens_with_exp(numerator, denominator, bits), True, depth=13)
    assert float(low) <= exp(-numerator / denominator) <= float(high)
    assert high - low < Fraction(1, 12)


@pytest.mark.parametrize("bound", [1, 2, 5, 8])
def test_below_is_uniform(bound: int) -> None:
    """Each number below the bound has the same weight."""
    for number in range(bound):
        low, high = probability(lambda bits: below(bound, bits), number, depth=12)
        assert low <= Fraction(1, bound) <= high


def test_noise_follows_the_two_sided_geometric_law() -> None:
    """Chi-square over 40,000 seeded draws of scale 8 stays below its 99.99 % bound, and both signs are alike."""
    draws, alpha = 40_000, exp(-1 / 8)
    source = Random(7)
    seen = Counter(two_sided_geometric(8, source.getrandbits) for _ in range(draws))
    zero = (1 - alpha) / (1 + alpha)
    cells = range(-30, 31)
    expected = {n: draws * zero * alpha ** abs(n) for n in cells}
    chi = sum((seen[n] - expected[n]) ** 2 / expected[n] for n in cells)
    assert chi < 115
    assert abs(sum(n * count for n, count in seen.items()) / draws) < 0.3
