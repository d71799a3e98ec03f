"""The push hint."""

from __future__ import annotations

import socket

import pytest

from blocklist.errors import OperatorFault
from blocklist.publish.publication.hint import DATAGRAM, Hinter, Subscriber, send


def test_a_hint_is_sent_at_once_and_again_past_a_cache() -> None:
    """Three times in six seconds, then no more until the next publication."""
    sent: list[Subscriber] = []
    alarms: list[str] = []
    one = Subscriber.read("127.0.0.1:9")
    hinter = Hinter([one], alarms.append, sent.append)
    hinter.tick(0.0)
    hinter.announce(10.0)
    counts = []
    for at in (10.0, 10.5, 12.0, 12.5, 16.0, 30.0):
        hinter.tick(at)
        counts.append(len(sent))
    assert counts == [1, 1, 2, 2, 3, 3]


def test_a_host_that_is_not_there_is_told_and_stops_nobody() -> None:
    """The next subscriber gets its hint."""
    sent: list[int] = []
    alarms: list[str] = []

    def to(subscriber: Subscriber) -> None:
        if subscriber.port == 1:
            raise OSError(113, "No route to host")
        sent.append(subscriber.port)

    hinter = Hinter([Subscriber("a.invalid", 1), Subscriber("b.invalid", 2)], alarms.append, to)
    hinter.announce(0.0)
    hinter.tick(0.0)
    assert (sent, alarms) == ([2], ["hint to a.invalid:1 not sent: No route to host"])


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_a_datagram_arrives(host: str) -> None:
    """Over both families."""
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as listener:
        listener.bind((host.strip("[]"), 0))
        listener.settimeout(10)
        send(Subscriber.read(f"{host}:{listener.getsockname()[1]}"))
        assert listener.recv(100) == DATAGRAM


@pytest.mark.parametrize("text", ["", "host", "host:", ":1", "host:0", "host:65536", "host:²"])
def test_a_wrong_address_is_told(text: str) -> None:
    """With what to write."""
    with pytest.raises(OperatorFault, match="host:port"):
        Subscriber.read(text)
