"""Connections to upstreams, kept and shared, without a network."""

from __future__ import annotations

import gc
from typing import Any
from weakref import ref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectError, ConnectionDone
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure

from resolver.core.trouble import Trouble
from resolver.core.upstream_query import UpstreamQuery
from resolver.edge.limits import UpstreamLimits
from resolver.edge.serving.upstream_stream import Pool, StreamDialer
from tests.resolver.edge.fake_core import FakeCore, make_pump

LIMITS = UpstreamLimits(connections=2, pipelined=3, pipelined_at_ease=2, resends=2)


class Bench:
    """A pump that dials over TCP to one server."""

    def __init__(self) -> None:
        self.core, self.reactor = FakeCore(), MemoryReactorClock()
        self.pool = Pool(self.reactor, ("2001:db8::1", 5353), LIMITS)
        self.pump, self.reports = make_pump(self.core, self.reactor, StreamDialer({1: self.pool}))
        self._up: dict[int, tuple[Any, StringTransport]] = {}

    def send(self, *attempts: int) -> None:
        self.core.queries += [UpstreamQuery(number, 1, 0, self.query(number)) for number in attempts]
        self.pump.flush()

    @staticmethod
    def query(number: int) -> bytes:
        return number.to_bytes(2, "big") + bytes(10) + b"question"

    @property
    def opened(self) -> int:
        return len(self.reactor.tcpClients)

    def connected(self, number: int) -> tuple[Any, StringTransport]:
        """A connection, come up."""
        if number not in self._up:
            protocol = self.reactor.tcpClients[number][2].buildProtocol(IPv4Address("TCP", "192.0.2.1", 53))
            transport = StringTransport()
            protocol.makeConnection(transport)
            self._up[number] = (protocol, transport)
        return self._up[number]

    def refuse(self, number: int) -> None:
        factory = self.reactor.tcpClients[number][2]
        factory.clientConnectionFailed(self.reactor.connectors[number], Failure(ConnectError()))

    def forget(self) -> None:
        """What only a test keeps."""
        self._up.clear()
        self.reactor.tcpClients.clear()
        self.reactor.connectors.clear()

    def answer(self, connection: int, *attempts: int) -> None:
        data = b"".join(len(self.query(n)).to_bytes(2, "big") + self.query(n) for n in attempts)
        self.connected(connection)[0].dataReceived(data)

    def drop(self, connection: int) -> None:
        self.connected(connection)[0].connectionLost(Failure(ConnectionDone()))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_one_connection_carries_one_query_after_another(bench: Bench) -> None:
    """It stays open after an answer, and the answers reach the core under their attempts."""
    for number in range(20):
        bench.send(number)
        bench.answer(0, number)
    assert bench.reactor.tcpClients[0][:2] == ("2001:db8::1", 5353)
    assert bench.opened == 1
    assert bench.core.responses == [(number, bench.query(number)) for number in range(20)]
    assert bench.pump.idle


def test_many_queries_share_few_connections_and_what_is_too_much_has_failed(bench: Bench) -> None:
    """Two at ease on each before another is opened, three at most: six in flight, the seventh fails at once."""
    bench.send(1, 2)
    assert bench.opened == 1
    bench.send(3, 4)
    assert bench.opened == 2
    bench.send(5, 6)
    assert not bench.core.failed
    bench.send(7)
    assert (bench.opened, bench.core.failed) == (2, [7])


def test_a_query_on_a_connection_that_the_server_closed_is_asked_again(bench: Bench) -> None:
    """The old one had brought answers: on a new one, without a word to the core."""
    bench.send(1)
    bench.answer(0, 1)
    bench.send(2)
    bench.drop(0)
    assert (bench.opened, bench.core.failed) == (2, [])
    assert bench.query(2) in bench.connected(1)[1].value()
    bench.answer(1, 2)
    assert bench.core.responses[-1] == (2, bench.query(2))


def test_a_server_that_answers_once_a_connection_is_asked_so_often(bench: Bench) -> None:
    """Two more times for a query; then it has failed."""
    bench.send(1)
    for connection in range(3):
        bench.send(10 + connection)
        bench.answer(connection, 10 + connection)
        bench.drop(connection)
    assert bench.core.failed == [1]
    assert bench.core.troubles == [Trouble.CLOSED]


def test_a_connection_that_brought_nothing_is_a_failure(bench: Bench) -> None:
    """Closed before the first answer, or never up: every query on it has failed, each once."""
    bench.send(1, 2)
    bench.drop(0)
    assert (bench.core.failed, bench.core.troubles) == ([1, 2], [Trouble.CLOSED] * 2)
    bench.send(3)
    bench.refuse(1)
    assert (bench.core.failed[2:], bench.core.troubles[2:]) == ([3], [Trouble.UNREACHABLE])
    assert bench.pump.idle


def test_a_query_given_up_leaves_the_connection_open(bench: Bench) -> None:
    """Its late answer is nobody's."""
    bench.send(1)
    bench.connected(0)
    bench.core.closes.append(1)
    bench.pump.flush()
    bench.answer(0, 1)
    assert not bench.core.responses and not bench.core.failed
    bench.send(2)
    assert bench.opened == 1


def test_an_idle_connection_is_closed_and_no_timer_is_left(bench: Bench) -> None:
    """After the named time; the next query opens another."""
    bench.send(1)
    bench.answer(0, 1)
    bench.reactor.pump([0.25] * 42)
    assert bench.connected(0)[1].disconnecting
    bench.drop(0)
    bench.reactor.advance(1)
    assert not bench.reactor.getDelayedCalls()
    bench.send(2)
    assert bench.opened == 2


