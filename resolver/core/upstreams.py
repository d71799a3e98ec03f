"""Which upstream is asked next: the quickest that is up; those that are down are probed until they answer."""

from collections.abc import Collection, Sequence

from attrs import define

from resolver.core.config import UpstreamConfig
from resolver.core.counters import Counters
from resolver.core.limits import Limits

_FIRST_GUESS = 0.05
_SMOOTHING = 0.125
"""Weight of a new round-trip time (RFC 6298 section 2)."""
_FADING = 0.98
"""What the others' estimate shrinks to when one is chosen, so that each is measured again now and then."""
_PENALTY = 2.0
_ESTIMATE_MAX = 3.0


@define(eq=False)
class Upstream:
    """One upstream's health; `rtt` is the smoothed round-trip time in seconds."""

    config: UpstreamConfig
    rtt: float = _FIRST_GUESS
    failures: int = 0
    up: bool = True
    keeps_case: bool = True
    case_losses: int = 0
    probe_at: float = 0.0


class Upstreams:
    """All upstreams of one worker."""

    def __init__(self, configs: Sequence[UpstreamConfig], counters: Counters, limits: Limits) -> None:
        self.all = tuple(Upstream(config) for config in configs)
        self._counters = counters
        self._limits = limits
        for number in range(len(self.all)):
            counters.put(counters.layout.upstream_up + number, 1)

    def __getitem__(self, number: int) -> Upstream:
        return self.all[number]

    def choose(self, asked: Collection[int], refused: Collection[int]) -> int | None:
        """Return the upstream for the next try, or None when each has given its final word.

        Up before down, not yet asked before asked, then the quickest.
        """
        left = [number for number in range(len(self.all)) if number not in refused]
        if not left:
            return None
        chosen = min(left, key=lambda number: (not self.all[number].up, number in asked, self.all[number].rtt))
        for number, upstream in enumerate(self.all):
            if number != chosen and upstream.up:
                upstream.rtt *= _FADING
        return chosen

    def sent(self, number: int) -> None:
        """Count a query."""
        self._counters.add(self._counters.layout.upstream_queries + number)

    def answered(self, number: int, rtt: float) -> None:
        """Note a sound response."""
        upstream = self.all[number]
        upstream.rtt += _SMOOTHING * (rtt - upstream.rtt)
        upstream.failures = 0
        if not upstream.up:
            upstream.up = True
            self._counters.put(self._counters.layout.upstream_up + number, 1)

    def failed(self, number: int, now: float) -> None:
        """Note a try that brought nothing: silence, a network error, bytes that are no answer."""
        self._counters.add(self._counters.layout.upstream_failures + number)
        upstream = self.all[number]
        upstream.failures += 1
        upstream.rtt = min(upstream.rtt * _PENALTY, _ESTIMATE_MAX)
        if upstream.up and upstream.failures >= self._limits.down_failures:
            upstream.up = False
            upstream.probe_at = now + self._limits.probe_interval
            self._counters.put(self._counters.layout.upstream_up + number, 0)

    def probes_due(self, now: float) -> list[int]:
        """Return the upstreams to be probed now, each noted as probed."""
        due = [number for number, one in enumerate(self.all) if not one.up and one.probe_at <= now]
        for number in due:
            self.all[number].probe_at = now + self._limits.probe_interval
        return due

    def next_probe(self) -> float | None:
        """Return when the next probe is due; None while all are up."""
        return min((one.probe_at for one in self.all if not one.up), default=None)
