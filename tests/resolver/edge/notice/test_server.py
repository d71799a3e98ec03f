"""The notice process, without a process: fake reactor, string transports."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from twisted.internet.testing import MemoryReactorClock, StringTransport

from resolver.edge.hardening import HardeningFault
from resolver.edge.notice.entrance import Entrance
from resolver.edge.notice.responses import NoticeResponses
from resolver.edge.notice.server import NoticeFactory, NoticeFault, NoticeLimits, NoticeServer, drop_privileges
from resolver.edge.notice.visitors import Visitors
from resolver.edge.supervision.children import KeeperLimits
from tests.resolver.settings.samples import full
from tests.support.tools import require_root

GET = b"GET / HTTP/1.1\r\nHost: secret.example\r\nAccept: text/html\r\n\r\n"
ANSWERS = NoticeResponses(b"HTTP/1.1 403 Forbidden\r\n\r\n", b"<page>", b"HTTP/1.1 403 Forbidden\r\nempty\r\n\r\n")
PAGE = ANSWERS.page_head + ANSWERS.page_body


class Transport(StringTransport):
    half_closed = False
    closed = False
    aborted = False

    def loseWriteConnection(self) -> None:  # noqa: N802  Twisted's name
        self.half_closed = True

    def loseConnection(self) -> None:  # noqa: N802  Twisted's name
        self.closed = True

    def abortConnection(self) -> None:  # noqa: N802  Twisted's name
        self.aborted = True


class World:
    """A factory with its clock, and visitors."""

    def __init__(self, **limits: Any) -> None:
        self.clock = MemoryReactorClock()
        chosen = NoticeLimits(**limits)
        self.factory = NoticeFactory(self.clock, chosen, Visitors(chosen.connections))
        self.factory.responses = ANSWERS

    def visit(self, data: bytes = b"") -> tuple[Any, Transport]:
        transport = Transport()
        visitor = self.factory.welcome()
        visitor.makeConnection(transport)
        if data:
            visitor.dataReceived(data)
        return visitor, transport


def test_a_visit() -> None:
    """The page is sent once and our side closed; when the visitor is gone nothing is left."""
    world = World()
    visitor, transport = world.visit(GET)
    assert transport.value() == PAGE
    assert transport.half_closed and not transport.aborted
    visitor.connectionLost(None)
    left: list[bool] = []
    world.factory.visitors.when_empty(lambda: left.append(True))
    assert left and not world.clock.getDelayedCalls()


def test_a_head_in_pieces_is_answered_once() -> None:
    """Byte by byte, with more behind it: one answer."""
    visitor, transport = World().visit()
    for position in range(len(GET)):
        assert transport.value() == b""
        visitor.dataReceived(GET[position : position + 1])
    visitor.dataReceived(GET)
    assert transport.value() == PAGE


def test_an_endless_head_is_answered_by_what_was_read() -> None:
    """After 8 KiB nothing more is kept: the answer goes out."""
    _, transport = World().visit(b"GET / HTTP/1.1\r\nAccept: text/html\r\nCookie: " + b"a" * 20_000)
    assert transport.value() == PAGE


def test_a_slow_head_is_cut_off() -> None:
    """A visitor that sends no whole head in time gets nothing."""
    world = World()
    _, transport = world.visit(b"GET / HT")
    world.clock.advance(NoticeLimits().head_seconds)
    assert transport.aborted and transport.value() == b""


def test_a_visitor_who_stays_is_cut_off() -> None:
    """After the answer neither waiting nor sending goes on for ever."""
    world = World(drain_bytes=100)
    _, waits = world.visit(GET)
    talks, transport = world.visit(GET)
    talks.dataReceived(b"x" * 101)
    assert transport.aborted and not waits.aborted
    world.clock.advance(NoticeLimits().send_seconds)
    assert waits.aborted


@pytest.mark.parametrize("cut", [0, 1, 30])
@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\n\n", b"\r\n\n", b"\n\r\n"])
def test_what_stands_behind_a_head_decides_nothing(end: bytes, cut: int) -> None:
    """A picture request with a page request behind it gets the empty answer, in one packet or two."""
    picture = b"GET /picture HTTP/1.1\r\nAccept: image/png" + end
    _, whole = World().visit(picture + GET)
    visitor, parts = World().visit(picture[: len(picture) - cut])
    visitor.dataReceived(picture[len(picture) - cut :] + GET)
    assert whole.value() == parts.value() == ANSWERS.empty_head


def test_a_visitor_who_closed_behind_the_request_gets_the_answer() -> None:
    """Half-closed after a whole head: answered, then closed. Before one: nothing to answer."""
    world = World()
    visitor, transport = world.visit(GET)
    visitor.writeConnectionLost()
    visitor.readConnectionLost()
    assert transport.value() == PAGE and transport.closed and not transport.aborted
    half, transport = world.visit(GET[:10])
    half.readConnectionLost()
    assert transport.value() == b"" and transport.aborted


def test_the_oldest_makes_room() -> None:
    """Connections are bounded, and a flood of silent ones locks nobody out."""
    world = World(connections=3)
    silent = [world.visit()[1] for _ in range(3)]
    _, transport = world.visit(GET)
    assert [each.aborted for each in silent] == [True, False, False]
    assert transport.value() == PAGE


def test_no_notice_takes_the_room_of_another() -> None:
    """Visitors of all notices are bounded together: whoever came first leaves, never the one who just came in."""
    world = World(connections=2)
    other = NoticeFactory(world.clock, world.factory.limits, world.factory.visitors)
    other.responses = ANSWERS
    silent = [world.visit()[1] for _ in range(2)]
    world.factory = other
    _, transport = world.visit(GET)
    other.make_room()  # no descriptor is left
    assert [each.aborted for each in silent] == [True, True]
    assert transport.value() == PAGE and not transport.aborted


class Reactor(MemoryReactorClock):
    stops = 0

    def stop(self) -> None:
        self.stops += 1

    @property
    def stopped(self) -> bool:
        return self.stops > 0


class Line:
    """The channel to a supervisor that only listens."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any], fds: object = ()) -> None:
        self.sent.append(message)


