"""The questions of one worker in flight, bounded together; the oldest is shed.

Some are asked from here. Others fly (`flights.py`) until something about them becomes special; then they are taken
over.
"""

from collections import OrderedDict, deque
from collections.abc import Callable

from resolver.core.asking import Asking
from resolver.core.counters import Counters
from resolver.core.flights import Flights, Handed, NoFlights, Waiting
from resolver.core.limits import Limits
from resolver.core.pending import Pending, Waiter
from resolver.core.policy import Course, Decision
from resolver.core.upstreams import Route

_OPEN = Decision(Course.OPEN)


class InFlight:
    """See above. Those who ask the same wait together."""

    def __init__(self, limits: Limits, counters: Counters, asking: Asking, waiter: Callable[[Waiting], Waiter]) -> None:
        self._limits = limits
        self._cells, self._gauge_cell = counters.cells, counters.layout.pending
        self._asking = asking
        self._waiter = waiter
        self._table: OrderedDict[bytes, Pending] = OrderedDict()
        """Those that are asked from here, the oldest first."""
        self._flights: Flights = NoFlights()
        self._route = Route()
        self._due: deque[Handed] = deque()
        """Questions that are handed over and not taken yet; a fault leaves the rest for the next time."""

    def __len__(self) -> int:
        return len(self._table) + self._flights.count()

    @property
    def is_full(self) -> bool:
        """Whether the oldest question has to make room for a new one."""
        return len(self) >= self._limits.pending_max

    @property
    def is_half_full(self) -> bool:
        """Whether questions that nobody waits for have to wait."""
        return 2 * len(self) >= self._limits.pending_max

    def find(self, key: bytes, now: float) -> Pending | None:
        """Return the question in flight under a key (`Query.asked`), which is asked from here from now on."""
        pending = self._table.get(key)
        if pending is None and (handed := self._flights.recall(key)) is not None:
            pending = self.take_over(handed, now)
        return pending

    def join(self, pending: Pending, waiter: Waiter) -> Waiter | None:
        """Let a client wait too; returns the oldest waiter if it had to make room."""
        shed = pending.waiters.popleft() if len(pending.waiters) >= self._limits.waiters_max else None
        pending.waiters.append(waiter)
        return shed

    def open(self, pending: Pending, now: float) -> Pending | None:
        """Add a question; returns the oldest one if it had to make room."""
        if self.is_full and (handed := self._flights.recall_oldest()) is not None:
            self.take_over(handed, now)
        shed = None
        if self.is_full and self._table:
            key, shed = self._table.popitem(last=False)
            self._flights.let_go(key)
        self._table[pending.key] = pending
        self._flights.hold(pending.key)
        self._gauge()
        return shed

    def close(self, pending: Pending) -> None:
        """Take a question out, if it is still in.

        Each end begins with this: after a fault in what follows the question must be free to be asked again.
        """
        if self._table.get(pending.key) is pending:
            del self._table[pending.key]
            self._flights.let_go(pending.key)
        self._gauge()

    def _gauge(self) -> None:
        self._cells[self._gauge_cell] = len(self)

    # --- those that fly ---------------------------------------------------------------------------------

    def let_fly(self, flights: Flights) -> None:
        """From now on plain questions are asked there."""
        self._flights = flights
        self.publish_route()

    def end_flights(self) -> None:
        """Ask all from here again; who still waited there is answered no more."""
        self._flights = NoFlights()

    def publish_route(self) -> None:
        """Say where they go, if that has changed."""
        flying = self._flights.count()
        route = self._asking.route(self._flights.departed(), flying)
        if route != self._route:
            self._route = route
            self._flights.route(route.upstream, route.room, trust_ad=route.trust_ad)

    def take_over(self, handed: Handed, now: float) -> Pending:
        """Go on with a question that was asked there, from wherever it has come to."""
        key, query, upstream, token, started, sent, generation, waiting = handed
        pending = Pending(key, key[:-1], bool(key[-1] & 2), bool(key[-1] & 1), started, _OPEN, generation)
        oldest = next(iter(self._table.values()), None)
        self._table[key] = pending
        if oldest is not None and started < oldest.started:
            self._table.move_to_end(key, last=False)
        self._asking.take_over(pending, upstream, query, token, sent, now)
        self._gauge()
        pending.waiters.extend(map(self._waiter, waiting))  # last: after a fault in here the question still has an end
        return pending

    def next_due(self) -> float | None:
        """Return when `take_over_due` has something to do."""
        return self._flights.next_due()

    def take_over_due(self, now: float) -> None:
        """Take over those that have to be asked again."""
        self._due.extend(self._flights.due(now))
        while self._due:
            self.take_over(self._due.popleft(), now)
