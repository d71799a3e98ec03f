"""Questions as customers ask them: names by Zipf's law, each with its own size and TTL, and strangers in between."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate

from attrs import frozen

SEED = 28
COSTS = ((55, 1_400), (30, 1_900), (13, 5_000), (1.8, 12_000), (0.2, 150_000))
"""Share of names in percent, and what their answers cost in bytes: one address up to a long TXT."""
TTLS = ((15, 20), (25, 60), (30, 300), (20, 3_600), (10, 86_400))
"""Share of names in percent, and their TTL in seconds."""
FLOOD_COST, FLOOD_TTL = 1_400, 300


@frozen
class Trace:
    """`exponent` of Zipf's law; `flood` is the share of queries for names that nobody asks for twice."""

    exponent: float
    flood: float = 0.0
    names: int = 100_000
    queries: int = 500_000
    rate: int = 2_000
    """Queries a second."""

    def bytes(self) -> int:
        """What the answers to all names would cost."""
        return sum(cost for cost, _ in map(_answer, range(self.names)))

    def asked(self) -> Iterator[tuple[float, bytes, int, int, bool]]:
        """Yield time, key, cost and TTL of each question, and whether it is a customer's."""
        rng = random.Random(SEED)
        weights = list(accumulate(rank**-self.exponent for rank in range(1, self.names + 1)))
        answers = [_answer(name) for name in range(self.names)]
        for number, name in enumerate(rng.choices(range(self.names), cum_weights=weights, k=self.queries)):
            now = number / self.rate
            if rng.random() < self.flood:
                yield now, b"flood%d" % number, FLOOD_COST, FLOOD_TTL, False
            else:
                yield now, b"%d" % name, *answers[name], True


def _answer(name: int) -> tuple[int, int]:
    rng = random.Random(name)
    cost, ttl = (
        rng.choices([value for _, value in table], [share for share, _ in table])[0] for table in (COSTS, TTLS)
    )
    return cost, ttl
