"""The process that serves the notice page: unprivileged, without a memory, without a series of its own.

A connection gets one of two constant answers and is closed. Of a request only the method and `Accept` are looked at;
nothing of it is kept, counted or logged, and the connection's address is never read.
"""

import os
import pwd
import re
import resource
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from attrs import frozen
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from zope.interface import implementer

from resolver.edge import fault_log
from resolver.edge.channel import Channel, Message
from resolver.edge.hardening import HardeningFault, give_up_rights, harden_process
from resolver.edge.notice.entrance import Entrance, wipe
from resolver.edge.notice.responses import NoticeResponses, context_of, render
from resolver.edge.notice.visitors import Visitors
from resolver.settings import Settings, parse

DEFAULT_USER: Final = "nobody"
_HEAD_END: Final = re.compile(rb"\n\r?\n")  # a bare LF ends a line too (RFC 9112, 2.2)
_HEAD_END_BYTES: Final = 3  # at most


@frozen
class NoticeLimits:
    """What visitors may take of this process."""

    connections: int = 512
    """Connections open at once; the oldest makes room for a new one."""
    head_bytes: int = 8192
    """Length of a request's head; a longer one is answered by what was read so far."""
    head_seconds: float = 5.0
    """Time for the head to arrive."""
    send_seconds: float = 10.0
    """Time for the visitor to take the answer."""
    drain_bytes: int = 65536
    """Let fall after the answer, so that a reset does not destroy it."""
    leave_seconds: float = 2.0
    """Time for whoever is inside when the process is told to end; the supervisor waits a second longer."""


class NoticeFault(Exception):
    """The notice page cannot be served safely here; the message says what to do."""


def main(channel: Channel) -> None:
    """Make this process serve the notice page; it begins with the first message."""
    channel.on_message = NoticeServer(channel, channel.reactor, NoticeLimits(), drop_privileges).receive


def drop_privileges(user: str | None) -> None:
    """Become `user` (or nobody) if started as root; no capability, no process again. NoticeFault, HardeningFault."""
    if os.geteuid() == 0:
        name = user or DEFAULT_USER
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            raise NoticeFault(f"user: there is no user {name!r}; create it or name another in the settings") from None
        if account.pw_uid == 0:
            raise NoticeFault(f"user: {name!r} is root again; name a user without rights, or none for {DEFAULT_USER}")
        try:
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
        except PermissionError:
            raise NoticeFault(
                f"user: root may not become {name!r} here: give CAP_SETUID and CAP_SETGID, or start as another user"
            ) from None
    try:
        give_up_rights()
    except HardeningFault as fault:  # a unit of the operator's own: what is left is the right to listen on port 80
        fault_log.write(f"mamori notice: {fault}")
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    harden_process()  # a change of user may have made us dumpable again


class NoticeServer:
    """One notice process' life. The reactor is a real one or a fake with sockets, timers and `stop`."""

    def __init__(
        self,
        channel: Channel,
        reactor: Any,
        limits: NoticeLimits,
        drop: Callable[[str | None], None],
    ) -> None:
        self._channel = channel
        self._reactor = reactor
        self._limits = limits
        self._drop = drop
        self._entrances: list[Entrance] = []
        self._factories: dict[str, NoticeFactory] = {}
        self._visitors = Visitors(limits.connections)

    def receive(self, message: Message, fds: list[int]) -> None:
        """One message of the supervisor; the descriptors are ours from here."""
        if message["type"] == "start":
            self._start(parse(message["settings"], base=Path("/")), fds, message.get("no_record", False))
        elif message["type"] == "stop":
            self._leave()

    def _start(self, settings: Settings, fds: list[int], no_record: bool) -> None:
        for (name, _place), fd in zip(settings.notice_places, fds, strict=True):
            factory = self._factories.setdefault(name, NoticeFactory(self._reactor, self._limits, self._visitors))
            self._entrances.append(Entrance(self._reactor, socket.socket(fileno=fd), factory))
        self._render(settings, no_record)
        try:
            self._drop(settings.user)
        except (NoticeFault, HardeningFault) as fault:
            fault_log.write(f"mamori notice: {fault}")
            if isinstance(fault, NoticeFault) or not settings.laptop:
                self._reactor.stop()
                return
        self._channel.send({"type": "ready"})

    def _leave(self) -> None:
        """Let nobody in, answer who is inside, then end; the next process lets in whoever waits in the sockets.

        An end aborts nobody: what was written still reaches a visitor whom it takes longer to get it.
        """
        for entrance in self._entrances:
            entrance.close()
        self._reactor.callLater(self._limits.leave_seconds, self._visitors.wait_no_longer)
        self._visitors.when_empty(self._reactor.stop)

    def _render(self, settings: Settings, no_record: bool) -> None:
        """Make the constant answers."""
        for name, factory in self._factories.items():
            factory.responses = render(settings.notices[name], context_of(settings, name, no_record=no_record))


class NoticeFactory:
    """Takes in the visitors of one notice. Room is that of the process, so that no notice can take it from another."""

    responses: NoticeResponses  # set before the first connection, replaced as a whole

    def __init__(self, reactor: Any, limits: NoticeLimits, visitors: Visitors) -> None:
        self.reactor = reactor
        self.limits = limits
        self.visitors = visitors

    def make_room(self) -> None:
        """The oldest leaves."""
        self.visitors.make_room()

    def welcome(self) -> Protocol:
        """Take a visitor in."""
        connection = NoticeConnection(self)
        self.visitors.enter(connection)
        return connection


@implementer(IHalfCloseableProtocol)
class NoticeConnection(Protocol):
    """One visitor: read a head, write the constant answer, close."""

    transport: Any

    def __init__(self, factory: NoticeFactory) -> None:
        self._factory = factory
        self._limits = factory.limits
        self._head = memoryview(bytearray(factory.limits.head_bytes))  # never moved, so that it can be wiped
        self._filled = 0
        self._answered = False
        self._surplus = 0
        self._timer: Any = None

    def connectionMade(self) -> None:
        """Wait for the head, but not for long."""
        self._timer = self._factory.reactor.callLater(self._limits.head_seconds, self.leave)

    def dataReceived(self, data: bytes | memoryview) -> None:
        """Collect the head; what comes after it is let fall. `data` is not kept."""
        if self._answered:
            self._surplus += len(data)
            if self._surplus > self._limits.drain_bytes:
                self.leave()
            return
        begin, end = self._filled, min(self._filled + len(data), self._limits.head_bytes)
        self._head[begin:end] = data[: end - begin]
        self._filled = end
        found = _HEAD_END.search(self._head, max(0, begin - _HEAD_END_BYTES + 1), end)
        if found or end == self._limits.head_bytes:
            self._answer(found.end() if found else end)

    def _answer(self, length: int) -> None:
        """To the head alone: what stands behind it must not decide, however it was cut into packets."""
        self._answered = True
        self._timer.reset(self._limits.send_seconds)
        self.transport.write(self._factory.responses.answer(self._head[:length]))
        wipe(self._head)
        self.transport.loseWriteConnection()

    def readConnectionLost(self) -> None:
        """The visitor sends no more: one who closed behind a whole request still gets the answer."""
        if self._answered:
            self.transport.loseConnection()
        else:
            self.leave()

    def writeConnectionLost(self) -> None:
        """Asked for by Twisted; the answer is sent, and the visitor may now close."""

    def leave(self) -> None:
        """End it now."""
        self._factory.visitors.gone(self)
        self.transport.abortConnection()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The visitor is gone."""
        wipe(self._head)
        self._factory.visitors.gone(self)
        if self._timer.active():
            self._timer.cancel()
