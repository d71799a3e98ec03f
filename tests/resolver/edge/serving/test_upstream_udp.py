"""Upstream queries over UDP, on loopback sockets and without a reactor's loop."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Iterator

import pytest
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

from resolver.core.upstream_query import UpstreamQuery
from resolver.edge.limits import UpstreamLimits
from resolver.edge.serving.upstream_udp import UdpAttempt, UdpDialer
from tests.resolver.edge.fake_core import FakeCore, asking, make_pump
from tests.support.descriptors import descriptors

LIMITS = UpstreamLimits(reads=4)


class Bench:
    """A server, and a pump that dials it."""

    def __init__(self, address: str) -> None:
        self.core, self.reactor = FakeCore(), MemoryReactorClock()
        self.server = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.server.bind((address, 0))
        self.server.settimeout(5)
        port = self.server.getsockname()[1]
        self.dialer = UdpDialer(self.reactor, [("192.0.2.1", 53), (address, port)], os.urandom, LIMITS)
        self.pump, self.reports = make_pump(self.core, self.reactor, self.dialer)

    def send(self, attempt: int) -> None:
        self.core.queries.append(asking(attempt, upstream=1))
        self.pump.flush()

    def asked(self) -> tuple[bytes, tuple[str, int]]:
        return self.server.recvfrom(4096)

    def attempts(self) -> list[UdpAttempt]:
        return [reader for reader in self.reactor.getReaders() if isinstance(reader, UdpAttempt)]


@pytest.fixture(params=["127.0.0.1", "::1"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    made = Bench(request.param)
    yield made
    made.pump.stop()
    made.server.close()


def readable(attempt: UdpAttempt) -> bool:
    return bool(select.select([attempt], [], [], 5)[0])


def test_an_answer_reaches_the_core_and_closes_the_socket(bench: Bench) -> None:
    """Out to the server of its number, back to the core."""
    bench.send(1)
    data, client = bench.asked()
    assert data == b"question"
    (attempt,) = bench.attempts()
    bench.server.sendto(b"answer", client)
    assert readable(attempt)
    attempt.doRead()
    assert bench.core.responses == [(1, b"answer")]
    assert attempt.fileno() == -1
    assert not bench.attempts()


def test_ports_are_random_and_each_query_has_its_own(bench: Bench) -> None:
    """64 queries come from 64 ports, spread over far more than the kernel's ephemeral range."""
    ports = []
    for attempt in range(64):
        bench.send(attempt)
        ports.append(bench.asked()[1][1])
    assert len(set(ports)) == 64
    assert min(ports) < 20_000 and max(ports) > 45_000


def test_strangers_are_not_heard(bench: Bench) -> None:
    """A datagram from another port of the same host does not reach the core."""
    bench.send(1)
    _, client = bench.asked()
    (attempt,) = bench.attempts()
    with socket.socket(bench.server.family, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"forged", client)
    bench.server.sendto(b"answer", client)
    assert readable(attempt)
    attempt.doRead()
    assert bench.core.responses == [(1, b"answer")]


def test_a_response_the_core_does_not_take_leaves_the_socket_open(bench: Bench) -> None:
    """The real answer may still come; one turn reads a bounded number."""
    bench.core.response_is_final = False
    bench.send(1)
    _, client = bench.asked()
    (attempt,) = bench.attempts()
    for _ in range(6):
        bench.server.sendto(b"forged", client)
    assert readable(attempt)
    attempt.doRead()
    assert len(bench.core.responses) == 4
    attempt.doRead()
    assert len(bench.core.responses) == 6
    assert attempt in bench.attempts()


def test_a_refusing_server_is_a_failed_attempt(bench: Bench) -> None:
    """ICMP port unreachable: the core can turn to another server at once."""
    bench.server.close()
    bench.send(1)
    (attempt,) = bench.attempts()
    assert readable(attempt)
    attempt.doRead()
    assert bench.core.failed == [1]
    assert attempt.fileno() == -1


def test_an_error_event_is_a_failure_only_if_there_is_an_error(bench: Bench) -> None:
    """An event meant for an older socket with the same number is harmless."""
    bench.send(1)
    bench.asked()
    (attempt,) = bench.attempts()
    bench.reactor.removeReader(attempt)
    attempt.connectionLost(Failure(OSError()))
    assert not bench.core.failed
    assert attempt in bench.attempts()
    bench.server.close()
    bench.send(2)
    second = next(each for each in bench.attempts() if each is not attempt)
    assert readable(second)
    second.connectionLost(Failure(OSError()))
    assert bench.core.failed == [2]
    second.connectionLost(Failure(OSError()))
    assert bench.core.failed == [2]


def test_ports_in_use_are_left_to_the_kernel_after_a_few_tries(bench: Bench) -> None:
    """Bad luck with random ports does not cost the query."""
    with socket.socket(bench.server.family, socket.SOCK_DGRAM) as holder:
        holder.bind(("", 0))
        taken = holder.getsockname()[1] - LIMITS.first_port
        dialer = UdpDialer(bench.reactor, [bench.server.getsockname()[:2]], lambda n: taken.to_bytes(n, "big"), LIMITS)
        attempt = dialer(asking(1), bench.pump)
        assert bench.asked()[1][1] != holder.getsockname()[1]
        attempt.close()


def test_a_query_that_cannot_be_sent_leaves_no_descriptor_behind(bench: Bench) -> None:
    """No route, no buffer, or here a message too long: the attempt has failed at once."""
    before = descriptors()
    bench.core.queries.append(UpstreamQuery(1, 1, 0, bytes(70_000)))
    bench.pump.flush()
    assert bench.core.failed == [1]
    assert descriptors() <= before


def test_2000_queries_leave_no_descriptor_behind(bench: Bench) -> None:
    """Answered or given up, every socket is closed."""
    before = descriptors()
    for number in range(2000):
        bench.send(number)
        _, client = bench.asked()
        (attempt,) = bench.attempts()
        if number % 2:
            bench.core.closes.append(number)
            bench.pump.flush()
        else:
            bench.server.sendto(b"answer", client)
            readable(attempt)
            attempt.doRead()
    assert descriptors() <= before
    assert bench.pump.idle
