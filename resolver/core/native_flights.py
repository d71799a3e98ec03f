"""Questions that fly, in C: the adapter (`flights.py`), and what only the edge needs of it."""

from collections.abc import Sequence
from typing import Any

from blocklist.names import to_wire
from native._native import HitPath as Packets
from resolver.core.cache import WEIGHTS
from resolver.core.config import CoreConfig
from resolver.core.counters import Layout
from resolver.core.flights import Handed, Landed, Times
from resolver.core.special_use import ALL_ZONES, NEVER_FORWARDED

Event = Handed | tuple[int, bytes | None]
"""What goes on in the core: a question that is handed over, or what has come for one that was, by its token: a
datagram, None for an error of the network."""


class NativeFlights:
    """See `Flights`. `descriptor` has something to read when a response has come."""

    def __init__(
        self, path: Packets, config: CoreConfig, layout: Layout, servers: Sequence[bytes], ports: dict[str, Any]
    ) -> None:
        limits = config.limits
        self._path = path
        self._departed = 0
        self.descriptor = path.fly(
            questions=limits.pending_max,
            waiters=limits.waiters_max,
            misses=layout.misses,
            pending=layout.pending,
            upstream_queries=layout.upstream_queries,
            min_ttl=config.min_ttl,
            max_ttl=config.max_ttl,
            negative_ttl_max=limits.negative_ttl_max,
            upstream_udp_bytes=limits.upstream_udp_bytes,
            first_retry=(*limits.try_offsets[1:], limits.give_up)[0],
            prefetch=config.prefetch,
            prefetch_ttl_min=limits.prefetch_ttl_min,
            prefetch_share=limits.prefetch_share,
            zones=_special_zones(config),
            servers=servers,
            weights=WEIGHTS,
            **ports,
        )

    def count(self) -> int:
        """See `Flights`."""
        departed, flying = self._path.departed()
        self._departed += departed
        return flying

    def departed(self) -> int:
        """See `Flights`; to be called behind `count`."""
        departed, self._departed = self._departed, 0
        return departed

    def route(self, upstream: int | None, room: int, *, trust_ad: bool) -> None:
        """See `Flights`."""
        self._path.route(upstream, room, trust_ad)

    def hold(self, key: bytes) -> None:
        """See `Flights`."""
        self._path.hold(key, True)

    def let_go(self, key: bytes) -> None:
        """See `Flights`."""
        self._path.hold(key, False)

    def recall(self, key: bytes) -> Handed | None:
        """See `Flights`."""
        return self._path.recall(key)

    def recall_oldest(self) -> Handed | None:
        """See `Flights`."""
        return self._path.recall(None)

    def due(self, now: float) -> list[Handed]:
        """See `Flights`."""
        return self._path.due(now)

    def next_due(self) -> float | None:
        """See `Flights`."""
        return self._path.next_due()

    # --- for the edge -----------------------------------------------------------------------------------

    def receive(self, now: float) -> tuple[Sequence[Landed], list[Times], list[Event]]:
        """Read what has come; who waits has the answers by then. Answers that are kept, times of all."""
        return self._path.receive(now)

    def end(self, token: int) -> None:
        """Nobody waits any more for a query that was handed over."""
        self._path.end(token)

    def land(self) -> None:
        """Close every port; nothing flies any more."""
        self._path.land()


def _special_zones(config: CoreConfig) -> list[bytes]:
    """Zones whose names are the core's: special-use names, and those that other upstreams are asked for."""
    special = (config.special_use & ALL_ZONES) | NEVER_FORWARDED
    return [to_wire(zone) for zone in (*special, *(zone for each in config.forward for zone in each.zones))]
