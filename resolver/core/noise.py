"""Exact two-sided geometric noise from random bits: no floating point, no logarithm, nothing to leak through rounding.

The method is that of Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy" (2020), algorithms
1 and 2.
"""

from collections.abc import Callable

RandomBits = Callable[[int], int]
"""Returns so many uniformly random bits as an integer."""


def two_sided_geometric(scale: int, random_bits: RandomBits) -> int:
    """Draw N with P(N = n) proportional to exp(-|n| / scale)."""
    while True:
        rest = below(scale, random_bits)
        if not happens_with_exp(rest, scale, random_bits):
            continue
        whole = 0
        while happens_with_exp(1, 1, random_bits):
            whole += 1
        size = rest + scale * whole
        negative = bool(random_bits(1))
        if not (negative and size == 0):  # else zero would be drawn twice as often
            return -size if negative else size


def happens_with_exp(numerator: int, denominator: int, random_bits: RandomBits) -> bool:
    """Return True with probability exp(-numerator / denominator), for a ratio from 0 to 1."""
    tosses = 1
    while below(denominator * tosses, random_bits) < numerator:
        tosses += 1
    return tosses % 2 == 1


def below(bound: int, random_bits: RandomBits) -> int:
    """Draw a uniform integer from 0 to `bound` - 1 by rejection."""
    width = (bound - 1).bit_length()
    while True:
        drawn = random_bits(width) if width else 0
        if drawn < bound:
            return drawn
