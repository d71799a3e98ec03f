"""Our queries over TCP, when an answer did not fit into a datagram: one connection each (RFC 7766, RFC 1035 4.2.2)."""

from collections.abc import Sequence
from typing import Any

from twisted.internet.interfaces import IAddress, IConnector, IReactorTCP
from twisted.internet.protocol import ClientFactory, Protocol
from twisted.python.failure import Failure

from resolver.core.upstream_query import UpstreamQuery
from resolver.edge.limits import UpstreamLimits
from resolver.edge.serving.pump import Pump
from resolver.edge.serving.upstream_udp import Server

LENGTH_BYTES = 2


class TcpDialer:
    """Sends upstream queries to the servers by number."""

    def __init__(self, reactor: IReactorTCP, servers: Sequence[Server], limits: UpstreamLimits) -> None:
        self._reactor = reactor
        self._servers = servers
        self._limits = limits

    def __call__(self, query: UpstreamQuery, pump: Pump) -> "TcpAttempt":
        """Begin one connection; every failure is reported later, none is raised."""
        host, port = self._servers[query.upstream]
        attempt = TcpAttempt(query, pump)
        attempt.connector = self._reactor.connectTCP(host, port, attempt, timeout=self._limits.connect_seconds)
        return attempt


class TcpAttempt(ClientFactory):
    """One query on its way."""

    noisy = False

    def __init__(self, query: UpstreamQuery, pump: Pump) -> None:
        self._number = query.attempt
        self._message = len(query.data).to_bytes(LENGTH_BYTES, "big") + query.data
        self._pump = pump
        self._is_over = False
        self.connector: IConnector | None = None

    def buildProtocol(self, addr: IAddress | None) -> "Exchange":
        """The connection is up."""
        return Exchange(self, self._message)

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        """It never came up."""
        self.ended()

    def clientConnectionLost(self, connector: Any, reason: Failure) -> None:
        """Break the cycle Twisted leaves between the two (it does so itself after a failure): no collector comes."""
        connector.transport = None

    def ended(self) -> None:
        """The connection is gone; a failure unless we closed it ourselves."""
        if not self._is_over:
            self._pump.attempt_failed(self._number)

    def received(self, message: bytes) -> bool:
        """One whole message came. True: it was the answer, the connection is closed."""
        if not self._is_over:
            self._pump.response(self._number, message)
            self._pump.flush()
        return self._is_over

    def close(self) -> None:
        """Close the connection, up or not yet up."""
        self._is_over = True
        connector, self.connector = self.connector, None  # it refers to us: no cycle is left to collect
        if connector is not None:
            connector.disconnect()


class Exchange(Protocol):
    """The wire: our message out, messages in, each behind its length."""

    def __init__(self, attempt: TcpAttempt, message: bytes) -> None:
        self._attempt = attempt
        self._message = message
        self._buffer = bytearray()

    def connectionMade(self) -> None:
        """Send the query."""
        assert self.transport is not None
        self.transport.write(self._message)

    def dataReceived(self, data: bytes) -> None:
        """Collect; the length field bounds what is kept to 64 KiB and one read."""
        buffer = self._buffer
        buffer += data
        while len(buffer) >= LENGTH_BYTES:
            end = LENGTH_BYTES + int.from_bytes(buffer[:LENGTH_BYTES], "big")
            if len(buffer) < end:
                return
            message = bytes(buffer[LENGTH_BYTES:end])
            del buffer[:end]
            if self._attempt.received(message):
                return

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Closed by either side."""
        self._attempt.ended()