def test_a_silent_connection_makes_room_for_a_new_one(bench: Bench) -> None:
    """The server is back, the old connection's packets are lost: the next query goes on a new one."""
    bench.send(1)
    bench.connected(0)
    bench.reactor.advance(1.6)
    bench.send(2)
    assert bench.opened == 2
    assert not bench.connected(0)[1].disconnected, "its answer may still come"
    bench.connected(1)
    bench.reactor.advance(1.6)
    bench.send(3)
    assert bench.opened == 3
    assert bench.connected(0)[1].disconnected, "the place of the one that was silent first"


def test_old_connections_do_not_stand_in_the_way_of_a_new_one(bench: Bench) -> None:
    """All have served their time while answers are due on each: the next query has a connection at once."""
    bench.send(1, 2, 3)
    bench.connected(0)
    bench.connected(1)
    bench.reactor.rightNow += LIMITS.lifetime_seconds + 1
    bench.send(4)
    assert bench.opened == 3
    assert not bench.core.failed


def test_a_connection_leaves_no_cycle(bench: Bench) -> None:
    """It is freed when it is lost, without the help of the garbage collector, which never walks old objects here."""
    gc.disable()
    try:
        bench.send(1)
        bench.answer(0, 1)
        (connection,) = bench.pool._connections
        alive, connector, factory = ref(connection), bench.reactor.connectors[0], bench.reactor.tcpClients[0][2]
        connection.transport.connector = connector  # as Twisted's own have it
        connector.transport = connection.transport
        del connection
        bench.drop(0)
        factory.clientConnectionLost(connector, Failure(ConnectionDone()))
        assert connector.transport is None
        bench.forget()
        assert alive() is None
    finally:
        gc.enable()


def test_stop_closes_everything(bench: Bench) -> None:
    """Those that are up and those that are not; no timer runs."""
    bench.send(1, 2)
    bench.connected(0)
    bench.send(3, 4)
    bench.pump.stop()
    bench.pool.stop()
    assert bench.connected(0)[1].disconnected
    assert bench.reactor.connectors[1]._disconnected or bench.reactor.connectors[1].stoppedConnecting
    assert not bench.reactor.getDelayedCalls()
    assert not bench.core.failed


EVENT = st.one_of(
    st.tuples(st.just("send"), st.integers(1, 4)),
    st.tuples(
        st.sampled_from(["come up", "refuse", "answer", "answer twice", "drop", "give up", "rubbish"]),
        st.integers(0, 9),
    ),
    st.tuples(st.just("wait"), st.sampled_from([0, 1, 8, 50])),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENT, max_size=60))
def test_whatever_servers_do_a_query_ends_once_or_waits(events: list[tuple[str, int]]) -> None:
    """Its own answer, one failure, given up, or still waiting on a connection; never two, never another's answer."""
    world = Servers()
    for event, number in events:
        world.step(event, number)
        assert len(world.live) <= LIMITS.connections
    ended = [attempt for attempt, _ in world.core.responses] + world.core.failed
    assert len(ended) == len(set(ended))
    assert all(data == Bench.query(attempt) for attempt, data in world.core.responses)
    waiting = {one.number for connection in world.pool._connections for one in connection.waiting}
    assert waiting == world.asked - set(ended) - world.given_up
    assert not world.reports


class Servers(Bench):
    """A bench whose connections are up, down or on their way, and servers that do anything."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[int] = set()
        self.given_up: set[int] = set()
        self.ended: set[int] = set()

    @property
    def live(self) -> list[int]:
        """Numbers of connections that have not ended; Twisted tells of an end in its own time, here at once."""
        for number in range(self.opened):
            protocol, transport = self._up.get(number, (None, None))
            connector = self.reactor.connectors[number]
            if number in self.ended:
                continue
            if transport is not None and (transport.disconnected or transport.disconnecting):
                self.ended.add(number)
                protocol.connectionLost(Failure(ConnectionDone()))
            elif protocol is None and (connector.stoppedConnecting or connector._disconnected):
                self.ended.add(number)
                self.refuse(number)
        return [number for number in range(self.opened) if number not in self.ended]

    def step(self, event: str, number: int) -> None:
        if event == "send":
            first = len(self.asked)
            new = set(range(first, first + number))
            self.asked |= new
            self.send(*sorted(new))
        elif event == "wait":
            self.reactor.pump([0.25] * number)
        elif event == "give up":
            if number in self.asked and number not in self.core.failed:
                self.given_up |= {number} - {attempt for attempt, _ in self.core.responses}
                self.core.closes.append(number)
                self.pump.flush()
        elif self.live:
            self._at(event, self.live[number % len(self.live)], number)

    def _at(self, event: str, connection: int, number: int) -> None:
        if event == "refuse" and connection not in self._up:
            self.ended.add(connection)
            self.refuse(connection)
            return
        protocol, _ = self.connected(connection)
        if event == "drop":
            self.ended.add(connection)
            protocol.connectionLost(Failure(ConnectionDone()))
        elif event == "rubbish":
            protocol.dataReceived(b"\0\1x" * number)
        elif event.startswith("answer"):
            taken = list(protocol._taken)
            if taken:
                ident = taken[number % len(taken)]
                query = protocol._taken[ident].question.data
                message = ident.to_bytes(2, "big") + query[2:]
                protocol.dataReceived((len(message).to_bytes(2, "big") + message) * (2 if "twice" in event else 1))
