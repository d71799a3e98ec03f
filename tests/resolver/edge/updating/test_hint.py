"""Push hints on a real socket, with a reactor the test turns."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator

import pytest
from twisted.python.failure import Failure

from resolver.edge.updating.hint import HintLimits, HintListener
from tests.resolver.edge.fake_lists import ReadingClock


class Reactor(ReadingClock):
    """Calls its readers when their real socket has something."""

    def turn(self) -> None:
        """Call whom select names."""
        ready, _, _ = select.select(list(self.readers), [], [], 0)
        for reader in ready:
            reader.doRead()


class World:
    def __init__(self) -> None:
        self.reactor, self.polls = Reactor(), 0
        self.bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.bound.bind(("127.0.0.1", 0))
        self.listener = HintListener(self.reactor, self.bound, self.poll)
        self.client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.client.connect(self.bound.getsockname())

    def poll(self) -> None:
        self.polls += 1

    def hint(self, data: bytes = b"") -> None:
        """Send, and turn the reactor: on loopback a datagram is there when send returns."""
        self.client.send(data)
        self.reactor.turn()


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.client.close()
    world.bound.close()


@pytest.mark.parametrize("data", [b"", b"x", b"\0" * 1400])
def test_any_datagram_means_ask_now(world: World, data: bytes) -> None:
    """An empty one and a long one alike: nothing is read of it."""
    world.hint(data)
    assert world.polls == 1


def test_a_flood_causes_one_poll_in_two_seconds(world: World) -> None:
    """Whatever arrives meanwhile counts once, at the next look."""
    for _ in range(300):
        world.hint(b"x" * 100)
    assert world.polls == 1
    world.reactor.advance(1.9)
    world.reactor.turn()
    assert world.polls == 1
    world.reactor.advance(0.1)
    world.reactor.turn()
    assert world.polls == 2
    world.reactor.advance(2)
    world.reactor.turn()
    assert world.polls == 2


def test_silence_causes_nothing(world: World) -> None:
    """A look that finds nothing (an error that waited on the socket) is no hint."""
    world.listener.doRead()
    assert world.polls == 0
    world.reactor.advance(2)
    world.hint()
    assert world.polls == 1


def test_the_reactor_cannot_lose_it(world: World) -> None:
    """An error on a bound socket is not its end."""
    world.reactor.removeReader(world.listener)
    world.listener.connectionLost(Failure(OSError()))
    world.hint()
    assert (world.polls, world.listener.logPrefix()) == (1, "hint")


def test_more_than_one_look_can_hold_is_one_hint(world: World) -> None:
    """The rest is thrown away at the next look."""
    few = HintListener(world.reactor, world.bound, world.poll, HintLimits(batch=2))
    world.reactor.readers = {few}
    for _ in range(3):
        world.client.send(b"")
    world.reactor.turn()
    world.reactor.advance(2)
    world.reactor.turn()
    assert world.polls == 2
