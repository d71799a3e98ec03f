"""Upstream queries over UDP, on loopback sockets and without a reactor's loop."""

from __future__ import annotations

import os
import select
import socket
import struct
from collections import Counter
from collections.abc import Iterator

import pytest
from attrs import evolve
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

from resolver.core.upstream_query import UpstreamQuery
from resolver.edge.limits import UpstreamLimits
from resolver.edge.serving.upstream_udp import UdpDialer
from tests.resolver.edge.fake_core import FakeCore, make_pump
from tests.support.descriptors import descriptors

LIMITS = UpstreamLimits(reads=4, port_strange_max=3)
LASTING = evolve(LIMITS, ports=1, port_queries=1_000_000)
"""One port that is all but never renewed."""


def asking(attempt: int, upstream: int = 1) -> UpstreamQuery:
    """A query with an id of its own."""
    return UpstreamQuery(attempt, upstream, 0, attempt.to_bytes(2) + b"question")


class Bench:
    """A server, and a pump that dials it."""

    def __init__(self, address: str, limits: UpstreamLimits = LIMITS) -> None:
        self.core, self.reactor = FakeCore(), MemoryReactorClock()
        self.server = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.server.bind((address, 0))
        self.server.settimeout(5)
        self.servers = [("192.0.2.1", 53), (address, self.server.getsockname()[1])]
        self.dialer = UdpDialer(self.reactor, self.servers, os.urandom, limits)
        self.pump, self.reports = make_pump(self.core, self.reactor, self.dialer)

    def send(self, *attempts: int) -> None:
        self.core.queries += map(asking, attempts)
        self.pump.flush()

    def asked(self) -> tuple[bytes, tuple[str, int]]:
        return self.server.recvfrom(4096)

    def client(self) -> tuple[str, int]:
        """Where the next query came from."""
        return self.asked()[1]

    def read(self) -> None:
        """One turn, once there is something."""
        assert select.select([self.dialer], [], [], 5)[0]
        self.dialer.doRead()

    def is_quiet(self) -> bool:
        return not select.select([self.dialer], [], [], 0)[0]

    def stop(self) -> None:
        self.pump.stop()
        self.dialer.stop()
        self.server.close()


