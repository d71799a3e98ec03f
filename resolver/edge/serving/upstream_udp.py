"""Our queries over UDP: each on a socket of its own, connected, on a random port.

The port is drawn by us from almost all ports (16 bits), where the kernel would draw from its ephemeral range (under 15
bits on a default Linux), because it is half of what a forger has to guess. Connected means that the kernel drops
whatever comes from another address or port, and tells us when the server's host refuses.
"""

import socket
from collections.abc import Callable, Sequence

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from resolver.core.upstream_query import UpstreamQuery
from resolver.edge.limits import UpstreamLimits
from resolver.edge.serving.pump import Pump

Server = tuple[str, int]
"""IP literal and port."""

_KIND = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
_PORTS = 65536


class UdpDialer:
    """Sends upstream queries to the servers by number."""

    def __init__(
        self,
        reactor: IReactorFDSet,
        servers: Sequence[Server],
        random_bytes: Callable[[int], bytes],
        limits: UpstreamLimits,
    ) -> None:
        self._reactor = reactor
        self._servers = [(socket.AF_INET6 if ":" in host else socket.AF_INET, (host, port)) for host, port in servers]
        self._random_bytes = random_bytes
        self._limits = limits

    def __call__(self, query: UpstreamQuery, pump: Pump) -> "UdpAttempt":
        """Send one query. OSError: no descriptor, no route, refused."""
        family, server = self._servers[query.upstream]
        sock = socket.socket(family, _KIND)
        try:
            self._bind(sock)
            sock.connect(server)
            sock.send(query.data)
        except OSError:
            sock.close()
            raise
        return UdpAttempt(self._reactor, sock, query.attempt, pump, self._limits)

    def _bind(self, sock: socket.socket) -> None:
        """A random port; if all tries hit ports in use, `connect` lets the kernel choose one."""
        first = self._limits.first_port
        for _ in range(self._limits.bind_tries):
            port = first + int.from_bytes(self._random_bytes(4), "big") % (_PORTS - first)
            try:
                sock.bind(("", port))
            except OSError:  # in use, or kept from us
                continue
            return


@implementer(IReadDescriptor)
class UdpAttempt:
    """One query on its way."""

    def __init__(
        self, reactor: IReactorFDSet, sock: socket.socket, number: int, pump: Pump, limits: UpstreamLimits
    ) -> None:
        self._reactor = reactor
        self._sock = sock
        self._number = number
        self._pump = pump
        self._limits = limits
        reactor.addReader(self)

    def fileno(self) -> int:
        """The descriptor the reactor polls; -1 once closed."""
        return self._sock.fileno()

    def logPrefix(self) -> str:
        """A name Twisted asks for; it is never written."""
        return "upstream udp"

    def doRead(self) -> None:
        """Hand over what came; an error means that the server's host or the network refused."""
        for _ in range(self._limits.reads):
            try:
                data = self._sock.recv(self._limits.datagram_bytes)
            except BlockingIOError:
                break
            except OSError:  # ICMP: port, host or network unreachable
                self._pump.attempt_failed(self._number)
                return
            if self._pump.response(self._number, data):
                break
        self._pump.flush()

    def connectionLost(self, reason: Failure) -> None:
        """An error waits on the socket (ICMP); none does when the event was for an older socket of the same number."""
        if self._sock.fileno() < 0:
            return
        if self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._pump.attempt_failed(self._number)
        else:
            self._reactor.addReader(self)

    def close(self) -> None:
        """Close the socket."""
        if self._sock.fileno() >= 0:
            self._reactor.removeReader(self)
            self._sock.close()
