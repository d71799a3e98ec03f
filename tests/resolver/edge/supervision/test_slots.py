"""Slots on real sockets of loopback: opening, crash loops, coming back, and what is steered meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import dns.message
import pytest
from twisted.internet.task import Clock

from resolver.edge.supervision.slots import Slots
from resolver.edge.supervision.sockets import ListenFault, SlotSockets, slot_sockets
from resolver.edge.supervision.steering import Key, Steering
from resolver.edge.supervision.workers import PoolLimits, Slot
from resolver.settings.addresses import Endpoint, Place
from tests.support.ports import free_port

LIMITS = PoolLimits()
NAMES = [dns.message.make_query(f"n{number}.example", "A").to_wire() for number in range(80)]


class World:
    """Three slots on one IPv4 and one IPv6 address, as the pool uses them."""

    def __init__(self) -> None:
        self.clock = Clock()
        port = free_port()
        self.places = [Place(kind, Endpoint(host, port)) for host in ("127.0.0.1", "::1") for kind in ("udp", "tcp")]
        self.rested: list[bool] = []
        self.refuse = False
        self.slots = Slots(
            self.clock,  # type: ignore[arg-type]
            self.sockets,
            LIMITS,
            Steering(True, Key.draw()),
            lambda: self.rested.append(True),
        )
        self.slots.all = [Slot(number, self.sockets(), None) for number in range(3)]  # type: ignore[arg-type]
        self.client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.client.connect(("127.0.0.1", port))

    def sockets(self) -> SlotSockets:
        if self.refuse:
            raise ListenFault("taken")
        return slot_sockets(self.places)

    def kill(self, number: int, times: int = 1) -> bool:
        """`times` deaths at once; whether the last made it rest."""
        return [self.slots.rests_after_death(self.slots.all[number], self.clock.seconds()) for _ in range(times)][-1]

    def shares(self) -> list[int]:
        """How many of the queries each slot got."""
        for query in NAMES:
            self.client.send(query)
        return [_drained(slot.sockets) if slot.sockets else 0 for slot in self.slots.all]

    def close(self) -> None:
        self.slots.close()
        self.client.close()


def _drained(sockets: SlotSockets) -> int:
    udp, count = sockets.listeners[0].socket, 0
    while True:
        try:
            udp.recv(1000)
        except BlockingIOError:
            return count
        count += 1


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def test_nothing_before_the_opening_everything_by_name_after_it(world: World) -> None:
    """Asked again, each slot gets the same queries again."""
    assert world.shares() == [0, 0, 0]
    world.slots.open()
    first = world.shares()
    assert sum(first) == len(NAMES)
    assert all(first)
    assert world.shares() == first
    assert world.slots.steering.reason == ""


def test_three_deaths_in_a_minute_close_a_slot_and_no_query_is_lost(world: World) -> None:
    """The others get all its names, each name one of them."""
    world.slots.open()
    assert not world.kill(1, 2)
    assert world.kill(1)
    shares = world.shares()
    assert (sum(shares), shares[1]) == (len(NAMES), 0)
    assert world.shares() == shares


def test_slow_deaths_close_nothing(world: World) -> None:
    """A third death more than a minute after the first."""
    world.slots.open()
    for _ in range(5):
        assert not world.kill(1)
        world.clock.advance(LIMITS.loop_seconds / 2)
    assert len(world.slots.listening) == 3


def test_the_last_slot_is_never_closed(world: World) -> None:
    """However often its worker dies; everything goes there."""
    world.slots.open()
    assert (world.kill(0, 3), world.kill(1, 3)) == (True, True)
    assert not world.kill(2, 20)
    assert world.shares() == [0, 0, len(NAMES)]


def test_a_rested_slot_comes_back_when_a_worker_is_at_hand(world: World) -> None:
    """Not before its rest is over and somebody asks for it; by name it gets queries when it is covered."""
    world.slots.open()
    world.kill(0, 3)
    slot = world.slots.all[0]
    world.clock.advance(LIMITS.rest_seconds - 1)
    assert not world.slots.can_serve(slot)
    world.clock.advance(1)
    assert (world.rested, slot.rested, slot.sockets) == ([True], True, None)
    assert world.slots.can_serve(slot)
    assert world.shares()[0] == 0
    world.slots.steer()
    shares = world.shares()
    assert sum(shares) == len(NAMES)
    assert all(shares)
    assert not world.kill(0, 2)  # old deaths are forgotten


def test_a_taken_address_means_another_rest(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever took it meanwhile may be gone later. The log says what is closed, for how long and why."""
    world.slots.open()
    world.kill(0, 3)
    world.refuse = True
    world.clock.advance(LIMITS.rest_seconds)
    assert not world.slots.can_serve(world.slots.all[0])
    assert not world.slots.all[0].rested
    world.refuse = False
    world.clock.advance(LIMITS.rest_seconds)
    assert world.slots.can_serve(world.slots.all[0])
    assert capsys.readouterr().err.splitlines() == [
        "mamori: slot 0 is closed for 300 s: 3 of its workers died within 60 s",
        "mamori: slot 0 is closed for 300 s: taken",
        "mamori: slot 0 is open",
    ]


def test_closed_means_closed(world: World) -> None:
    """A slot at rest does not come back after the end."""
    world.slots.open()
    world.kill(0, 3)
    world.clock.advance(LIMITS.rest_seconds)
    world.slots.close()
    assert not any(world.slots.can_serve(slot) for slot in world.slots.all)
