"""The reader of clients' datagrams, on loopback sockets and without a reactor's loop."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

from resolver.core.codes import UDP
from resolver.core.door import Door
from resolver.edge.limits import UdpLimits
from resolver.edge.serving.udp import UdpReader, open_udp
from tests.resolver.edge.fake_core import FakeCore, make_pump

V4, V6 = "127.0.0.1", "::1"


class Bench:
    """A reader around a fake core, and a client."""

    def __init__(self, address: str, limits: UdpLimits) -> None:
        self.core, self.reactor = FakeCore(), MemoryReactorClock()
        self.pump, self.reports = make_pump(self.core, self.reactor)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.port = self.socket.getsockname()[1]
        self.reader: UdpReader = open_udp(self.reactor, self.socket, Door(UDP), self.pump, limits)
        self.client = socket.socket(family, socket.SOCK_DGRAM)
        self.client.settimeout(5)

    def ask(self, data: bytes, host: str) -> None:
        self.client.sendto(data, (host, self.port))

    def answer(self) -> tuple[bytes, str]:
        data, address = self.client.recvfrom(4096)
        return data, address[0]

    def close(self) -> None:
        self.reader.close()
        self.client.close()


@pytest.fixture(params=[V4, V6, "0.0.0.0", "::"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    made = Bench(request.param, UdpLimits(batch=4, datagram_bytes=64))
    yield made
    made.close()


def addresses(bench: Bench) -> list[str]:
    """What the client may ask: with a wildcard socket another loopback address too."""
    if bench.socket.family == socket.AF_INET6:
        return [V6]
    return [V4, "127.0.0.77"] if bench.socket.getsockname()[0] == "0.0.0.0" else [V4]


def test_an_answer_leaves_from_the_address_that_was_asked(bench: Bench) -> None:
    """At once or later, IPv4 or IPv6, bound to one address or to all of them."""
    for host in addresses(bench):
        bench.ask(b"echo:1", host)
        bench.reader.doRead()
        assert bench.answer() == (b"answer:1", host)
        bench.ask(b"later", host)
        bench.reader.doRead()
        bench.core.answer()
        bench.pump.flush()
        assert bench.answer() == (b"LATER", host)


def test_the_core_is_told_the_clients_address(bench: Bench) -> None:
    """The access rules need it."""
    host = addresses(bench)[0]
    bench.ask(b"echo:1", host)
    bench.reader.doRead()
    assert bench.core.hosts == [host]


def test_one_turn_reads_one_batch(bench: Bench) -> None:
    """A flood leaves other sockets their turn; what is left waits for the next one."""
    for _ in range(6):
        bench.ask(b"echo:1", addresses(bench)[0])
    bench.reader.doRead()
    assert len(bench.core.hosts) == 4
    bench.reader.doRead()
    assert len(bench.core.hosts) == 6


def test_a_bug_in_the_core_costs_one_query(bench: Bench) -> None:
    """The next datagram of the same batch is answered."""
    host = addresses(bench)[0]
    bench.ask(b"bug:1", host)
    bench.ask(b"echo:2", host)
    bench.reader.doRead()
    assert bench.answer()[0] == b"answer:2"
    assert [report["kind"] for report in bench.reports] == ["ValueError"]


def test_a_datagram_longer_than_the_limit_is_cut(bench: Bench) -> None:
    """Memory a datagram can cost is bounded."""
    bench.ask(b"x" * 100, addresses(bench)[0])
    bench.reader.doRead()
    assert len(bench.core.waiting[0][1]) == 64


def test_an_answer_that_cannot_be_sent_is_dropped(bench: Bench) -> None:
    """An answer too long for the socket raises nothing, whether it was sent at once or later."""
    bench.ask(b"big:", addresses(bench)[0])
    bench.ask(b"later", addresses(bench)[0])
    bench.reader.doRead()
    peer, _ = bench.core.waiting.pop()
    sink, address = peer
    sink.deliver(bytes(70_000), address)
    bench.reader.close()
    sink.deliver(b"answer", address)
    assert not bench.reports


def test_a_stopped_reader_reads_no_more_but_still_answers(bench: Bench) -> None:
    """The queue is left to the next worker."""
    host = addresses(bench)[0]
    bench.ask(b"later", host)
    bench.reader.doRead()
    bench.reader.stop()
    assert bench.reader not in bench.reactor.getReaders()
    bench.core.answer()
    bench.pump.flush()
    assert bench.answer()[0] == b"LATER"


def test_an_error_condition_does_not_take_the_socket_away(bench: Bench) -> None:
    """Twisted ends descriptors with an error; a bound socket goes on, unless it was stopped."""
    bench.reactor.removeReader(bench.reader)
    bench.reader.connectionLost(Failure(OSError()))
    assert bench.reader in bench.reactor.getReaders()
    bench.reader.stop()
    bench.reader.connectionLost(Failure(OSError()))
    assert bench.reader not in bench.reactor.getReaders()


class PortZero(socket.socket):
    """A socket whose datagrams come from port 0; to send such one takes a raw socket."""

    def recvfrom(self, size: int, flags: int = 0) -> tuple[bytes, tuple[str, int]]:  # type: ignore[override]
        data, _ = super().recvfrom(size, flags)
        return data, (V4, 0)


def test_source_port_0_is_dropped() -> None:
    """There is nobody to answer."""
    core, reactor = FakeCore(), MemoryReactorClock()
    pump, _ = make_pump(core, reactor)
    with (
        PortZero(socket.AF_INET, socket.SOCK_DGRAM) as sock,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        sock.bind((V4, 0))
        reader = open_udp(reactor, sock, Door(UDP), pump, UdpLimits())
        client.sendto(b"echo:1", sock.getsockname())
        reader.doRead()
        assert core.hosts == []
