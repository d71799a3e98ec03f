"""The ways to all upstreams: UDP and TCP, or TLS and nothing else where the settings want TLS (RFC 8310, strict)."""

from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from resolver.core.trouble import Trouble
from resolver.core.upstream_query import UpstreamQuery
from resolver.edge.limits import UpstreamLimits
from resolver.edge.serving.pump import Attempt, Dial, DialFault, Pump
from resolver.edge.serving.upstream_stream import Pool, StreamDialer
from resolver.edge.serving.upstream_tls import StrictTls
from resolver.edge.serving.upstream_udp import Server, UdpDialer


@frozen
class UpstreamServer:
    """One upstream: where it is and, for TLS, who it must prove to be.

    `name` is a host name or an address, None for no TLS; `ca` a PEM file, None for the system's authorities.
    """

    server: Server
    name: str | None = None
    ca: Path | None = None


class Dials:
    """One worker's; `all` is in the order of the core's transports. Files of authorities are read here."""

    def __init__(
        self,
        reactor: Any,
        upstreams: Sequence[UpstreamServer],
        random_bytes: Callable[[int], bytes],
        limits: UpstreamLimits,
    ) -> None:
        clear = {number: each.server for number, each in enumerate(upstreams) if each.name is None}
        self._pools = {number: Pool(reactor, server, limits) for number, server in clear.items()}
        self._tls_pools: dict[int, Pool] = {}
        for number, each in enumerate(upstreams):
            if each.name is not None:
                self._add_tls(number, each, each.name, reactor, limits)
        udp = self._udp = UdpDialer(reactor, [each.server for each in upstreams], random_bytes, limits)
        self.all: tuple[Dial, ...] = (
            udp if len(clear) == len(upstreams) else _only(clear, udp, Trouble.NO_TLS),
            _only(clear, StreamDialer(self._pools), Trouble.NO_TLS),
            _only(self._tls_pools, StreamDialer(self._tls_pools), Trouble.NO_AUTHORITIES),
        )

    def _add_tls(self, number: int, each: UpstreamServer, name: str, reactor: Any, limits: UpstreamLimits) -> None:
        try:
            self._tls_pools[number] = Pool(reactor, each.server, limits, StrictTls(name, each.ca))
        except OSError:
            return  # every query says so

    def stop(self) -> None:
        """Close every connection and port."""
        self._udp.stop()
        for pool in (*self._pools.values(), *self._tls_pools.values()):
            pool.stop()


def _only(upstreams: Container[int], dial: Dial, otherwise: Trouble) -> Dial:
    """Return a dial that sends nothing to other upstreams than these."""

    def dial_or_fail(query: UpstreamQuery, pump: Pump) -> Attempt:
        if query.upstream not in upstreams:
            raise DialFault(otherwise)
        return dial(query, pump)

    return dial_or_fail
