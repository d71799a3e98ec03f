"""Which upstream is asked next: the quickest that is up; those that are down are probed until they answer."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from attrs import define, field

from resolver.core.config import UpstreamConfig
from resolver.core.counters import Counters
from resolver.core.limits import Limits
from resolver.core.pending import Pending
from resolver.core.retry_budget import RetryBudget
from resolver.core.trouble import Trouble

_FIRST_GUESS = 0.05
_SMOOTHING = 0.125
"""Weight of a new round-trip time (RFC 6298 section 2)."""
_FADING = 0.98
"""What the estimate of one that is idle shrinks to when another is chosen: each is measured again now and then."""
_PENALTY = 2.0
_ESTIMATE_MAX = 3.0


class Route(NamedTuple):
    """The upstream that each plain question would be sent to now, None where each is to be looked at; `room` is how
    many may be in flight at once."""

    upstream: int | None = None
    room: int = 0
    trust_ad: bool = False


_NO_ROUTE = Route()


@define(eq=False)
class Upstream:
    """One upstream's health; `rtt` is the smoothed round-trip time in seconds, `is_guess` if it has faded since."""

    config: UpstreamConfig
    budget: RetryBudget
    rtt: float = _FIRST_GUESS
    is_guess: bool = False
    failures: int = 0
    up: bool = True
    keeps_case: bool = True
    case_losses: int = 0
    probe_at: float = 0.0
    in_flight: dict[int, Pending | None] = field(factory=dict)
    """Attempts by number, the oldest first; None for a probe."""

    elsewhere: int = 0
    """Queries in flight that are none of these attempts (`flights.py`)."""

    @property
    def busy(self) -> int:
        """Queries in flight."""
        return len(self.in_flight) + self.elsewhere

    @property
    def is_measured_now(self) -> bool:
        """Whether a query is on its way that will tell how slow it really is: one is enough."""
        return self.is_guess and bool(self.busy)


