"""Statement 8: no label takes a value from traffic, and nobody counts how many different clients there are.

What the supervisor can see of a worker is a fixed number of sums; /metrics has as many series after a million random
queries as at the start, and one client leaves the same sums as a thousand.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path
from random import Random

import pytest
from attrs import evolve

from resolver.core.rate_limit import Rate
from resolver.edge.supervision.metrics import Exposition
from resolver.edge.supervision.tally import Labels, Tally
from tests.resolver.core.world import CONFIG, World, index_of, question, records
from tests.resolver.edge.snapshots import snapshot
from tests.support.daemon import Daemon
from tests.support.listbody import entry
from tests.support.listed_daemon import listed_daemon

QUERIES, DIFFERENT, SLOW_ROUNDS = 1_000_000, 4_000, 10
OVER_THE_WIRE = 12_000
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_"
TOPS = ("b.example", "example", "test", "localhost", "10.in-addr.arpa")


def random_name(source: Random, tops: Sequence[str] = TOPS) -> str:
    labels = ["".join(source.choices(LETTERS, k=source.randint(1, 20))) for _ in range(source.randint(0, 4))]
    return ".".join([*labels, source.choice(tops)])


def random_query(source: Random) -> bytes:
    """Any name under any top, any type and flags; one in ten is broken somewhere."""
    wire = bytearray(question(random_name(source), source.choice(["A", "AAAA", "MX", "TYPE65", "TYPE65280", "ANY"])))
    if source.random() < 0.3:
        wire[2:4] = source.randbytes(2)
    if source.random() < 0.1:
        wire[source.randrange(len(wire))] = source.randrange(128)
    wire[2] &= 0x7F  # a query
    return bytes(wire)


def random_host(source: Random) -> str:
    packed = source.randbytes(16) if source.random() < 0.5 else b"\x7f" + source.randbytes(3)
    return str(ip_address(packed))


class Page:
    """/metrics of one worker in this process."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tally = Tally(Labels(("one",), ("demo",)))
        self.region = self.tally.region()

    def text(self) -> str:
        self.region.cells[:] = self.world.counters.cells
        return Exposition(lambda: evolve(snapshot(), totals=self.tally.totals())).render().decode()


def series(text: str) -> set[str]:
    return {line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")}


def test_a_million_random_queries_make_no_new_series(record_property: Callable[[str, object], None]) -> None:
    """Random names from thousands of hosts on four transports, a million in all: the same series as at the start."""
    source = Random(8)
    limited = evolve(CONFIG, rate_limit=evolve(CONFIG.rate_limit, rate=Rate(500, 1000), exempt=(ip_network("::1"),)))
    world = World(config=limited, index=index_of(["b.example"]))
    page = Page(world)
    before, cells = series(page.text()), len(world.counters.cells)
    strange = [(random_query(source), random_host(source)) for _ in range(DIFFERENT)]
    plain = [(question(random_name(source, TOPS[:1])), "::1") for _ in range(DIFFERENT)]
    for part in range(QUERIES // DIFFERENT):
        ask_all(world, strange if part < SLOW_ROUNDS else plain, part)
    assert series(page.text()) == before
    assert len(world.counters.cells) == cells
    record_property("series before and after a million queries", len(before))
    assert sum(world.numbers.queries.values()) + world.numbers.dropped >= 0.95 * QUERIES


def ask_all(world: World, asked: list[tuple[bytes, str]], part: int) -> None:
    forwarder, door, now = world.forwarder, world.door(part % 4), world.now + part
    for data, host in asked:
        forwarder.receive_query(data, host, door, None, now)
    forwarder.queries_to_send()
    forwarder.answers_to_send()
    forwarder.attempts_to_close()


def test_one_client_and_a_thousand_leave_the_same_sums() -> None:
    """All a worker tells the supervisor is byte-identical, whether a thousand asked once or one a thousand times."""
    pages = []
    for hosts in (["127.0.0.1"] * 1000, [f"10.0.{n // 250}.{n % 250}" for n in range(1000)]):
        world = World(records("an c.example. 300 A 192.0.2.7"), index=index_of(["b.example"]))
        for number, host in enumerate(hosts):
            name, transport = ("b.example", "c.example", "x.b.example")[number % 3], number % 4
            assert world.raw(question(name), host, transport) is not None
        pages.append((world.counters.cells.tobytes(), Page(world).text()))
    assert pages[0] == pages[1]


@pytest.mark.daemon
def test_random_queries_make_no_new_series_at_the_real_daemon(tmp_path: Path) -> None:
    """12,000 random datagrams from a hundred addresses: no new series, no word of a query or an address in /metrics."""
    source = Random(9)
    with listed_daemon(tmp_path, [entry("b.example", "domain")]) as (daemon, _):
        before = series(daemon.metrics())
        counted = received(daemon)
        for address in range(100):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.bind((f"127.0.3.{address + 1}", 0))
                sock.connect(("127.0.0.1", daemon.port))
                sock.settimeout(10)
                for _ in range(OVER_THE_WIRE // 100):
                    sock.send(random_query(source))
                wait_for(sock, b"\0\7" + question("b.example")[2:])  # answered after all before it
        text = daemon.metrics()
        assert series(text) == before
        assert received(daemon) - counted > OVER_THE_WIRE / 2
        assert not re.search(r"127\.0\.3\.|b\.example|10\.in-addr", text)


def wait_for(sock: socket.socket, wire: bytes) -> None:
    sock.send(wire)
    while sock.recv(4096)[:2] != wire[:2]:
        pass


def received(daemon: Daemon) -> float:
    return daemon.metric('mamori_queries_total{transport="udp"}')
