"""The reader of clients' datagrams, on loopback sockets and without a reactor's loop, over both twins."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from types import ModuleType

import pytest
from twisted.internet.epollreactor import EPollReactor
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

import native
from resolver.core.codes import UDP
from resolver.core.counters import Counters, Layout
from resolver.core.door import Door
from resolver.core.hit_path import choose_hit_path
from resolver.edge.limits import UdpLimits
from resolver.edge.serving.udp import UdpReader, alone_on, open_udp
from tests.resolver.core.world import CONFIG
from tests.resolver.edge.fake_core import FakeCore, MissingAll, make_pump

V4, V6 = "127.0.0.1", "::1"
LIMITS = UdpLimits(batch=4, turn=6, misses=100, datagram_bytes=64)


class FileDescriptor:
    """What a reactor needs of one."""

    def __init__(self, number: int) -> None:
        self._number = number

    def fileno(self) -> int:
        return self._number


class Bench:
    """A reader around a fake core, and a client."""

    def __init__(self, address: str, limits: UdpLimits, module: ModuleType | None) -> None:
        self.door = Door(UDP)
        self.core, self.reactor = FakeCore(hit_path=_hit_path(module, self.door)), MemoryReactorClock()
        self.pump, self.reports = make_pump(self.core, self.reactor)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.socket.bind((address, 0))
        self.port = self.socket.getsockname()[1]
        self.reader: UdpReader = open_udp(self.reactor, self.socket, self.door, self.pump, limits)
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


def _hit_path(module: ModuleType | None, door: Door) -> object:
    """One that knows nothing: every datagram comes to the fake core."""
    if module is None:
        return MissingAll()
    made = choose_hit_path(module, CONFIG, Counters.in_memory(Layout(1, 1)), lambda: 0.0, bytes(16))
    made.open_door(door)
    return made


@pytest.fixture(params=["pure", "native"])
def module(request: pytest.FixtureRequest) -> ModuleType | None:
    if request.param == "native" and native.MODULE is None:
        pytest.skip("the C extension is not built here")
    return native.MODULE if request.param == "native" else None


@pytest.fixture(params=[V4, V6, "0.0.0.0", "::"])
def bench(request: pytest.FixtureRequest, module: ModuleType | None) -> Iterator[Bench]:
    made = Bench(request.param, LIMITS, module)
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


def test_one_turn_reads_so_many_and_no_more(bench: Bench) -> None:
    """A flood leaves other sockets their turn, in the middle of a batch if need be; what is left waits for the next."""
    for _ in range(9):
        bench.ask(b"echo:1", addresses(bench)[0])
    bench.reader.doRead()
    assert len(bench.core.hosts) == 6
    bench.reader.doRead()
    assert len(bench.core.hosts) == 9


@pytest.fixture
def alone(bench: Bench) -> Iterator[EPollReactor]:
    """Twisted's own reactor, which watches the reader and is not run."""
    reactor = EPollReactor()
    reactor.addReader(bench.reader)
    bench.reader._reactor, bench.reader._is_alone = reactor, alone_on(reactor)
    yield reactor
    reactor.removeAll()
    reactor._poller.close()
    reactor.waker.connectionLost(Failure(OSError()))


def test_turns_follow_each_other_while_nothing_else_waits(bench: Bench, alone: EPollReactor) -> None:
    """Up to a limit, for the sake of timers; when nothing is left they end."""
    for asked, read in ((9, 9), (30, 24), (0, 6)):
        before = len(bench.core.hosts)
        for _ in range(asked):
            bench.ask(b"echo:1", addresses(bench)[0])
        bench.reader.doRead()
        assert len(bench.core.hosts) - before == read


def test_another_socket_has_its_turn_after_one(bench: Bench, alone: EPollReactor) -> None:
    """Whatever waits there: a stream to read, or one with room to write again."""
    other, its_peer = socket.socketpair()
    with other, its_peer:
        alone.addWriter(FileDescriptor(other.fileno()))
        for _ in range(9):
            bench.ask(b"echo:1", addresses(bench)[0])
        bench.reader.doRead()
        assert len(bench.core.hosts) == 6
        alone.removeAll()


