"""Headers and buffers for recvmmsg and sendmmsg, over a pair of real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from resolver.edge.serving.message_headers import Buffers, Headers

COUNT, SIZE = 4, 32


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    one.bind(("127.0.0.1", 0))
    other.connect(one.getsockname())
    other.settimeout(5)
    with one, other:
        yield one, other


def headers() -> tuple[Headers, Buffers, Buffers]:
    bodies, names = Buffers(COUNT, SIZE, 8), Buffers(COUNT, 16)
    return Headers(bodies, names, Buffers(COUNT, 0)), bodies, names


def test_several_datagrams_are_read_at_once(pair: tuple[socket.socket, socket.socket]) -> None:
    """Each into its own buffer, with its length; a long one is cut, and the next call reads what is left."""
    one, other = pair
    for data in (b"first", b"", b"x" * 50, b"fourth", b"fifth"):
        other.send(data)
    incoming, bodies, _ = headers()
    assert incoming.receive(one.fileno(), COUNT) == 4
    lengths = incoming.received.tolist()
    read = [bodies.memory[n * bodies.step :][:length] for n, length in enumerate(lengths)]
    assert read == [b"first", b"", b"x" * SIZE, b"fourth"]
    assert incoming.receive(one.fileno(), COUNT) == 1
    assert incoming.receive(one.fileno(), COUNT) == 0


def test_messages_leave_to_whom_they_are_addressed(pair: tuple[socket.socket, socket.socket]) -> None:
    """By the pointer to a name that stands elsewhere; one without a port is refused by the kernel, and alone."""
    one, other = pair
    outgoing, bodies, names = headers()
    other.send(b"?")
    incoming = Headers(Buffers(COUNT, SIZE), names, Buffers(COUNT, 0))
    assert incoming.receive(one.fileno(), 1) == 1
    for number, data in enumerate((b"one", b"refused", b"three")):
        bodies.memory[number * bodies.step : number * bodies.step + len(data)] = data
        outgoing.body_lengths[number] = len(data)
        outgoing.names[number] = names.addresses[3 if data == b"refused" else 0]
    outgoing.send(one.fileno(), 3)
    assert [other.recv(100), other.recv(100)] == [b"one", b"three"]


def test_a_descriptor_that_is_none_reads_and_sends_nothing() -> None:
    """A closed socket is no error here."""
    made, _, _ = headers()
    assert made.receive(-1, COUNT) == 0
    made.send(-1, COUNT)


def test_what_is_wiped_is_gone() -> None:
    """The first ones only: the others were not used."""
    buffers = Buffers(COUNT, SIZE)
    buffers.memory[:] = b"x" * len(buffers.memory)
    buffers.wipe(3)
    assert buffers.memory[:] == bytes(3 * SIZE) + b"x" * SIZE
