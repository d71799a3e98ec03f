"""The watchdog is fed by answers over real sockets, and by nothing else."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import pytest
from twisted.internet.defer import Deferred

from resolver.edge.supervision.notify import ServiceManager
from resolver.edge.supervision.watchdog import NAMES, Watchdog
from resolver.settings.addresses import Endpoint, Place
from tests.resolver.edge.fake_upstream import FakeUpstream
from tests.support.reactor import outcome

USEC = "600000"  # asked every 0.1 s


def watched(place: Place, folder: Path, seconds: float = 10.0) -> list[str]:
    """What the manager heard until the first word, or in so many seconds."""
    path = str(folder / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.setblocking(False)

        def begin(reactor: Any) -> Deferred[list[str]]:
            done: Deferred[list[str]] = Deferred()
            to = ServiceManager.of({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": USEC}, 1, reactor.seconds)
            dog = Watchdog(reactor, to, lambda: [Place("doh", place.endpoint), place])
            dog.start()

            def look(rest: float) -> None:
                try:
                    said = [manager.recv(100).decode()]
                except BlockingIOError:
                    said = []
                if said or rest <= 0:
                    dog.stop()
                    reactor.callLater(0.15, done.callback, said)  # what was asked is let go
                else:
                    reactor.callLater(0.05, look, rest - 0.05)

            look(seconds)
            return done

        heard = outcome(begin)
    assert isinstance(heard, list)
    return heard


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("kind", ["udp", "tcp"])
def test_an_answer_feeds_it(tmp_path: Path, kind: str, host: str) -> None:
    """Whatever is in it, over both transports and families."""
    upstream = FakeUpstream(host)
    assert watched(Place(kind, Endpoint(host, upstream.port)), tmp_path) == ["WATCHDOG=1"]
    transport, name, _ = upstream.seen[0]
    assert transport == kind
    assert name.endswith((".localhost.", ".localhost"))
    upstream.close()


@pytest.mark.parametrize("kind", ["udp", "tcp"])
def test_silence_feeds_nothing(tmp_path: Path, kind: str) -> None:
    """Nobody listens there: the manager hears nothing, and nothing breaks."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        place = Place(kind, Endpoint("127.0.0.1", nobody.getsockname()[1]))
        assert watched(place, tmp_path, seconds=0.5) == []


@contextmanager
def replies(change: Any) -> Iterator[Place]:
    """A server over UDP that answers with `change(question)`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                data, peer = server.recvfrom(4096)
                if data == b"end":
                    return
                server.sendto(change(data), peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Place("udp", Endpoint(*server.getsockname()))
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ender:
                ender.sendto(b"end", server.getsockname())
            thread.join()


def refused(wire: bytes) -> bytes:
    answer = dns.message.make_response(dns.message.from_wire(wire))
    answer.set_rcode(dns.rcode.REFUSED)
    return answer.to_wire()


@pytest.mark.parametrize(
    ("change", "feeds"),
    [
        (refused, True),
        (lambda wire: wire, False),  # our own question come back
        (lambda wire: struct.pack("!H", (wire[0] << 8 | wire[1]) ^ 1) + refused(wire)[2:], False),
        (lambda wire: refused(wire)[:11], False),
    ],
)
def test_only_a_response_to_the_question_counts(tmp_path: Path, change: Any, *, feeds: bool) -> None:
    """A refusal is an answer; an echo, another id and half a header are none."""
    with replies(change) as place:
        assert watched(place, tmp_path, seconds=10.0 if feeds else 0.4) == (["WATCHDOG=1"] if feeds else [])


def test_names_take_turns() -> None:
    """Each is a sound question below `localhost`, so that every worker has its turn."""
    from resolver.edge.supervision.watchdog import _question

    asked = {dns.message.from_wire(_question(number)).question[0].to_text() for number in range(NAMES)}
    assert asked == {f"w{number}.localhost. IN A" for number in range(NAMES)}


def test_without_a_watching_manager_nothing_is_asked() -> None:
    """A terminal, a container: no reactor is touched."""
    dog = Watchdog(None, ServiceManager.of({}, 1, lambda: 0.0), list)
    dog.start()
    dog.stop()
