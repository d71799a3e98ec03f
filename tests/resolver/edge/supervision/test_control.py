"""The control socket's protocol, on a string transport and a clock."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from resolver.edge.supervision.control import ControlFactory, ControlLimits, ControlProtocol, peer


class Client:
    """One connection and what was asked through it."""

    def __init__(self, factory: ControlFactory, clock: Clock) -> None:
        self.transport = StringTransport()
        protocol: Any = factory.buildProtocol(None)  # type: ignore[arg-type]
        self.protocol: ControlProtocol = protocol
        protocol.callLater = clock.callLater
        protocol.makeConnection(self.transport)

    def ask(self, line: bytes) -> None:
        self.protocol.dataReceived(line + b"\n")

    @property
    def replies(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.transport.value().splitlines()]

    @property
    def cut(self) -> bool:
        return bool(self.transport.disconnected)


class Desk:
    """A factory whose handler answers when the test does."""

    def __init__(self, **limits: Any) -> None:
        self.clock = Clock()
        self.asked: list[tuple[str, str | None]] = []
        self.waiting: list[Deferred[dict[str, Any]]] = []
        self.factory = ControlFactory(self._handle, ControlLimits(**limits), lambda _transport: 1234)

    def _handle(self, verb: str, list_id: str | None, by: int) -> Deferred[dict[str, Any]]:
        assert by == 1234
        self.asked.append((verb, list_id))
        self.waiting.append(Deferred())
        return self.waiting[-1]

    def client(self) -> Client:
        return Client(self.factory, self.clock)


def test_request_and_answer() -> None:
    """One line in, one line out; the next request may follow, however long the first took."""
    desk = Desk()
    client = desk.client()
    client.ask(b'{"verb":"refresh","list_id":"demo"}')
    desk.clock.advance(100)
    desk.waiting[0].callback({"ok": True, "text": "更新"})
    client.ask(b'{"verb":"status"}')
    desk.waiting[1].callback({"ok": True, "text": ""})
    assert desk.asked == [("refresh", "demo"), ("status", None)]
    assert [reply["text"] for reply in client.replies] == ["更新", ""]
    assert not client.cut


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b'{"verb":"stop"}', b'{"verb":"refresh","list_id":3}', b'{"verb":["status"]}', b"x" * 5000],
)
def test_anything_else_is_cut_off(line: bytes) -> None:
    """Strange, broken and over-long requests end the connection and reach nobody."""
    desk = Desk()
    client = desk.client()
    client.ask(line)
    assert client.cut
    assert not desk.asked


def test_slow_client_is_cut_off() -> None:
    """A client that sends nothing, or only part of a line, is let go."""
    desk = Desk()
    client = desk.client()
    client.protocol.dataReceived(b'{"verb":')
    desk.clock.advance(10)
    assert client.cut


def test_second_request_before_the_answer_is_cut_off() -> None:
    """No client can pile up work; an answer that comes afterwards goes nowhere."""
    desk = Desk()
    client = desk.client()
    client.ask(b'{"verb":"refresh"}')
    client.ask(b'{"verb":"refresh"}')
    client.protocol.connectionLost()
    desk.waiting[0].callback({"ok": True, "text": ""})
    assert client.cut
    assert client.replies == []


def test_number_of_clients_is_limited() -> None:
    """One too many is turned away; a place is free again when one leaves."""
    desk = Desk(connections=1)
    first, second = desk.client(), desk.client()
    assert (first.cut, second.cut) == (False, True)
    first.protocol.connectionLost()
    assert not desk.client().cut


def test_error_in_the_daemon_is_said_without_details() -> None:
    """The client gets fixed words; the error itself goes to the fault log."""
    desk = Desk()
    client = desk.client()
    client.ask(b'{"verb":"status"}')
    failed: list[Any] = []
    desk.waiting[0].addErrback(failed.append)
    waiting = desk.waiting[0]
    waiting.errback(ValueError("secret.example"))
    assert client.replies[0]["ok"] is False
    assert "secret" not in client.replies[0]["text"]
    assert len(failed) == 1


def test_all_clients_go_when_the_daemon_stops() -> None:
    """Closing lets every client go."""
    desk = Desk()
    client = desk.client()
    desk.factory.close_all()
    assert client.transport.disconnecting


def test_the_kernel_names_who_asks() -> None:
    """Not what a client says of itself: the audit file rests on it."""

    class Transport:
        """A Twisted transport over one end of a real pair."""

        def __init__(self, handle: socket.socket) -> None:
            self.getHandle = lambda: handle

    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert peer(Transport(ours)) == os.getuid()