def test_while_turns_follow_each_other_the_socket_is_not_watched(
    bench: Bench, alone: EPollReactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the second turn on no answer wakes the reactor's epoll; then it is watched as before."""
    watched: list[bool] = []
    monkeypatch.setattr(FakeCore, "receive_missed", lambda *_: watched.append(bench.reader in alone.getReaders()))
    for _ in range(9):
        bench.ask(b"echo:1", addresses(bench)[0])
    bench.reader.doRead()
    assert watched == [True] * 6 + [False] * 3
    assert alone.getReaders().count(bench.reader) == 1


def test_a_reader_that_was_stopped_in_its_turns_stays_so(
    bench: Bench, alone: EPollReactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits is then another worker's."""
    monkeypatch.setattr(FakeCore, "receive_missed", lambda *_: bench.reader.stop())
    for _ in range(9):
        bench.ask(b"echo:1", addresses(bench)[0])
    bench.reader.doRead()
    assert bench.reader not in alone.getReaders()


def test_the_core_is_left_alone_when_nothing_missed_and_nothing_is_open(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has nothing to say then; while an upstream is asked, its answers are looked for in each turn."""
    flushes: list[int] = []
    monkeypatch.setattr(bench.pump, "flush", lambda: flushes.append(1))
    bench.reader.doRead()
    assert not flushes
    bench.pump.adopt(1, bench.pump)  # type: ignore[arg-type]  # whatever is open
    bench.reader.doRead()
    assert flushes


def test_a_bug_in_the_core_costs_one_query(bench: Bench) -> None:
    """The next datagram of the same batch is answered."""
    host = addresses(bench)[0]
    bench.ask(b"bug:1", host)
    bench.ask(b"echo:2", host)
    bench.reader.doRead()
    assert bench.answer()[0] == b"answer:2"
    assert [report["kind"] for report in bench.reports] == ["ValueError"]


def test_a_fault_of_the_reader_costs_one_turn(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as faults of the core are, once a minute and without what was read, and the socket stays.

    What has flown in that turn has its deadline.
    """
    bench.core.deadline = 5.0
    with monkeypatch.context() as broken:
        broken.setattr(bench.reader._datagrams, "serve", lambda door, now: [][0])
        bench.reader.doRead()
        assert [call.getTime() for call in bench.reactor.getDelayedCalls()] == [5.0]
        bench.reader.doRead()
    assert [report["kind"] for report in bench.reports] == ["IndexError"]
    bench.ask(b"echo:1", addresses(bench)[0])
    bench.reader.doRead()
    assert bench.answer()[0] == b"answer:1"


def test_a_datagram_longer_than_the_limit_is_cut(bench: Bench) -> None:
    """Memory a datagram can cost is bounded; the next one is whole."""
    bench.ask(b"x" * 100, addresses(bench)[0])
    bench.ask(b"y" * 64, addresses(bench)[0])
    bench.reader.doRead()
    assert [data for _, data in bench.core.waiting] == [b"x" * 64, b"y" * 64]


def test_an_empty_datagram_is_one(bench: Bench) -> None:
    """It is not taken for the end of what waits."""
    bench.ask(b"", addresses(bench)[0])
    bench.ask(b"echo:1", addresses(bench)[0])
    bench.reader.doRead()
    assert bench.answer()[0] == b"answer:1"


def test_an_answer_that_cannot_be_sent_is_dropped_alone(bench: Bench) -> None:
    """One too long for a datagram raises nothing and costs no other, whether it was sent at once or later."""
    host = addresses(bench)[0]
    for data in (b"echo:1", b"big:", b"echo:2"):
        bench.ask(data, host)
    bench.reader.doRead()
    assert [bench.answer()[0] for _ in range(2)] == [b"answer:1", b"answer:2"]
    for _ in range(3):
        bench.ask(b"later", host)
    bench.reader.doRead()
    peers = [peer for peer, _ in bench.core.waiting]
    bench.core.answers = [(peers[0], b"one"), (peers[1], bytes(70_000)), (peers[2], b"three")]
    bench.pump.flush()
    assert [bench.answer()[0] for _ in range(2)] == [b"one", b"three"]
    assert not bench.reports


def test_late_answers_leave_when_the_pump_has_them_all(bench: Bench) -> None:
    """More than fit one system call; none of them waits for another event."""
    for number in range(12):
        bench.ask(b"later %d" % number, addresses(bench)[0])
    while len(bench.core.waiting) < 12:
        bench.reader.doRead()
    for _ in range(12):
        bench.core.answer()
    bench.pump.flush()
    assert [bench.answer()[0] for _ in range(12)] == [b"LATER %d" % number for number in range(12)]


def test_late_answers_leave_although_the_core_fails_behind_them(bench: Bench) -> None:
    """They were delivered: a fault costs the query at hand."""
    bench.ask(b"later", addresses(bench)[0])
    bench.reader.doRead()
    bench.core.answer()
    bench.core.flush_bug = True
    bench.pump.flush()
    assert bench.answer()[0] == b"LATER"


def test_a_late_answer_to_a_closed_socket_is_lost(bench: Bench) -> None:
    """Nothing is raised, and nothing is sent by whatever got its descriptor."""
    bench.ask(b"later", addresses(bench)[0])
    bench.reader.doRead()
    bench.core.answer()
    bench.reader.close()
    bench.pump.flush()
    bench.reader.doRead()
    assert not bench.reports


def test_a_client_that_is_gone_costs_nobody_else(bench: Bench) -> None:
    """The network's error of an earlier answer keeps no other from being read or sent."""
    host = addresses(bench)[0]
    with socket.socket(bench.socket.family, socket.SOCK_DGRAM) as gone:
        gone.sendto(b"echo:1", (host, bench.port))
    for _ in range(3):
        bench.reader.doRead()
        bench.ask(b"echo:2", host)
    bench.reader.doRead()
    assert [bench.answer()[0] for _ in range(3)] == [b"answer:2"] * 3


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


@pytest.mark.skipif(os.geteuid() != 0, reason="to send from port 0 takes a raw socket, and that takes root")
@pytest.mark.parametrize("address", [V4, V6])
def test_source_port_0_is_dropped(address: str, module: ModuleType | None) -> None:
    """There is nobody to answer; whoever else asks is answered."""
    bench = Bench(address, LIMITS, module)
    with socket.socket(bench.socket.family, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
        if address == V6:
            raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_CHECKSUM, 6)  # where it stands in the header
        raw.sendto(struct.pack(">HHHH", 0, bench.port, 14, 0) + b"echo:0", (address, 0))
    bench.ask(b"echo:1", address)
    bench.reader.doRead()
    assert len(bench.core.hosts) == 1
    assert bench.answer()[0] == b"answer:1"
    bench.close()
