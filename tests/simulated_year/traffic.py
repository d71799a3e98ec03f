"""Made-up customers at Danish-like rates: queries and hits of listed names, with daily, weekly and yearly swing.

One hit per thousand lines a day is the rate of the design (people-and-requirements.md, scale).
"""

from __future__ import annotations

import math
import random
from datetime import datetime

from attrs import field, frozen

HOURS = 24
_DAY_SHAPE = [1 + 0.6 * math.sin((hour - 9) * math.pi / 12) for hour in range(HOURS)]  # least at 3, most at 15


@frozen
class Population:
    """Customers behind one host."""

    lines: int = 120_000
    queries: float = 260.0  # a line and day
    hits: dict[str, float] = field(factory=lambda: {"icsa": 0.9, "interpol": 0.15})  # a thousand lines and day

    def share(self, moment: datetime) -> float:
        """What part of a mean day an hour brings: nights are quiet, weekends and winters busy."""
        weekly = 1.15 if moment.weekday() >= 5 else 0.94
        yearly = 1 + 0.2 * math.cos((moment.timetuple().tm_yday - 15) * 2 * math.pi / 365)
        return _DAY_SHAPE[moment.hour] * weekly * yearly / HOURS

    def asked(self, moment: datetime, hours: int, chance: random.Random) -> int:
        """Queries of some hours from this moment on."""
        mean = self.lines * self.queries * self.share(moment) * hours
        return max(0, round(chance.gauss(mean, 0.03 * mean)))

    def hit(self, list_id: str, moment: datetime, hours: int, chance: random.Random) -> int:
        """Hits of these hours; now and then one customer makes a burst of them."""
        mean = self.lines / 1_000 * self.hits[list_id] * self.share(moment) * hours
        burst = chance.randrange(5, 60) if chance.random() < 0.002 else 0
        return poisson(mean, chance) + burst


def poisson(mean: float, chance: random.Random) -> int:
    """Draw by the time between events."""
    count, passed = 0, chance.expovariate(1.0)
    while passed < mean:
        count, passed = count + 1, passed + chance.expovariate(1.0)
    return count
