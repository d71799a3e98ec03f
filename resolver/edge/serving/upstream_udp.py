"""Our queries over UDP: on a few connected sockets to each upstream, on random ports, renewed all the time.

The port is drawn by us from almost all ports (16 bits), where the kernel would draw from its ephemeral range (under 15
bits on a default Linux), because it is half of what a forger has to guess. Connected means that the kernel drops
whatever comes from another address or port, and tells us when the server's host refuses. Several queries share a port
for a moment (`UpstreamLimits.ports` and what follows there; docs/adr/0054): a socket for each took nine system calls.
What fits no query is shown to every query in flight on its port, so that each counts what may be a guess at it.

All ports are watched by one epoll of our own, which the reactor watches: it is woken once for all that came.
"""

import errno
import select
import socket
from collections.abc import Callable, Sequence
from typing import Any

from attrs import define
from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from resolver.core.randomness import Randomness
from resolver.core.upstream_query import UpstreamQuery
from resolver.edge.limits import UpstreamLimits
from resolver.edge.serving.pump import Pump

Server = tuple[str, int]
"""IP literal and port."""

_KIND = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
_PORTS = 65536
_NO_PATH_MTU = {socket.AF_INET: (socket.IPPROTO_IP, 10, 5), socket.AF_INET6: (socket.IPPROTO_IPV6, 23, 5)}
"""IP_MTU_DISCOVER = IP_PMTUDISC_OMIT: no ICMP changes a path's MTU by our queries, which would tell an open port."""
_TOLD_BY_THE_NETWORK = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH})
"""Errors of an earlier query that `send` may report."""


class UdpPort:
    """One connected socket; `asked` has every id it was ever asked with, and the attempt while that is in flight.

    An id is used once on a port: a late answer to a query nobody waits for is known as one, and taken for no other's.
    """

    __slots__ = ("asked", "in_flight", "left", "retired", "sock", "strange", "until")

    def __init__(self, sock: socket.socket, queries: int, until: float) -> None:
        self.sock = sock
        self.asked: dict[bytes, UdpAttempt | None] = {}
        self.in_flight = 0
        self.left = queries
        self.until = until
        self.strange = 0
        self.retired = False

    def takes(self, ident: bytes, now: float) -> bool:
        """Whether one more query may go out by this port."""
        return self.left > 0 and now < self.until and ident not in self.asked

    def ask(self, query: UpstreamQuery) -> "UdpAttempt":
        """Send a query."""
        self.sock.send(query.data)
        attempt = UdpAttempt(self, query.data[:2], query.attempt)
        self.asked[attempt.ident] = attempt
        self.in_flight += 1
        self.left -= 1
        return attempt

    def end(self, ident: bytes) -> None:
        """Nobody waits for this one any more."""
        if self.asked.get(ident) is not None:
            self.asked[ident] = None
            self.in_flight -= 1
            if self.retired and not self.in_flight:
                self.sock.close()

    def retire(self) -> None:
        """Take no more queries; the socket closes when the last of those in flight has ended."""
        self.retired, self.left = True, 0
        if not self.in_flight:
            self.sock.close()

    def waiting(self) -> list["UdpAttempt"]:
        """Return the attempts in flight."""
        return [attempt for attempt in self.asked.values() if attempt is not None]


@define(eq=False)
class UdpAttempt:
    """One query on its way."""

    port: UdpPort
    ident: bytes
    number: int

    def close(self) -> None:
        """Wait for it no more."""
        self.port.end(self.ident)


class _Slots:
    """The ports of one upstream that take queries; those of one moment go out by one of them."""

    def __init__(self, server: Server, count: int) -> None:
        self.server = server
        self.family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        self.ports: list[UdpPort | None] = [None] * count
        self.place = 0
        self.change_at = 0.0


