"""Push hints: any datagram on a UDP port of our own means "ask now". What is in it is never read.

The socket is looked at once in two seconds at most, whatever arrives; between two looks the kernel drops what its small
buffer does not hold. A hint in that time is not lost: it counts at the next look.
"""

import socket
from collections.abc import Callable
from typing import Any

from attrs import frozen
from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer


@frozen
class HintLimits:
    """What strangers may cause."""

    pause_seconds: float = 2.0
    """Time between two polls that hints cause, over all lists."""
    buffer_bytes: int = 4096
    """Datagrams the kernel keeps for us."""
    batch: int = 256
    """Datagrams thrown away at one look."""


@implementer(IReadDescriptor)
class HintListener:
    """One bound socket, which it owns; `reactor` has readers and timers."""

    def __init__(
        self, reactor: Any, bound: socket.socket, on_hint: Callable[[], object], limits: HintLimits | None = None
    ) -> None:
        self._reactor = reactor
        self._socket = bound
        self._on_hint = on_hint
        self._limits = limits or HintLimits()
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._limits.buffer_bytes)
        reactor.addReader(self)

    def fileno(self) -> int:
        """The descriptor the reactor polls."""
        return self._socket.fileno()

    def logPrefix(self) -> str:
        """A name Twisted asks for; it is never written."""
        return "hint"

    def connectionLost(self, reason: Failure) -> None:
        """The reactor took an error on the socket for its end; a bound socket has none, so clear it and go on."""
        self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self._reactor.addReader(self)

    def close(self) -> None:
        """Hear no more."""
        self._reactor.removeReader(self)
        self._socket.close()

    def doRead(self) -> None:
        """Throw away what waits, ask, and do not look again for a while."""
        self._reactor.removeReader(self)
        self._reactor.callLater(self._limits.pause_seconds, self._reactor.addReader, self)
        if self._emptied():
            self._on_hint()

    def _emptied(self) -> bool:
        """Take datagrams off the queue without copying a byte of them; True if there was one."""
        for number in range(self._limits.batch):
            try:
                self._socket.recvmsg(0)  # recv(0) would not even ask the kernel
            except OSError:  # the queue is empty, or an error of the network was waiting on the socket
                return number > 0
        return True
