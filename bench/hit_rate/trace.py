"""A trace of questions: names by Zipf's law, as customers of an ISP ask them, always the same for the same numbers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import accumulate

EXPONENT = 1.0  # the name of rank k is asked in proportion to k ** -EXPONENT
SEED = 9_000_000


def zipf(names: int, queries: int) -> list[int]:
    """The rank (from 0) of the name each query asks for."""
    weights = list(accumulate(rank**-EXPONENT for rank in range(1, names + 1)))
    return random.Random(SEED).choices(range(names), cum_weights=weights, k=queries)


def lines(ranks: Sequence[int]) -> str:
    """The trace as dnsperf reads it."""
    return "".join(f"h{rank:x}.site{rank % 9973}.example A\n" for rank in ranks)


def ceiling(ranks: Sequence[int]) -> float:
    """The best hit rate there is: every name goes upstream once."""
    return 1 - len(set(ranks)) / len(ranks)