@pytest.fixture(params=["127.0.0.1", "::1"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    made = Bench(request.param)
    yield made
    made.stop()


def test_an_answer_reaches_the_core(bench: Bench) -> None:
    """Out to the server of its number, back to the core under the attempt's number."""
    bench.send(7)
    data, client = bench.asked()
    assert data == b"\0\7question"
    bench.server.sendto(b"\0\7answer", client)
    bench.read()
    assert bench.core.responses == [(7, b"\0\7answer")]
    assert bench.pump.idle


def test_queries_of_one_moment_share_a_port_and_are_told_apart_by_id() -> None:
    """Answers come in any order, each to its own query, and all are read in one turn."""
    bench = Bench("127.0.0.1", LASTING)
    bench.send(1, 2, 3)
    clients = [bench.client() for _ in range(3)]
    assert len(set(clients)) == 1
    for number in (2, 3, 1):
        bench.server.sendto(bytes([0, number]), clients[0])
    bench.read()
    assert bench.core.responses == [(2, b"\0\2"), (3, b"\0\3"), (1, b"\0\1")]
    bench.stop()


def test_ports_are_random_and_renewed() -> None:
    """2,000 queries come from many ports, none used more often than it may, spread over far more than the kernel's."""
    bench = Bench("127.0.0.1", evolve(LIMITS, port_queries=8))
    ports: Counter[int] = Counter()
    for attempt in range(2000):
        bench.send(attempt)
        ports[bench.client()[1]] += 1
        bench.core.closes.append(attempt)
        bench.reactor.advance(0.001)
    bench.stop()
    assert len(ports) >= 150
    assert max(ports.values()) <= 3 * 2 * 8  # the same number drawn thrice would be no fault
    assert min(ports) < 10_000 and max(ports) > 55_000


def test_a_port_has_its_time(bench: Bench) -> None:
    """Whoever asks seldom has a fresh port for every query."""
    ports = []
    for attempt in range(64):
        bench.send(attempt)
        ports.append(bench.client()[1])
        bench.reactor.advance(1.5 * LIMITS.port_seconds)
    assert len(set(ports)) >= 63


def test_the_same_id_goes_out_by_another_port(bench: Bench) -> None:
    """Two queries of one id can be told apart; so can the answer to one that nobody waits for any more."""
    for attempt in range(1, 40):
        bench.core.queries.append(UpstreamQuery(attempt, 1, 0, b"idquestion"))
    bench.pump.flush()
    clients = [bench.client() for _ in range(39)]
    assert len(set(clients)) == 39
    bench.server.sendto(b"idanswer", clients[20])
    bench.read()
    assert bench.core.responses == [(21, b"idanswer")]


def test_strangers_are_not_heard(bench: Bench) -> None:
    """A datagram from another port of the same host does not reach the core."""
    bench.send(1)
    client = bench.client()
    with socket.socket(bench.server.family, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"\0\1forged", client)
    bench.server.sendto(b"\0\1answer", client)
    bench.read()
    assert bench.core.responses == [(1, b"\0\1answer")]


def test_a_response_the_core_does_not_take_leaves_the_query_open(bench: Bench) -> None:
    """The real answer may still come; one turn reads a bounded number."""
    bench.core.response_is_final = False
    bench.send(1)
    client = bench.client()
    for _ in range(6):
        bench.server.sendto(b"\0\1forged", client)
    bench.read()
    assert len(bench.core.responses) == 4
    bench.read()
    assert len(bench.core.responses) == 6
    assert not bench.pump.idle


def test_a_guess_is_shown_to_every_query_it_may_be_meant_for(bench: Bench) -> None:
    """An id nobody asked with counts against all in flight on the port; after some the port takes no more queries."""
    bench.core.response_is_final = False
    bench.send(1)
    client = bench.client()
    for _ in range(3):
        bench.server.sendto(b"\xff\xffforged", client)
    bench.read()
    assert bench.core.responses == [(1, b"\xff\xffforged")] * 3
    bench.send(*range(2, 60))
    assert client not in [bench.client() for _ in range(58)]
    bench.core.response_is_final = True
    bench.server.sendto(b"\0\1answer", client)
    bench.read()
    assert bench.core.responses[3:] == [(1, b"\0\1answer")]


def test_late_and_doubled_answers_are_no_guesses() -> None:
    """What answers a query nobody waits for is dropped, and the port is used on."""
    bench = Bench("127.0.0.1", LASTING)
    bench.send(1)
    client = bench.client()
    bench.core.closes.append(1)
    bench.pump.flush()
    for _ in range(LIMITS.port_strange_max):
        bench.server.sendto(b"\0\1late", client)
    bench.read()
    bench.send(2)
    assert bench.client() == client
    assert not bench.core.responses
    bench.stop()


def test_a_refusing_server_is_a_failed_attempt(bench: Bench) -> None:
    """ICMP port unreachable: the core can turn to another server at once, with all that went out by that port."""
    bench.server.close()
    bench.send(1)
    bench.read()
    assert bench.core.failed == [1]
    assert bench.pump.idle


def test_a_refusal_that_shows_when_sending_fails_what_was_sent_before(bench: Bench) -> None:
    """The kernel tells the next `send` of it instead: both have failed, none is forgotten."""
    bench.server.close()
    for attempt in range(1, 30):
        bench.send(attempt)
    while not bench.pump.idle:
        bench.read()
    assert sorted(bench.core.failed) == list(range(1, 30))


def test_a_query_that_meets_the_refusal_of_an_earlier_one_is_sent_all_the_same() -> None:
    """`send` told of the other and sent nothing: the next goes out by a new port, and the server is there again."""
    bench = Bench("127.0.0.1", LASTING)
    bench.server.close()
    bench.dialer(asking(1), bench.pump)
    bench.server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bench.server.bind(bench.servers[1])
    bench.server.settimeout(5)
    bench.dialer(asking(2), bench.pump)
    assert bench.core.failed == [1]
    assert bench.asked()[0] == b"\0\2question"
    bench.stop()


def forged(code: int, client: tuple[str, int], server: tuple[str, int]) -> None:
    """An ICMP error (type 3) by who has guessed a port, about a datagram from it."""
    udp = struct.pack("!HHHH", client[1], server[1], 9, 0)
    ends = socket.inet_aton(client[0]) + socket.inet_aton(server[0])
    icmp = (
        struct.pack("!BBHHH", 3, code, 0, 0, 576) + struct.pack("!BBHHHBBH", 0x45, 0, 29, 0, 0, 64, 17, 0) + ends + udp
    )
    words = sum(struct.unpack(f"!{len(icmp) // 2}H", icmp))
    words = (words >> 16) + (words & 0xFFFF)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        raw.sendto(icmp[:2] + struct.pack("!H", ~(words + (words >> 16)) & 0xFFFF) + icmp[4:], (client[0], 0))


def test_what_icmp_errors_do() -> None:
    """One says a query was too long: nothing happens to queries or the path. One refuses: what waits there ends."""
    bench = Bench("127.0.0.77", LASTING)
    bench.send(1, 2)
    clients = [bench.client() for _ in range(2)]
    try:
        forged(4, clients[0], bench.servers[1])
    except PermissionError:
        pytest.skip("raw sockets are for root")
    bench.send(3)
    bench.server.sendto(b"\0\1answer", clients[0])
    bench.read()
    assert (bench.core.responses, bench.core.failed, bench.client()) == ([(1, b"\0\1answer")], [], clients[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(bench.servers[1])
        assert sock.getsockopt(socket.IPPROTO_IP, 14) > 1500, "the path's MTU"
    forged(3, clients[0], bench.servers[1])
    bench.read()
    assert bench.core.failed == [2, 3]
    assert len(bench.core.troubles) == 1
    bench.stop()


def test_an_event_the_reactor_takes_for_an_end_is_none(bench: Bench) -> None:
    """The dialer is read again; after `stop` it is not."""
    bench.send(1)
    bench.reactor.removeReader(bench.dialer)
    bench.dialer.connectionLost(Failure(OSError()))
    assert bench.dialer in bench.reactor.getReaders()
    bench.dialer.stop()
    bench.dialer.connectionLost(Failure(OSError()))
    assert bench.dialer not in bench.reactor.getReaders()
    assert bench.dialer.fileno() == -1


def test_ports_in_use_are_left_to_the_kernel_after_a_few_tries(bench: Bench) -> None:
    """Bad luck with random ports does not cost the query."""
    with socket.socket(bench.server.family, socket.SOCK_DGRAM) as holder:
        holder.bind(("", 0))
        taken = holder.getsockname()[1] - LIMITS.first_port
        dialer = UdpDialer(bench.reactor, bench.servers, lambda n: taken.to_bytes(4) * (n // 4), LIMITS)
        dialer(asking(1), bench.pump)
        assert bench.client()[1] != holder.getsockname()[1]
        dialer.stop()


def test_a_query_that_cannot_be_sent_has_failed_alone(bench: Bench) -> None:
    """No route, no buffer, or here a message too long: the attempt has failed at once, others wait on."""
    bench.send(1)
    bench.core.queries.append(UpstreamQuery(2, 1, 0, bytes(70_000)))
    bench.pump.flush()
    assert bench.core.failed == [2]
    assert not bench.pump.idle


def test_no_descriptor_is_left_behind() -> None:
    """Ports close with the last query that waits on them, and all of them at the end."""
    before = descriptors()
    bench = Bench("127.0.0.1", evolve(LIMITS, port_queries=4))
    for number in range(1000):
        bench.send(number)
        client = bench.client()
        if number % 2:
            bench.core.closes.append(number)
            bench.pump.flush()
        else:
            bench.server.sendto(number.to_bytes(2) + b"answer", client)
            bench.read()
        bench.reactor.advance(0.001)
        if number % 50 == 0:
            assert len(descriptors() - before) <= 2 + LIMITS.ports  # the server, the epoll, the ports
    assert bench.pump.idle
    bench.stop()
    assert descriptors() <= before
