"""How visitors of the notice page come in: nothing of them is left in this process when they are gone.

A visitor's address is not asked for (`accept4` with no place to put it), so it is never in our memory. What a visitor
sends is read into one piece of memory, which is wiped before the next one is looked at.
"""

import ctypes
import errno
import os
import socket
from typing import Any, Final, Protocol

from twisted.internet import main
from twisted.internet.tcp import Connection

from resolver.edge import fault_log

READ_BYTES: Final = 16_384  # taken from a visitor at once
VISITORS_AT_ONCE: Final = 64  # let in before others are looked at again

_FULL_HOUSE: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_accept4: Final = ctypes.CDLL(None, use_errno=True).accept4


class Host(Protocol):
    """Who takes visitors in."""

    def welcome(self) -> Any:
        """Give the protocol of a new visitor."""

    def make_room(self) -> None:
        """Let somebody go."""


class Entrance:
    """One listening socket, ours from here."""

    def __init__(self, reactor: Any, listening: socket.socket, host: Host) -> None:
        self._reactor = reactor
        self._listening = listening
        self._listening.setblocking(False)
        self.host = host
        reactor.addReader(self)

    def fileno(self) -> int:
        """Return the descriptor the reactor watches."""
        return self._listening.fileno()

    def logPrefix(self) -> str:
        """Return the name in the reactor's own messages."""
        return "notice"

    def doRead(self) -> None:
        """Let in who waits."""
        for _ in range(VISITORS_AT_ONCE):
            visitor = self._accept()
            if visitor is None:
                return
            self._welcome(visitor)

    def _welcome(self, visitor: socket.socket) -> None:
        """Take one in. Whatever goes wrong with one, the door stays open for the others."""
        try:
            protocol = self.host.welcome()
            protocol.makeConnection(Line(visitor, protocol, self._reactor))
        except Exception as error:  # noqa: BLE001  the reactor would close the entrance
            visitor.close()
            fault_log.write(f"mamori notice: fault {fault_log.describe(error)}")

    def _accept(self) -> socket.socket | None:
        fd = _accept4(self.fileno(), None, None, os.O_CLOEXEC | os.O_NONBLOCK)
        if fd >= 0:
            return socket.socket(self._listening.family, socket.SOCK_STREAM, self._listening.proto, fileno=fd)
        if ctypes.get_errno() in _FULL_HOUSE:
            self.host.make_room()
        return None

    def close(self) -> None:
        """Let nobody in any more; whoever waits is left to the next process that has the socket."""
        self._reactor.removeReader(self)
        self._listening.close()

    def connectionLost(self, _reason: object) -> None:
        """The process ends, or the socket broke."""
        self._listening.close()


class Line(Connection):
    """Twisted's connection, but for the reading: what was read is wiped as soon as it has been looked at.

    The protocol is given a view that it must not keep.
    """

    logstr = "notice"
    protocol: Any

    def __init__(self, visitor: socket.socket, protocol: Any, reactor: Any) -> None:
        super().__init__(visitor, protocol, reactor)
        self.connected = True
        self.startReading()

    def doRead(self) -> Any:
        """Read once."""
        try:
            count = self.socket.recv_into(_ROOM)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            return main.CONNECTION_LOST
        if count == 0:
            return main.CONNECTION_DONE
        try:
            self.protocol.dataReceived(_ROOM[:count])
        finally:
            wipe(_ROOM[:count])
        return None


def wipe(memory: memoryview) -> None:
    """Overwrite what stands there."""
    memory[:] = bytes(len(memory))


_ROOM: Final = memoryview(bytearray(READ_BYTES))
