"""Upstream queries over TCP, without a network."""

from __future__ import annotations

import gc
from weakref import ref

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure

from resolver.edge.limits import UpstreamLimits
from resolver.edge.serving.upstream_tcp import Exchange, TcpDialer
from tests.resolver.edge.fake_core import FakeCore, asking, make_pump


class Bench:
    """A pump that dials over TCP."""

    def __init__(self) -> None:
        self.core, self.reactor = FakeCore(), MemoryReactorClock()
        dialer = TcpDialer(self.reactor, [("192.0.2.1", 53), ("2001:db8::1", 5353)], UpstreamLimits())
        self.pump, self.reports = make_pump(self.core, self.reactor, dialer)

    def send(self, attempt: int = 1) -> None:
        self.core.queries.append(asking(attempt, upstream=1))
        self.pump.flush()

    def connected(self) -> tuple[Exchange, StringTransport]:
        """The attempt's connection, come up."""
        exchange = self.reactor.tcpClients[-1][2].buildProtocol(IPv4Address("TCP", "192.0.2.1", 53))
        transport = StringTransport()
        exchange.makeConnection(transport)
        return exchange, transport

    @property
    def closed(self) -> bool:
        return self.reactor.connectors[-1].stoppedConnecting or self.reactor.connectors[-1]._disconnected


@pytest.fixture
def bench() -> Bench:
    return Bench()


def is_freed(bench: Bench) -> bool:
    """Whether an attempt is gone without the help of the garbage collector, which never walks old objects here."""
    attempt = ref(bench.reactor.tcpClients[0][2])
    bench.reactor.tcpClients.clear()
    bench.reactor.connectors.clear()
    return attempt() is None


def framed(message: bytes) -> bytes:
    return len(message).to_bytes(2, "big") + message


def test_a_query_goes_to_its_server_behind_its_length(bench: Bench) -> None:
    """RFC 1035 section 4.2.2."""
    bench.send()
    assert bench.reactor.tcpClients[0][:2] == ("2001:db8::1", 5353)
    _, transport = bench.connected()
    assert transport.value() == framed(b"question")


def test_an_answer_in_pieces_reaches_the_core_and_closes(bench: Bench) -> None:
    """The connection is closed as soon as the core has its answer."""
    bench.send()
    exchange, _ = bench.connected()
    for byte in framed(b"answer"):
        exchange.dataReceived(bytes([byte]))
    assert bench.core.responses == [(1, b"answer")]
    assert bench.closed
    exchange.connectionLost(Failure(ConnectionDone()))
    assert not bench.core.failed


def test_a_response_the_core_does_not_take_is_followed_by_the_next(bench: Bench) -> None:
    """Two messages in one read are two messages."""
    bench.core.response_is_final = False
    bench.send()
    exchange, _ = bench.connected()
    exchange.dataReceived(framed(b"other") + framed(b"answer"))
    assert bench.core.responses == [(1, b"other"), (1, b"answer")]
    assert not bench.closed


def test_an_attempt_leaves_no_cycle(bench: Bench) -> None:
    """Answered, it is freed at once."""
    gc.disable()
    try:
        bench.send()
        exchange, _ = bench.connected()
        exchange.dataReceived(framed(b"answer"))
        exchange.connectionLost(Failure(ConnectionDone()))
        connector = bench.reactor.connectors[0]
        connector.transport = exchange.transport  # as Twisted's own connector has it
        bench.reactor.tcpClients[0][2].clientConnectionLost(connector, Failure(ConnectionDone()))
        assert connector.transport is None
        del exchange, connector
        assert is_freed(bench)
    finally:
        gc.enable()


def test_nothing_is_read_behind_the_answer(bench: Bench) -> None:
    """What an upstream adds does not reach the core."""
    bench.send()
    exchange, _ = bench.connected()
    exchange.dataReceived(framed(b"answer") + framed(b"more"))
    assert bench.core.responses == [(1, b"answer")]


def test_a_connection_that_ends_early_is_a_failed_attempt(bench: Bench) -> None:
    """Closed without an answer."""
    bench.send()
    exchange, _ = bench.connected()
    exchange.connectionLost(Failure(ConnectionDone()))
    assert bench.core.failed == [1]


def test_a_connection_that_never_came_up_is_a_failed_attempt(bench: Bench) -> None:
    """Refused or timed out."""
    bench.send()
    bench.reactor.tcpClients[0][2].clientConnectionFailed(bench.reactor.connectors[0], Failure(ConnectTimeout()))
    assert bench.core.failed == [1]
    assert bench.pump.idle


def test_an_attempt_given_up_is_closed_and_says_nothing_more(bench: Bench) -> None:
    """Whether it came up or not, the core hears no failure it did not ask about."""
    bench.send()
    bench.core.closes.append(1)
    bench.pump.flush()
    assert bench.closed
    bench.reactor.tcpClients[0][2].clientConnectionFailed(bench.reactor.connectors[0], Failure(ConnectTimeout()))
    assert not bench.core.failed
