"""What only the twin in Python can show: its buffers, its faults, and messages of the kernel that are rare."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from attrs import define, field

from resolver.core.codes import UDP
from resolver.core.door import Door
from resolver.edge.limits import UdpLimits
from resolver.edge.serving.pure_datagrams import PureDatagrams

OURS, ELSEWHERE = socket.inet_pton(socket.AF_INET6, "2001:db8::1"), socket.inet_pton(socket.AF_INET6, "fe80::1")


@define(eq=False, slots=False)
class Bench:
    """A hit path that answers everything in capitals but `miss`, `drop` and `bug`."""

    family: socket.AddressFamily = socket.AF_INET
    is_wildcard: bool = False
    faults: list[BaseException] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        host = "127.0.0.1" if self.family == socket.AF_INET else "::1"
        self.socket, self.client = (socket.socket(self.family, socket.SOCK_DGRAM) for _ in range(2))
        self.socket.bind((host, 0))
        self.client.connect(self.socket.getsockname())
        self.client.settimeout(5)
        limits = UdpLimits(batch=4, datagram_bytes=32)
        self.datagrams = PureDatagrams(
            self.socket, self.answer, limits, self.faults.append, is_wildcard=self.is_wildcard
        )

    def answer(self, packet: bytes, address: bytes, door: Door, now: float) -> bytes | None:
        if packet == b"bug":
            raise ValueError(packet)
        if packet == b"long":
            return bytes(33)
        return {b"miss": None, b"drop": b""}.get(packet, packet.upper())

    def ask(self, *packets: bytes) -> list[bytes]:
        for packet in packets:
            self.client.send(packet)
        return [packet for packet, *_ in self.datagrams.serve(Door(UDP), 0.0)]


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.socket.close()
    made.client.close()


def test_a_fault_in_the_hit_path_costs_the_query_at_hand(bench: Bench) -> None:
    """It is told, and the rest of the batch is answered."""
    assert bench.ask(b"one", b"bug", b"miss", b"two") == [b"miss"]
    assert [bench.client.recv(100) for _ in range(2)] == [b"ONE", b"TWO"]
    assert [type(fault) for fault in bench.faults] == [ValueError]


def test_what_is_dropped_or_too_long_leaves_no_gap(bench: Bench) -> None:
    """The answers around it go to whom they belong, and whole."""
    assert bench.ask(b"one", b"drop", b"long", b"two") == []
    assert [bench.client.recv(100) for _ in range(2)] == [b"ONE", b"TWO"]


def test_nothing_stays_in_the_buffers(bench: Bench) -> None:
    """A question stays in memory until it is answered, no longer; late answers neither."""
    assert bench.ask(b"one", b"miss", b"two", b"three", b"four", b"five") == [b"miss"]
    name = bench.client.getsockname()[1].to_bytes(2)
    bench.datagrams.send(
        [(b"late", socket.AF_INET.to_bytes(2, "little") + name + bytes([127, 0, 0, 1]) + bytes(8), b"")]
    )
    for buffers in vars(bench.datagrams).values():
        memory = getattr(buffers, "memory", None)
        assert memory is None or memory[:].count(0) == len(memory)


def test_the_way_back_is_any_interface_but_for_link_local_addresses() -> None:
    """Our address is the source; what does not say where it went is dropped as if it came from port 0."""
    bench = Bench(socket.AF_INET6, is_wildcard=True)
    datagrams = bench.datagrams
    controls, names, step = datagrams._controls, datagrams._names, datagrams._controls.step
    names.memory[:] = b"\1" * len(names.memory)
    for number, ours in enumerate((OURS, ELSEWHERE, OURS)):
        controls.memory[number * step + 16 : number * step + 36] = ours + bytes([7, 0, 0, 0])
        datagrams._incoming.control_lengths[number] = step if number < 2 else 0
    datagrams._turn_round(3)
    interfaces = [controls.memory[number * step + 32] for number in range(2)]
    ports = [names.memory[number * names.step + 2 : number * names.step + 4] for number in range(3)]
    assert interfaces == [0, 7]
    assert ports == [b"\1\1", b"\1\1", b"\0\0"]
    bench.socket.close()
    bench.client.close()