Start = Callable[..., tuple[Reactor, Line, NoticeServer]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a server; its sockets are closed behind the test."""
    reactors: list[Reactor] = []

    def start(**more: Any) -> tuple[Reactor, Line, NoticeServer]:
        started = _start(**more)
        reactors.append(started[0])
        return started

    yield start
    for entrance in (each for reactor in reactors for each in reactor.getReaders()):
        entrance.connectionLost(None)


def _start(drop: Any = lambda user: None, laptop: bool = False) -> tuple[Reactor, Line, NoticeServer]:
    data = full() | {"laptop": laptop}
    data["notices"]["default"]["listen"] = ["127.0.0.1:8080"]
    reactor, line = Reactor(), Line()
    server = NoticeServer(line, reactor, NoticeLimits(), drop)  # type: ignore[arg-type]
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server.receive({"type": "start", "settings": data}, [os.dup(listening.fileno())])
    return reactor, line, server


def _factory(reactor: Reactor) -> NoticeFactory:
    (entrance,) = reactor.getReaders()
    assert isinstance(entrance, Entrance) and isinstance(entrance.host, NoticeFactory)
    return entrance.host


def test_start_and_stop(start: Start) -> None:
    """Started with settings and sockets it gives up its rights, then says it is ready; `stop` ends it."""
    dropped: list[str | None] = []
    reactor, line, server = start(drop=dropped.append)
    assert (dropped, line.sent) == ([None], [{"type": "ready"}])
    assert b"demo" in _factory(reactor).responses.page_body
    server.receive({"type": "stop"}, [])
    assert reactor.stopped


def test_who_is_inside_is_answered_before_it_ends(start: Start) -> None:
    """Told to end it lets nobody in, but waits for a visitor who is still asking."""
    reactor, _, server = start()
    visitor = _factory(reactor).welcome()
    transport = Transport()
    visitor.makeConnection(transport)
    visitor.dataReceived(GET[:10])
    server.receive({"type": "stop"}, [])
    assert not reactor.getReaders() and not reactor.stopped
    visitor.dataReceived(GET[10:])
    assert b"<html" in transport.value() and not reactor.stopped
    visitor.connectionLost(None)
    assert reactor.stopped and not transport.aborted


def test_who_does_not_leave_is_not_waited_for_long(start: Start) -> None:
    """For a visitor who says nothing the process ends all the same, before the supervisor would kill it."""
    reactor, _, server = start()
    visitor = _factory(reactor).welcome()
    transport = Transport()
    visitor.makeConnection(transport)
    server.receive({"type": "stop"}, [])
    assert NoticeLimits().leave_seconds < KeeperLimits().stop_within
    reactor.advance(NoticeLimits().leave_seconds)
    assert reactor.stopped
    visitor.connectionLost(None)  # by the reactor's end, which closes all
    assert reactor.stops == 1


def test_without_its_rights_given_up_it_does_not_serve(start: Start) -> None:
    """A user that does not exist ends the process instead of serving as root."""

    def refuse(user: str | None) -> None:
        raise NoticeFault("user: there is none")

    reactor, line, _ = start(drop=refuse)
    assert reactor.stopped and line.sent == []


@pytest.mark.parametrize("laptop", [False, True])
def test_dumps_that_cannot_be_forbidden_stop_it_but_on_a_laptop(start: Start, laptop: bool) -> None:
    """The one documented switch for trials holds here too; without it the process ends."""

    def refuse(user: str | None) -> None:
        raise HardeningFault("core dumps cannot be forbidden here")

    reactor, line, _ = start(drop=refuse, laptop=laptop)
    assert (reactor.stopped, bool(line.sent)) == (not laptop, laptop)


@pytest.mark.root
@pytest.mark.parametrize(
    ("user", "why"), [("no-such-user-here", "there is no user 'no-such-user-here'"), ("root", "'root' is root again")]
)
def test_a_user_that_will_not_do_is_a_fault_that_says_what_to_do(user: str, why: str) -> None:
    """As root an unknown user, or root itself, is refused; nothing has been given up by then."""
    require_root()
    with pytest.raises(NoticeFault, match=why):
        drop_privileges(user)


def test_root_without_the_right_to_become_another_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that took the right away: the page is not served as root, and the log says what to do."""
    monkeypatch.setattr("resolver.edge.notice.server.os.geteuid", lambda: 0)
    monkeypatch.setattr("resolver.edge.notice.server.os.setgroups", _forbidden)
    with pytest.raises(NoticeFault, match="CAP_SETGID, or start as another user"):
        drop_privileges("nobody")


def _forbidden(_groups: list[int]) -> None:
    raise PermissionError(errno.EPERM, "Operation not permitted")
