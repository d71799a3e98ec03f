"""The circuit breaker's watch: after an activation, are too many different new entries asked for (core/breaker.py)?

The supervisor alone looks, every 10 seconds for half an hour, and forgets what it saw. It tells nobody but the updater,
and that only when the rule is broken; no series, log line or file has these numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from resolver.core.breaker import BreakerLimits
from resolver.edge.supervision.fresh_memory import FreshMemory


@define(eq=False)
class Breaker:
    """Watches one index at a time.

    `queries` counts all queries since start; `trip(list_id)` has the additions set aside; `on_end` is told that workers
    need not mark any more.
    """

    clock: IReactorTime
    queries: Callable[[], int]
    trip: Callable[[str], Deferred[Any]]
    on_end: Callable[[], None]
    limits: BreakerLimits = field(factory=BreakerLimits)
    _memory: FreshMemory | None = field(default=None, init=False)
    _watched: frozenset[str] = field(default=frozenset(), init=False)
    _tripping: set[str] = field(factory=set, init=False)
    _queries: int = field(default=0, init=False)
    _ends: float = field(default=0.0, init=False)
    _timer: IDelayedCall | None = field(default=None, init=False)

    def watch(self, fresh: Sequence[Mapping[str, Any]], slots: int) -> int | None:
        """Watch the index about to be put in force; return the descriptor workers mark in, None if they need not.

        `fresh` is `[{list_id, fresh, breaker}, …]` in the order of the index. The descriptor is ours. Without memory
        nothing is watched.
        """
        self.stop()
        self._watched = frozenset(
            each["list_id"] for each in fresh if each["breaker"] and self.limits.can_trip(each["fresh"])
        )
        self._memory = FreshMemory.if_possible(fresh, slots) if self._watched else None
        if self._memory is None:
            return None
        self._queries = self.queries()
        self._ends = self.clock.seconds() + self.limits.watch_seconds
        self._timer = self.clock.callLater(self.limits.window_seconds, self._look)
        return self._memory.fd

    def stop(self) -> None:
        """Watch no longer and forget."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        if self._memory is not None:
            self._memory.close()
        self._timer = self._memory = None

    def _look(self) -> None:
        """At the end of a window."""
        memory = self._memory
        assert memory is not None
        seen, fresh = memory.seen(), dict(zip(memory.lists, memory.counts, strict=True))
        memory.clear()
        before, self._queries = self._queries, self.queries()
        for list_id in self._watched - self._tripping:
            if self.limits.trips(seen[list_id], fresh[list_id], self._queries - before):
                self._tripping.add(list_id)
                self.trip(list_id).addBoth(lambda _, done: self._tripping.discard(done), list_id)
        if self._memory is not memory:
            return  # tripping brought another index already
        if self.clock.seconds() >= self._ends:
            self.stop()
            self.on_end()
        else:
            self._timer = self.clock.callLater(self.limits.window_seconds, self._look)