@implementer(IReadDescriptor)
class UdpDialer:
    """Sends upstream queries to the servers by number, and hands what comes back to the pump."""

    def __init__(
        self, reactor: Any, servers: Sequence[Server], random_bytes: Callable[[int], bytes], limits: UpstreamLimits
    ) -> None:
        self._reactor = reactor
        self._seconds: Callable[[], float] = reactor.seconds
        self._slots = [_Slots(server, limits.ports) for server in servers]
        self._drawn = Randomness(random_bytes)
        self._limits = limits
        self._epoll: select.epoll | None = None
        self._by_descriptor: dict[int, UdpPort] = {}
        self._pump: Pump | None = None
        self._was_read = False

    def __call__(self, query: UpstreamQuery, pump: Pump) -> UdpAttempt:
        """Send one query. OSError: no descriptor, no route, refused."""
        if self._epoll is None:
            self._begin(pump)
        slots, now = self._slots[query.upstream], self._seconds()
        port = slots.ports[slots.place]
        if port is None or now >= slots.change_at or not port.takes(query.data[:2], now):
            port = self._change(slots, query.data[:2], now)
        try:
            return port.ask(query)
        except OSError as error:  # most likely of an earlier query; this one has not left
            if error.errno in _TOLD_BY_THE_NETWORK:
                self._refused(port)
                port = self._renew(slots, slots.place, now)
        return port.ask(query)

    def _begin(self, pump: Pump) -> None:
        self._pump, self._epoll = pump, select.epoll()
        self._reactor.addReader(self)
        pump.also_read(self._read_some)

    # --- ports ------------------------------------------------------------------------------------------

    def _change(self, slots: _Slots, ident: bytes, now: float) -> UdpPort:
        """Draw the place whose port is used next; a port that takes no more gives its place to a new one."""
        slots.place = self._drawn.below(len(slots.ports))
        slots.change_at = now + self._limits.port_moment_seconds
        port = slots.ports[slots.place]
        return port if port is not None and port.takes(ident, now) else self._renew(slots, slots.place, now)

    def _renew(self, slots: _Slots, place: int, now: float) -> UdpPort:
        fresh, old = self._open(slots, now), slots.ports[place]
        if old is not None:
            old.retire()
        slots.ports[place] = fresh
        return fresh

    def _open(self, slots: _Slots, now: float) -> UdpPort:
        assert self._epoll is not None
        sock = socket.socket(slots.family, _KIND)
        try:
            sock.setsockopt(*_NO_PATH_MTU[slots.family])
            self._bind(sock)
            sock.connect(slots.server)
            self._epoll.register(sock, select.EPOLLIN)
        except OSError:
            sock.close()
            raise
        queries = 1 + self._drawn.below(2 * self._limits.port_queries - 1)
        life = self._limits.port_seconds * (0.5 + self._drawn.below(_PORTS) / _PORTS)
        port = UdpPort(sock, queries, now + life)
        self._by_descriptor[sock.fileno()] = port  # in place of one that was closed
        return port

    def _bind(self, sock: socket.socket) -> None:
        """A random port; if all tries hit ports in use, `connect` lets the kernel choose one."""
        first = self._limits.first_port
        for _ in range(self._limits.bind_tries):
            try:
                sock.bind(("", first + self._drawn.below(_PORTS - first)))
            except OSError:  # in use, or kept from us
                continue
            return

    # --- what comes -------------------------------------------------------------------------------------

    def doRead(self) -> None:
        """Hand over what came on some ports; the rest has its turn next time."""
        assert self._pump is not None
        self._read_some()
        self._was_read = True
        try:
            self._pump.flush()
        finally:
            self._was_read = False

    def _read_some(self) -> None:
        """Without an answer to it, for whoever flushes the pump."""
        if self._was_read or self._epoll is None:
            return
        for descriptor, _ in self._epoll.poll(0, self._limits.ports_read):
            self._read(self._by_descriptor[descriptor])

    def _read(self, port: UdpPort) -> None:
        """Take some datagrams of one port; an error means that the server's host or the network refused."""
        assert self._pump is not None
        response, receive, size = self._pump.response, port.sock.recv, self._limits.datagram_bytes
        for _ in range(self._limits.reads):
            try:
                data = receive(size)
            except BlockingIOError:
                return
            except OSError as error:  # ICMP: port, host or network unreachable
                if error.errno == errno.EMSGSIZE:
                    continue  # or that a query was too long, which none of ours is
                self._refused(port)
                return
            ident = data[:2]
            attempt = port.asked.get(ident)
            if attempt is not None:
                response(attempt.number, data)
            elif ident not in port.asked:
                self._strange(port, data)
            if not port.in_flight:
                return

    def _strange(self, port: UdpPort, data: bytes) -> None:
        """Somebody may be guessing: every query in flight here counts it, and soon the port takes no more."""
        assert self._pump is not None
        port.strange += 1
        for attempt in port.waiting():
            self._pump.response(attempt.number, data)
        if port.strange >= self._limits.port_strange_max:
            port.retire()

    def _refused(self, port: UdpPort) -> None:
        """The network says that nobody hears: none of those in flight will be answered."""
        assert self._pump is not None
        port.retire()
        self._pump.attempts_failed([attempt.number for attempt in port.waiting()])

    # --- the reactor's --------------------------------------------------------------------------------------

    def fileno(self) -> int:
        """The descriptor the reactor polls; -1 once closed."""
        return -1 if self._epoll is None else self._epoll.fileno()

    def logPrefix(self) -> str:
        """A name Twisted asks for; it is never written."""
        return "upstream udp"

    def connectionLost(self, reason: Failure) -> None:
        """The reactor took an event for the end; ports have ends, their epoll has none until `stop`."""
        if self._epoll is not None:
            self._reactor.addReader(self)

    def stop(self) -> None:
        """Close every port."""
        for port in self._by_descriptor.values():
            port.sock.close()
        for slots in self._slots:
            slots.ports = [None] * len(slots.ports)
        if self._epoll is not None:
            self._reactor.removeReader(self)
            self._epoll.close()
            self._epoll = None
