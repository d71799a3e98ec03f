"""Stream connections without a network: a fake core, a fake clock, transports that only remember."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.testing import MemoryReactorClock, StringTransportWithDisconnection

from resolver.edge.limits import ConnectionLimits
from resolver.edge.serving.connections import Connections
from resolver.edge.serving.stream import Streams
from tests.resolver.edge.fake_core import FakeCore, make_pump


class Transport(StringTransportWithDisconnection):
    """Keeps the producer's state apart from what the connection reads."""

    reading = True
    aborted = False
    slow = False

    def setTcpNoDelay(self, enabled: bool) -> None:  # noqa: N802
        assert enabled

    def pauseProducing(self) -> None:
        self.reading = False

    def resumeProducing(self) -> None:
        self.reading = True

    def loseConnection(self) -> None:  # noqa: N802
        self.disconnecting = True
        if not self.slow:
            super().loseConnection()

    def abortConnection(self) -> None:  # noqa: N802
        self.aborted = True
        super().loseConnection()


class StreamBench:
    """A worker's register of connections and what comes in by one door; subclasses say what kind."""

    def __init__(self, limits: ConnectionLimits | None = None) -> None:
        self.core, self.clock = FakeCore(), MemoryReactorClock()
        self.pump, self.reports = make_pump(self.core, self.clock)
        self.connections = Connections(self.clock, limits or ConnectionLimits(), lambda count: bytes(count))
        self.streams = self.factory()

    def factory(self) -> Streams:
        raise NotImplementedError

    def connect(self, host: str = "192.0.2.1") -> tuple[Any, Transport]:
        connection, transport = self.streams.buildProtocol(IPv4Address("TCP", host, 1)), Transport()
        transport.protocol = connection
        connection.makeConnection(transport)
        return connection, transport

    def pass_seconds(self, seconds: int) -> None:
        self.clock.pump([1.0] * seconds)
