"""How visitors come in, with real sockets and a reactor that only takes notes."""

from __future__ import annotations

import os
import resource
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.main import CONNECTION_DONE
from twisted.internet.testing import MemoryReactorClock

from resolver.edge.notice import entrance
from resolver.edge.notice.entrance import READ_BYTES, VISITORS_AT_ONCE, Entrance, Line, wipe

SECRET = b"secret.example"


class Visitor:
    """A protocol that looks at what it is given and keeps a copy for the test."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.fails = False
        self.line: Any = None

    def makeConnection(self, line: Line) -> None:  # noqa: N802  Twisted's name
        self.line = line

    def dataReceived(self, data: memoryview) -> None:
        self.seen.append(bytes(data))
        if self.fails:
            raise RuntimeError


class House:
    """Takes visitors in, and counts those it was asked to let go."""

    def __init__(self) -> None:
        self.visitors: list[Visitor] = []
        self.let_go = 0

    def welcome(self) -> Visitor:
        self.visitors.append(Visitor())
        return self.visitors[-1]

    def make_room(self) -> None:
        self.let_go += 1


class World:
    """An entrance on loopback, and clients."""

    def __init__(self) -> None:
        self.house = House()
        self.entrance = Entrance(MemoryReactorClock(), socket.create_server(("127.0.0.1", 0), backlog=200), self.house)
        self.clients: list[socket.socket] = []

    def arrive(self) -> socket.socket:
        self.clients.append(socket.create_connection(self.entrance._listening.getsockname(), 10))
        return self.clients[-1]

    def close(self) -> None:
        for visitor in self.house.visitors:
            visitor.line.socket.close()
        for client in self.clients:
            client.close()
        self.entrance.connectionLost(None)


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def test_what_was_read_is_wiped_even_after_a_fault(world: World) -> None:
    """The protocol sees it; behind it the memory is empty, also when looking at it went wrong."""
    client = world.arrive()
    world.entrance.doRead()
    (visitor,) = world.house.visitors
    client.sendall(SECRET)
    visitor.line.doRead()
    visitor.fails = True
    client.sendall(SECRET)
    with pytest.raises(RuntimeError):
        visitor.line.doRead()
    assert visitor.seen == [SECRET, SECRET]
    assert bytes(entrance._ROOM) == bytes(READ_BYTES)


def test_silence_and_the_end_are_told_apart(world: World) -> None:
    """Nothing there: wait on. Closed: done."""
    client = world.arrive()
    world.entrance.doRead()
    (visitor,) = world.house.visitors
    assert visitor.line.doRead() is None
    client.close()
    assert visitor.line.doRead() is CONNECTION_DONE
    assert visitor.seen == []


def test_a_line_knows_no_address(world: World) -> None:
    """Neither a peer nor a name made of one stands in it."""
    world.arrive()
    world.entrance.doRead()
    (visitor,) = world.house.visitors
    assert "127.0.0.1" not in repr(vars(visitor.line).keys()) + str(visitor.line.logstr)
    assert not {"client", "hostname", "repstr"} & vars(visitor.line).keys()


def test_nobody_waits_for_a_crowd(world: World) -> None:
    """So many are let in at once, the others at the next look."""
    for _ in range(VISITORS_AT_ONCE + 3):
        world.arrive()
    world.entrance.doRead()
    assert len(world.house.visitors) == VISITORS_AT_ONCE
    world.entrance.doRead()
    assert len(world.house.visitors) == VISITORS_AT_ONCE + 3


def test_without_descriptors_somebody_is_let_go(world: World) -> None:
    """A process at its limit does not turn in circles: it makes room, and the visitor waits in the kernel."""
    world.arrive()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(each.name) for each in Path("/proc/self/fd").iterdir())
    held = [os.dup(0) for _ in range(highest)]  # no hole is left below the limit
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(held) + 1, hard))
    try:
        world.entrance.doRead()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for fd in held:
            os.close(fd)
    assert (world.house.let_go, world.house.visitors) == (1, [])
    world.entrance.doRead()
    assert len(world.house.visitors) == 1


def test_a_fault_with_one_visitor_does_not_close_the_door(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told by type and place, the visitor is let go, and the next one comes in."""
    welcome, world.house.welcome = world.house.welcome, lambda: 1 // 0  # type: ignore[method-assign]
    unlucky = world.arrive()
    world.entrance.doRead()
    assert unlucky.recv(1) == b""
    assert capsys.readouterr().err.startswith("mamori notice: fault ZeroDivisionError at ")
    world.house.welcome = welcome  # type: ignore[method-assign]
    world.arrive()
    world.entrance.doRead()
    assert len(world.house.visitors) == 1


def test_wiping() -> None:
    """Every byte."""
    memory = bytearray(SECRET)
    wipe(memoryview(memory)[:6])
    assert memory == bytes(6) + SECRET[6:]
