"""The channel between supervisor and child, on real socket pairs without a reactor."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.testing import MemoryReactorClock

from resolver.edge import channel as module
from resolver.edge.channel import MAX_PACKET_BYTES, MAX_QUEUED, Channel, channel_pair
from tests.support.descriptors import descriptors


class Peer:
    """A channel on a reactor that never turns: the test reads and writes when it wants to."""

    def __init__(self, end: socket.socket) -> None:
        self.channel = Channel(MemoryReactorClock(), end)  # type: ignore[arg-type]
        self.got: list[tuple[dict[str, Any], list[int]]] = []
        self.closed = 0
        self.channel.on_message = lambda message, fds: self.got.append((message, fds))
        self.channel.on_closed = self.count_closed
        self.channel.startReading()

    def count_closed(self) -> None:
        self.closed += 1


@pytest.fixture
def pair() -> Iterator[tuple[Peer, Peer]]:
    ours, theirs = channel_pair()
    peers = Peer(ours), Peer(theirs)
    yield peers
    for peer in peers:
        peer.channel.close()
        for _message, fds in peer.got:
            for fd in fds:
                os.close(fd)


def test_message_and_descriptors_arrive(pair: tuple[Peer, Peer]) -> None:
    """One packet brings the object and usable, close-on-exec copies of the descriptors."""
    one, two = pair
    read, write = os.pipe()
    one.channel.send({"type": "slot", "name": "枠"}, [write])
    os.close(write)
    two.channel.doRead()
    message, [copy] = two.got[0]
    assert message == {"type": "slot", "name": "枠"}
    assert not os.get_inheritable(copy)
    os.write(copy, b"x")
    assert os.read(read, 1) == b"x"
    os.close(read)


def test_what_the_peer_does_not_read_waits_in_order(pair: tuple[Peer, Peer]) -> None:
    """A full socket queues packets with their own copies of descriptors; nothing is lost or reordered."""
    one, two = pair
    read, write = os.pipe()
    for number in range(40):
        one.channel.send({"number": number, "fill": "x" * 50_000}, [write])
    os.close(write)
    while len(two.got) < 40:
        two.channel.doRead()
        one.channel.doWrite()
    assert [message["number"] for message, _ in two.got] == list(range(40))
    assert all(len(fds) == 1 for _, fds in two.got)
    os.close(read)


def test_peer_that_never_reads_is_cut_off(pair: tuple[Peer, Peer]) -> None:
    """The queue is bounded: a hung peer costs its line, not our memory."""
    one, _two = pair
    for _ in range(MAX_QUEUED + 600):
        one.channel.send({"fill": "x" * 1000})
    assert one.closed == 1


def test_closed_peer_is_told_once(pair: tuple[Peer, Peer]) -> None:
    """The end of the line calls on_closed once, and sending afterwards is harmless."""
    one, two = pair
    two.channel.close()
    assert two.closed == 0
    one.channel.send({"type": "late"})
    one.channel.doRead()
    one.channel.doRead()
    one.channel.connectionLost()
    one.channel.send({"type": "later"})
    assert one.closed == 1


@pytest.mark.parametrize("packet", [b"{", b"[]", b"\xff", b"1"])
def test_broken_packet_closes(packet: bytes) -> None:
    """Anything but one JSON object ends the line."""
    ours, theirs = channel_pair()
    peer = Peer(ours)
    theirs.send(packet)
    peer.channel.doRead()
    assert (peer.closed, peer.got) == (1, [])
    theirs.close()


def test_too_large_a_message_is_refused(pair: tuple[Peer, Peer]) -> None:
    """The limit is told to the sender, before anything is sent."""
    with pytest.raises(ValueError, match="too large"):
        pair[0].channel.send({"fill": "x" * MAX_PACKET_BYTES})


def test_descriptors_nobody_listens_for_are_closed() -> None:
    """A channel without a listener leaks nothing."""
    ours, theirs = channel_pair()
    unused = Channel(MemoryReactorClock(), ours)  # type: ignore[arg-type]
    sender = Channel(MemoryReactorClock(), theirs)  # type: ignore[arg-type]
    before = descriptors()
    sender.send({"type": "x"}, [0])
    unused.doRead()
    unused.doRead()
    assert descriptors() <= before
    unused.close()
    sender.close()
    assert module.CHILD_FD == 3
