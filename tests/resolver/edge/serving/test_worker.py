"""What a worker makes of its supervisor's messages, without a process; the real one is in `test_worker_process`."""

from __future__ import annotations

import gc
import os
import socket
import time
from collections.abc import Iterator
from typing import Any

import dns.edns
import dns.message
import pytest
from attrs import define, field
from twisted.internet.testing import MemoryReactorClock

from blocklist.compiling import compile_index
from resolver.core.access import packed_address
from resolver.core.cookies import Cookies
from resolver.core.counters import Layout
from resolver.core.limits import Limits as CoreLimits
from resolver.edge.limits import Limits
from resolver.edge.sealed_memory import fixed_memory, sealed_memory
from resolver.edge.serving.udp import UdpReader
from resolver.edge.serving.worker import Worker, main
from tests.support.descriptors import descriptors

COOKIE = dns.edns.CookieOption(b"8 bytes.", b"")
SETTINGS = {"answer": {"mode": "dns-only"}}


@define
class FakeChannel:
    """The worker's end: keeps what it says."""

    reactor: Any
    sent: list[dict[str, Any]] = field(factory=list)
    on_message: Any = None

    def send(self, message: dict[str, Any], fds: tuple[int, ...] = ()) -> None:
        self.sent.append(message)


class Bench:
    """A worker on a reactor in memory."""

    def __init__(self) -> None:
        self.reactor = MemoryReactorClock()
        self.channel = FakeChannel(self.reactor)
        self.worker = Worker(self.channel, self.reactor, Limits())  # type: ignore[arg-type]
        self.clients: list[socket.socket] = []

    def start(self, upstream: str = "127.0.0.1:9") -> None:
        settings = {**SETTINGS, "upstreams": [{"address": upstream}]}
        self.worker.receive({"type": "start", "settings": settings}, [])

    def index(self, fd: int, generation: int = 1) -> None:
        self.worker.receive({"type": "index", "generation": generation}, [fd])

    def slot(self) -> socket.socket:
        """A slot of one UDP socket; a client connected to it."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
            bound.bind(("127.0.0.1", 0))
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            client.connect(bound.getsockname())
            client.settimeout(5)
            described = [{"kind": "udp", "address": "127.0.0.1:5300"}]
            fds = [fixed_memory(Layout(1, 0).size), os.dup(bound.fileno())]
            self.worker.receive({"type": "slot", "slot": 3, "sockets": described}, fds)
        self.clients.append(client)
        return client

    def readers(self) -> list[UdpReader]:
        return [reader for reader in self.reactor.getReaders() if isinstance(reader, UdpReader)]

    def close(self) -> None:
        for each in (*self.readers(), *self.clients):
            each.close()


@pytest.fixture
def bench() -> Iterator[Bench]:
    made, thresholds = Bench(), gc.get_threshold()
    yield made
    made.close()
    gc.set_threshold(*thresholds)  # a worker tunes its process
    gc.unfreeze()


def empty_index() -> int:
    return sealed_memory(compile_index([], clock_offset=0.0))


def test_main_listens_to_the_channel() -> None:
    """The first message may come at once."""
    reactor = MemoryReactorClock()
    channel = FakeChannel(reactor)
    main(channel)  # type: ignore[arg-type]
    assert channel.on_message is not None


def test_settings_make_it_ready_and_a_slot_makes_it_serve(bench: Bench) -> None:
    """Each step is told to the supervisor."""
    bench.start()
    bench.index(empty_index())
    bench.slot()
    assert bench.channel.sent == [
        {"type": "ready"},
        {"type": "index_active", "generation": 1},
        {"type": "serving", "slot": 3},
    ]
    assert len(bench.readers()) == 1


def test_a_slot_before_settings_or_twice_is_not_taken(bench: Bench) -> None:
    """Its descriptors are closed."""
    bench.slot()
    assert not bench.readers()
    bench.start()
    bench.slot()
    before = descriptors()
    bench.slot()
    assert len(descriptors() - before) == 1  # the client's
    assert len(bench.readers()) == 1


def test_a_message_nobody_knows_leaves_no_descriptor_behind(bench: Bench) -> None:
    """A newer supervisor may say more than this worker understands."""
    before = descriptors()
    bench.worker.receive({"type": "from the future"}, [empty_index()])
    assert descriptors() <= before
    assert bench.channel.sent == []


def test_cookie_secrets_are_taken_before_and_after_the_slot(bench: Bench) -> None:
    """Whatever the order: the next answer is made under the newest, and without any there is no cookie."""
    bench.start()
    bench.worker.receive({"type": "cookies", "secrets": ["00" * 16]}, [])
    client = bench.slot()
    for number, secrets in enumerate((["00" * 16], ["01" * 16], [])):
        if number:
            bench.worker.receive({"type": "cookies", "secrets": secrets}, [])
        client.send(dns.message.make_query(".", "ANY", use_edns=0, options=[COOKIE]).to_wire())
        bench.readers()[0].doRead()
        told = [option.to_wire() for option in dns.message.from_wire(client.recv(4096)).options]
        assert len(told) == len(secrets)
        for secret, cookie in zip(secrets, told, strict=True):
            assert Cookies([bytes.fromhex(secret)], time.time, CoreLimits()).holds(cookie, packed_address("127.0.0.1"))


def test_an_index_is_taken_before_and_after_the_slot(bench: Bench) -> None:
    """A refused one is told with its reason and changes nothing."""
    bench.start()
    bench.slot()
    bench.index(empty_index(), 1)
    bench.index(os.memfd_create("unsealed"), 2)
    bench.index(sealed_memory(b"no index"), 3)
    assert bench.channel.sent[2:] == [
        {"type": "index_active", "generation": 1},
        {"type": "index_refused", "generation": 2, "code": "unsealed"},
        {"type": "index_refused", "generation": 3, "code": "damaged"},
    ]


def test_a_query_is_answered(bench: Bench) -> None:
    """The socket of the slot leads to the core."""
    bench.start()
    client = bench.slot()
    client.send(bytes.fromhex("0001 0100 0001 0000 0000 0000 09 6c6f63616c686f7374 00 0001 0001"))
    bench.readers()[0].doRead()
    assert client.recv(512).endswith(bytes([127, 0, 0, 1]))


def test_a_spare_stops_at_once(bench: Bench) -> None:
    """Nothing is in flight."""
    bench.start()
    bench.worker.receive({"type": "stop"}, [])
    assert bench.reactor.hasStopped


def test_what_is_never_answered_holds_up_the_stop_for_3_seconds_at_most(bench: Bench) -> None:
    """It reads no more queries, waits for the one in flight, then leaves without it."""
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    bench.start(f"127.0.0.1:{silent.getsockname()[1]}")
    client = bench.slot()
    client.send(bytes.fromhex("0001 0100 0001 0000 0000 0000 04 66726565 07 6578616d706c65 00 0001 0001"))
    bench.readers()[0].doRead()
    bench.worker.receive({"type": "stop"}, [])
    assert not bench.readers()
    bench.reactor.pump([0.01] * 100)
    assert not bench.reactor.hasStopped
    bench.reactor.pump([0.01] * 210)
    assert bench.reactor.hasStopped
    silent.close()


def test_a_trial_that_cannot_be_made_holds_nothing_up(bench: Bench) -> None:
    """Before there is a cache, or with an index or memory that is refused, the worker says it is done."""
    bench.start()
    before = descriptors()
    bench.worker.receive({"type": "try", "trial": 1}, [empty_index(), fixed_memory(8)])
    bench.slot()
    bench.worker.receive({"type": "try", "trial": 2}, [os.memfd_create("unsealed"), fixed_memory(8)])
    bench.worker.receive({"type": "try", "trial": 3}, [empty_index(), fixed_memory(0)])
    tried = [message["trial"] for message in bench.channel.sent if message["type"] == "tried"]
    assert tried == [1, 2, 3]
    assert len([message for message in bench.channel.sent if message["type"] == "fault"]) == 2
    bench.close()
    left = sorted(descriptors() - before)
    assert sum("memfd:" in each for each in left) <= 1, left  # the slot's counters