class Upstreams:
    """All upstreams of one worker."""

    def __init__(self, configs: Sequence[UpstreamConfig], counters: Counters, limits: Limits) -> None:
        self.all = tuple(Upstream(config, RetryBudget(limits)) for config in configs)
        self.recoveries = 0
        self._down = 0  # how many there are
        self._route = _NO_ROUTE
        self._counters = counters
        self._limits = limits
        self._queries = counters.layout.upstream_queries
        for number in range(len(self.all)):
            counters.put(counters.layout.upstream_up + number, 1)

    def __getitem__(self, number: int) -> Upstream:
        return self.all[number]

    # --- choice -----------------------------------------------------------------------------------------

    def first(self, members: Sequence[int]) -> int | None:
        """Return the upstream for the first try of a question, None when there is none.

        Up before down, with room before full, then the quickest.
        """
        if len(members) == 1:
            return members[0]
        return self._chosen(members, self._best(members, ()))

    def next(self, members: Sequence[int], asked: Collection[int], now: float) -> int | None:
        """Return the upstream for another try, paid for; None when none of them has room and a retry left.

        Up before down, not yet asked before asked, then the quickest.
        """
        left = [number for number in members if self._has_room(number) and self.all[number].budget.may_spend(now)]
        chosen = self._chosen(members, self._best(left, asked))
        if chosen is not None:
            self.all[chosen].budget.spend()
        return chosen

    def _best(self, numbers: Sequence[int], asked: Collection[int]) -> int | None:
        def order(number: int) -> tuple[bool, bool, bool, bool, float]:
            one = self.all[number]
            return not one.up, not self._has_room(number), number in asked, one.is_measured_now, one.rtt

        return min(numbers, key=order, default=None)

    def _chosen(self, members: Sequence[int], chosen: int | None) -> int | None:
        self._fade(members, chosen, _FADING)
        return chosen

    def _fade(self, members: Sequence[int], chosen: int | None, factor: float) -> None:
        for one in (self.all[number] for number in members if number != chosen):
            if one.up and not one.busy:
                one.rtt *= factor
                one.is_guess = True

    def _has_room(self, number: int) -> bool:
        return self.all[number].busy < self._limits.upstream_in_flight_max

    def is_at_ease(self, number: int) -> bool:
        """Whether it may be asked what nobody waits for: it is up, and at most half of what it may hold is in use."""
        return self.all[number].up and 2 * self.all[number].busy < self._limits.upstream_in_flight_max

    def oldest_if_full(self, number: int) -> Pending | None:
        """Return the question that has to go for a new one to this upstream, None while there is room."""
        if self._has_room(number):
            return None
        return next((pending for pending in self.all[number].in_flight.values() if pending is not None), None)

    def route(self, members: Sequence[int], departed: int, flying: int) -> Route:
        """Return where a plain question goes, after `departed` went where this said last; `flying` are in flight."""
        before = self._route.upstream
        if before is not None:
            self.all[before].elsewhere = flying
            if departed:
                self._fade(members, before, _FADING**departed)
        self._route = self._next_route(members)
        if before is not None and before != self._route.upstream:
            self.all[before].elsewhere = 0
        return self._route

    def _next_route(self, members: Sequence[int]) -> Route:
        """One that is up, known well, keeps case, and at most half in use; who is to be measured is asked by itself."""
        number = members[0] if len(members) == 1 else self._best(members, ())
        if number is None:
            return _NO_ROUTE
        one = self.all[number]
        room = self._limits.upstream_in_flight_max // 2 - len(one.in_flight)
        if room <= one.elsewhere or not one.up or one.is_guess or not one.keeps_case or one.config.tls:
            return _NO_ROUTE
        return Route(number, room, one.config.trust_ad)

    # --- what became of it ------------------------------------------------------------------------------

    def sent(self, number: int, attempt: int, pending: Pending | None) -> None:
        """Count a query."""
        self._counters.cells[self._queries + number] += 1
        self.all[number].in_flight[attempt] = pending

    def ended(self, number: int, attempt: int) -> None:
        """Nobody waits for a query any more."""
        del self.all[number].in_flight[attempt]

    def answered(self, number: int, *rtts: float) -> None:
        """Note sound responses, in the order in which they came."""
        upstream = self.all[number]
        smoothed = upstream.rtt
        for rtt in rtts:
            smoothed += _SMOOTHING * (rtt - smoothed)
        upstream.rtt = smoothed
        upstream.is_guess = False
        upstream.budget.earn(len(rtts))
        upstream.failures = 0
        if not upstream.up:
            upstream.up = True
            self._down -= 1
            self.recoveries += 1
            self._show(number, Trouble.NONE)

    def failed(self, number: int, now: float, trouble: Trouble, *, is_noted: bool = False) -> None:
        """Note a try that brought nothing: silence, a network error, bytes that are no answer.

        `is_noted`: it is only counted; what ended it ended another one, too, and says one thing about the upstream.
        """
        self._counters.add(self._counters.layout.upstream_failures + number)
        if is_noted:
            return
        upstream = self.all[number]
        upstream.failures += 1
        upstream.rtt = min(upstream.rtt * _PENALTY, _ESTIMATE_MAX)
        if upstream.up and (upstream.failures >= self._limits.down_failures or trouble.is_final):
            upstream.up = False
            self._down += 1
            upstream.probe_at = now + self._limits.probe_interval
        if not upstream.up:
            self._show(number, trouble)

    def _show(self, number: int, trouble: Trouble) -> None:
        layout = self._counters.layout
        self._counters.put(layout.upstream_up + number, self.all[number].up)
        self._counters.put(layout.upstream_trouble + number, trouble)

    # --- probes -----------------------------------------------------------------------------------------

    def probes_due(self, now: float) -> list[int]:
        """Return the upstreams to be probed now, each noted as probed."""
        due = [number for number, one in enumerate(self.all) if not one.up and one.probe_at <= now]
        for number in due:
            self.all[number].probe_at = now + self._limits.probe_interval
        return due

    def next_probe(self) -> float | None:
        """Return when the next probe is due; None while all are up."""
        if not self._down:
            return None
        return min((one.probe_at for one in self.all if not one.up), default=None)
