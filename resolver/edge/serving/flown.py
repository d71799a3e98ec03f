"""Questions that C asks upstreams by itself, seen from the reactor: it is woken when a response has come.

What comes of them is read in every flush of the pump. Plain answers have left by then, and the core keeps them; what is
handed over goes on as an attempt of the pump, whose datagrams still come in here, for its port is C's (ADR 0055).
"""

import socket
import struct
from collections.abc import Sequence
from typing import Any

from attrs import define
from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from resolver.core.flights import Landed, Times
from resolver.core.native_flights import NativeFlights
from resolver.edge.limits import UpstreamLimits
from resolver.edge.serving.pump import Pump

Server = tuple[str, int]
_EVENT_FIELDS = 2


def let_fly(reactor: Any, pump: Pump, servers: Sequence[Server | None], limits: UpstreamLimits) -> "Flown | None":
    """Have plain questions asked in C, of the servers that are asked in clear; None where nothing flies."""
    flights = pump.core.let_fly([sockaddr(server) for server in servers], _ports(limits))
    if flights is None:
        return None
    flown = Flown(reactor, pump, flights)
    pump.carry(flown)
    reactor.addReader(flown)
    return flown


def sockaddr(server: Server | None) -> bytes:
    """Return a server's address as the kernel takes it, empty for none."""
    if server is None:
        return b""
    host, port = server
    if ":" not in host:
        packed = socket.inet_pton(socket.AF_INET, host)
        return struct.pack("=H", socket.AF_INET) + struct.pack(">H", port) + packed + bytes(8)
    packed = socket.inet_pton(socket.AF_INET6, host)
    return struct.pack("=H", socket.AF_INET6) + struct.pack(">HI", port, 0) + packed + bytes(4)


def _ports(limits: UpstreamLimits) -> dict[str, Any]:
    return {
        "ports": limits.ports,
        "port_queries": limits.port_queries,
        "ports_read": limits.ports_read,
        "reads": limits.reads,
        "datagram_bytes": limits.datagram_bytes,
        "first_port": limits.first_port,
        "bind_tries": limits.bind_tries,
        "port_strange_max": limits.port_strange_max,
        "port_seconds": limits.port_seconds,
        "port_moment_seconds": limits.port_moment_seconds,
    }


@define(eq=False)
class FlownAttempt:
    """A query that C has sent and the core waits for."""

    flown: "Flown"
    token: int

    def close(self) -> None:
        """Wait for it no more."""
        self.flown.end(self.token)


@implementer(IReadDescriptor)
class Flown:
    """One worker's."""

    def __init__(self, reactor: Any, pump: Pump, flights: NativeFlights) -> None:
        self._reactor = reactor
        self._pump = pump
        self._flights = flights
        self._numbers: dict[int, int] = {}
        self._descriptor = flights.descriptor

    @property
    def idle(self) -> bool:
        """See `Carrier`."""
        return not self._flights.count()

    def read(self) -> None:
        """Take what has come."""
        pump = self._pump
        now = pump.seconds()
        answers, times, events = self._flights.receive(now)
        if times:
            self._keep(answers, times)
        if events:  # some of them may be of questions that the core has recalled since the last flush
            self.note()
        ended: list[int] = []
        for event in events:
            try:
                self._take(event, now, ended)
            except Exception as error:  # noqa: BLE001  the core must never stop the worker
                pump.fault(error)
        if ended:
            pump.attempts_failed(ended)

    def note(self) -> None:
        """Know from now on what the core has taken over."""
        for number, token in self._pump.core.attempts_taken_over():
            self._numbers[token] = number
            self._pump.adopt(number, FlownAttempt(self, token))

    def end(self, token: int) -> None:
        """Nobody waits for a query any more."""
        if self._numbers.pop(token, None) is not None:
            self._flights.end(token)

    def _keep(self, answers: Sequence[Landed], times: Sequence[Times]) -> None:
        """A fault of the core costs these answers, and nothing of what has come with them."""
        try:
            self._pump.core.landed(answers, times)
        except Exception as error:  # noqa: BLE001  the core must never stop the worker
            self._pump.fault(error)

    def _take(self, event: Any, now: float, ended: list[int]) -> None:
        """What the network has ended is one error, however many queries waited on a port."""
        if len(event) > _EVENT_FIELDS:
            self._pump.core.take_over(event, now)
            self.note()
            return
        token, data = event
        number = self._numbers.get(token)
        if number is None:
            return
        if data is None:
            ended.append(number)
        else:
            self._pump.response(number, data)

    # --- the reactor's --------------------------------------------------------------------------------------

    def doRead(self) -> None:
        """The pump reads it."""
        self._pump.flush()

    def fileno(self) -> int:
        """The descriptor the reactor polls; -1 once closed."""
        return self._descriptor

    def logPrefix(self) -> str:
        """A name Twisted asks for; it is never written."""
        return "flown"

    def connectionLost(self, reason: Failure) -> None:
        """The reactor took an event for the end; there is none until `stop`."""
        if self._descriptor >= 0:
            self._reactor.addReader(self)

    def stop(self) -> None:
        """Close every port."""
        if self._descriptor >= 0:
            self._reactor.removeReader(self)
            self._descriptor = -1
            self._pump.carry(None)
            self._pump.core.end_flights()
            self._flights.land()
