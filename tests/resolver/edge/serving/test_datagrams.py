"""Batches of datagrams over real sockets and the real core, for both twins."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import dns.message
import pytest
from attrs import define, field

import native
from resolver.edge.limits import UdpLimits
from resolver.edge.serving.datagrams import Datagrams, Miss, open_datagrams
from tests.resolver.core.world import World, question, records, text

LIMITS = UdpLimits(batch=8, turn=64, misses=20)
IP_PKTINFO = 8
KEPT, LISTED, NEW = "www.example", "a.blk.example", "new.example"
TWINS = [
    pytest.param(None, id="pure"),
    pytest.param(native.MODULE, id="native", marks=pytest.mark.skipif(native.MODULE is None, reason="not built")),
]


@define(eq=False)
class Bench:
    """A core that keeps an answer and knows the client, a socket of its own, and the client's."""

    address: str
    module: ModuleType | None
    limits: UdpLimits = LIMITS
    faults: list[BaseException] = field(factory=list)
    world: World = field(init=False)
    socket: socket.socket = field(init=False)
    client: socket.socket = field(init=False)
    datagrams: Datagrams = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.world = World(records(f"an {KEPT}. 60 A 192.0.2.7"), module=self.module)
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        self.socket, self.client = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
        if family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.socket.bind((self.address, 0))
        self.socket.setblocking(False)
        self.client.settimeout(5)
        for name in (KEPT, LISTED):
            self.world.raw(question(name), self.host)
        self.datagrams = open_datagrams(self.socket, self.world.forwarder.hit_path, self.limits, self.faults.append)

    @property
    def host(self) -> str:
        """The address to ask, which is the client's as well."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.address, self.address)

    def ask(self, *queries: bytes, host: str | None = None) -> None:
        for query in queries:
            self.client.sendto(query, (host or self.host, self.socket.getsockname()[1]))

    def serve(self) -> list[Miss]:
        return self.datagrams.serve(self.world.door(), self.world.now)

    def answers(self, count: int) -> list[bytes]:
        return [self.client.recv(4096) for _ in range(count)]

    def close(self) -> None:
        self.socket.close()
        self.client.close()


@pytest.fixture(params=TWINS)
def module(request: pytest.FixtureRequest) -> ModuleType | None:
    found: ModuleType | None = request.param
    return found


@pytest.fixture(params=["127.0.0.1", "::1", "0.0.0.0", "::"])
def bench(request: pytest.FixtureRequest, module: ModuleType | None) -> Iterator[Bench]:
    made = Bench(request.param, module)
    yield made
    made.close()


def test_hits_are_answered_as_the_core_answers_them(bench: Bench) -> None:
    """Kept and listed names alike, each query with its own id, and nothing is left to the caller."""
    queries = [question(name) for _ in range(3) for name in (KEPT, LISTED)]
    bench.ask(*queries)
    assert bench.serve() == []
    answers = bench.answers(6)
    assert answers == [bench.world.raw(query, bench.host) for query in queries]
    assert text(dns.message.from_wire(answers[0])) == [f"an {KEPT}. 60 IN A 192.0.2.7"]


def test_many_questions_of_one_batch_are_decided_each_for_itself(module: ModuleType | None) -> None:
    """Listed, exempt, kept and unknown names in turn, long ones among them, more than are looked up at once."""
    bench = Bench("127.0.0.1", module, UdpLimits(batch=64, turn=64, misses=64))
    hits = (
        "{}.blk.example",
        "exact.example",
        KEPT,
        "{}.a.b.c.d.e.blk.example",
        f"{{}}.{'l' * 63}.{'m' * 63}.blk.example",
    )
    misses = ("{}.ex.blk.example", "{}.exact.example", "{}.example", "{}.a.b.c.d.e.example")
    asked = [(question(name.format(at)), name in hits) for at in range(7) for name in hits + misses]
    answered = [query for query, is_hit in asked if is_hit]
    expected = [bench.world.raw(query, bench.host) for query in answered]  # and the pure twin has seen them
    bench.ask(*(query for query, _ in asked))
    assert [packet for packet, *_ in bench.serve()] == [query for query, is_hit in asked if not is_hit]
    assert bench.answers(len(answered)) == expected
    bench.close()


def test_what_missed_is_handed_over_whole(bench: Bench) -> None:
    """Packet, address and all that an answer needs, in the order it came; hits between them are answered."""
    queries = [question(f"{number}.{NEW}") for number in range(3)]
    for query in queries:
        bench.ask(query, question(KEPT))
    misses = bench.serve()
    assert [packet for packet, *_ in misses] == queries
    family = bench.socket.family
    assert {address for _, address, *_ in misses} == {socket.inet_pton(family, bench.host)}
    assert len(bench.answers(3)) == 3
    bench.datagrams.send([(packet, name, source) for packet, _, name, source in misses])
    assert bench.answers(3) == queries


def test_a_flood_is_answered_batch_by_batch(bench: Bench) -> None:
    """One turn takes several batches, and stops at its limit; the rest is answered by the next."""
    queries = [question(KEPT) for _ in range(100)]
    bench.ask(*queries)
    assert (bench.serve(), bench.datagrams.is_full()) == ([], True)
    first = bench.answers(64)
    bench.client.setblocking(False)
    with pytest.raises(BlockingIOError):
        bench.client.recv(4096)
    bench.client.settimeout(5)
    assert (bench.serve(), bench.datagrams.is_full()) == ([], False)
    assert [answer[:2] for answer in first + bench.answers(36)] == [query[:2] for query in queries]


def test_many_misses_end_a_turn_early(bench: Bench) -> None:
    """They shall not wait for a flood of hits: at the end of the batch that has brought enough, the turn is over."""
    bench.ask(*(question(f"{number}.{NEW}") for number in range(50)))
    assert [len(bench.serve()) for _ in range(4)] == [24, 24, 2, 0]


def test_just_enough_misses_end_a_turn(module: ModuleType | None) -> None:
    """One batch more would have nowhere to stand."""
    bench = Bench("127.0.0.1", module, UdpLimits(batch=8, turn=64, misses=16))
    bench.ask(*(question(f"{number}.{NEW}") for number in range(40)))
    assert [len(bench.serve()) for _ in range(4)] == [16, 16, 8, 0]
    bench.close()


def test_what_nobody_can_be_answered_for_counts_to_the_turn(module: ModuleType | None) -> None:
    """A flood that says not where it went is dropped, and lets others have their turn."""
    bench = Bench("0.0.0.0", module)
    bench.socket.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 0)
    queries = [question(KEPT) for _ in range(70)]
    bench.ask(*queries)
    assert bench.serve() == []
    bench.socket.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    assert bench.serve() == []
    assert [answer[:2] for answer in bench.answers(6)] == [query[:2] for query in queries[64:]]
    bench.close()


def test_an_answer_leaves_by_whichever_interface_leads_back(module: ModuleType | None) -> None:
    """That a query came by one does not tie its answer to it: the way back may be another one."""
    bench = Bench("0.0.0.0", module)
    bench.ask(question(NEW))
    ((*_, source),) = bench.serve()
    assert source[16:24] == bytes(4) + socket.inet_aton("127.0.0.1")
    bench.close()


def test_queries_that_miss_do_not_mix_up_whom_an_answer_goes_to(module: ModuleType | None) -> None:
    """Many clients, some of whom miss: everybody gets the answer to its own question."""
    bench = Bench("127.0.0.1", module)
    port = bench.socket.getsockname()[1]
    clients = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(24)]
    queries = [question(NEW if number % 3 == 0 else KEPT) for number in range(24)]
    for client, query in zip(clients, queries, strict=True):
        client.settimeout(5)
        client.sendto(query, ("127.0.0.1", port))
    misses = bench.serve()
    assert [packet for packet, *_ in misses] == queries[::3]
    bench.datagrams.send([(packet, name, source) for packet, _, name, source in misses])
    for client, query in zip(clients, queries, strict=True):
        assert client.recv(4096)[:2] == query[:2]
        client.close()
    bench.close()


@pytest.mark.parametrize("asked", ["127.0.0.1", "127.0.0.77"])
def test_a_wildcard_socket_answers_from_the_address_that_was_asked(asked: str, module: ModuleType | None) -> None:
    """Hits at once, misses later, for two addresses of ours in one batch."""
    bench = Bench("0.0.0.0", module)
    bench.ask(question(KEPT), question(NEW), host=asked)
    bench.ask(question(KEPT), host="127.0.0.9")
    ((packet, _, name, source),) = bench.serve()
    bench.datagrams.send([(packet, name, source)])
    assert [bench.client.recvfrom(4096)[1][0] for _ in range(3)] == [asked, "127.0.0.9", asked]
    bench.close()


def test_a_link_local_address_keeps_its_interface(module: ModuleType | None) -> None:
    """It means something on its own interface only; any other answer leaves by whichever interface leads back."""
    found = _link_local()
    if found is None:
        pytest.skip("no interface here has a link-local address")
    host, interface = found
    bench = Bench("::", module)
    bench.client.sendto(question(NEW), (host, bench.socket.getsockname()[1], 0, interface))
    bench.ask(question(NEW))
    bound, free = (int.from_bytes(source[32:36], sys.byteorder) for *_, source in bench.serve())
    assert (bound, free) == (interface, 0)
    bench.close()


def _link_local() -> tuple[str, int] | None:
    for line in Path("/proc/net/if_inet6").read_text().splitlines():
        packed, interface, *_ = line.split()
        if packed.startswith("fe80"):
            return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(packed)), int(interface, 16)
    return None


def test_what_the_kernel_refuses_costs_no_other(bench: Bench) -> None:
    """No such port, too long for a datagram: the others of the same call leave."""
    bench.ask(question(NEW))
    ((_, _, name, source),) = bench.serve()
    nowhere = name[:2] + bytes(2) + name[4:]
    messages = [(b"1", name, source), (b"x", nowhere, source), (bytes(70_000), name, source), (b"2", name, source)]
    bench.datagrams.send([*messages, (b"x", nowhere, source)] * 4)
    assert bench.answers(8) == [b"1", b"2"] * 4


def test_a_closed_socket_serves_nobody(bench: Bench) -> None:
    """Nothing is raised, whatever comes late."""
    bench.ask(question(NEW))
    ((_, _, name, source),) = bench.serve()
    bench.socket.close()
    assert bench.serve() == []
    bench.datagrams.send([(b"late", name, source)])


def test_a_turn_that_nothing_waits_for_is_empty(bench: Bench) -> None:
    """The reactor may be wrong; nothing blocks."""
    assert bench.serve() == []
    bench.datagrams.send([])


def test_what_is_counted_is_what_was_answered(bench: Bench) -> None:
    """A hit through the socket is booked as one through the core."""
    before = bench.world.numbers
    bench.ask(*(question(KEPT) for _ in range(10)))
    bench.serve()
    assert bench.world.numbers.queries["udp"] - before.queries["udp"] == 10
    assert not bench.faults
