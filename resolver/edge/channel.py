"""The line between the supervisor and one child: JSON objects and file descriptors over a Unix SOCK_SEQPACKET pair.

Wire form: one packet is one JSON object in UTF-8, at most `MAX_PACKET_BYTES`; descriptors travel beside it
(SCM_RIGHTS).
The channel belongs to the product's own processes only, so a packet that breaks the form closes it (`on_closed`).
"""

import array
import json
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from twisted.internet.abstract import FileDescriptor
from twisted.internet.interfaces import IReactorFDSet
from twisted.python.failure import Failure

CHILD_FD = 3  # where a child finds its end
MAX_PACKET_BYTES = 128 * 1024  # settings of the largest kind fit
MAX_FDS = 250  # the kernel's limit is 253 in one packet
MAX_QUEUED = 256  # packets waiting for a peer that does not read; more and the peer counts as hung

Message = dict[str, Any]

_FD = array.array("i")
_ANCILLARY_BYTES = socket.CMSG_SPACE(MAX_FDS * _FD.itemsize)


def channel_pair() -> tuple[socket.socket, socket.socket]:
    """Two connected non-blocking ends; both are close-on-exec, the child's is handed over by number."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MAX_PACKET_BYTES)
    return ours, theirs


class Channel(FileDescriptor):
    """One end of the line.

    The user sets `on_message(message, fds)`, which then owns the descriptors, and `on_closed()`, then calls
    `startReading()`. `send` never blocks.
    """

    def __init__(self, reactor: IReactorFDSet, end: socket.socket) -> None:
        super().__init__(reactor)
        self._end = end
        self._waiting: deque[tuple[bytes, list[int]]] = deque()
        self.connected = 1
        self.on_message: Callable[[Message, list[int]], None] = _nobody_listens
        self.on_closed: Callable[[], None] = _nothing

    @classmethod
    def inherited(cls, reactor: IReactorFDSet) -> "Channel":
        """The child's own end, from descriptor 3; it is not handed on to anybody else."""
        os.set_inheritable(CHILD_FD, False)
        end = socket.socket(fileno=CHILD_FD)
        end.setblocking(False)
        return cls(reactor, end)

    def fileno(self) -> int:
        """The descriptor the reactor polls."""
        return self._end.fileno()

    @property
    def is_behind(self) -> bool:
        """Whether packets wait for a peer that does not read."""
        return bool(self._waiting)

    def send(self, message: Message, fds: Sequence[int] = ()) -> None:
        """Send, or keep until the peer reads. The caller keeps its descriptors and may close them at once."""
        packet = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        if len(packet) > MAX_PACKET_BYTES or len(fds) > MAX_FDS:
            raise ValueError("a channel message is too large")
        if not self.connected or (not self._waiting and self._send_now(packet, fds)):
            return
        if len(self._waiting) >= MAX_QUEUED:
            self._close()
            return
        self._waiting.append((packet, [os.dup(fd) for fd in fds]))
        self.startWriting()

    def close(self) -> None:
        """Close our end without calling `on_closed`."""
        self.on_closed = _nothing
        self._close()

    def doRead(self) -> None:
        """One packet; nothing left or a broken one closes the line."""
        try:
            packet, ancillary, flags, _ = self._end.recvmsg(MAX_PACKET_BYTES, _ANCILLARY_BYTES, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return
        except OSError:
            self._close()
            return
        fds = _descriptors(ancillary)
        message = None if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC) else _decoded(packet)
        if message is None:
            _close_all(fds)
            self._close()
            return
        self.on_message(message, fds)

    def doWrite(self) -> None:
        """Send what waited, as far as the peer reads."""
        while self._waiting:
            packet, fds = self._waiting[0]
            if not self._send_now(packet, fds):
                return
            self._waiting.popleft()
            _close_all(fds)
        self.stopWriting()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The reactor lets us go."""
        self._close()

    def _send_now(self, packet: bytes, fds: Sequence[int]) -> bool:
        """True when the packet needs no more care: sent, or the peer is gone and `doRead` will find that out."""
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        try:
            self._end.sendmsg([packet], ancillary, socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def _close(self) -> None:
        if not self.connected:
            return
        self.connected = 0
        self.stopReading()
        self.stopWriting()
        self._end.close()
        while self._waiting:
            _close_all(self._waiting.popleft()[1])
        self.on_closed()


def _decoded(packet: bytes) -> Message | None:
    """None for the empty packet of a closed line and for anything that is not one JSON object."""
    try:
        message = json.loads(packet)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    fds = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
    return fds.tolist()


def _close_all(fds: Sequence[int]) -> None:
    for fd in fds:
        with suppress(OSError):
            os.close(fd)


def _nobody_listens(_message: Message, fds: list[int]) -> None:
    _close_all(fds)


def _nothing() -> None:
    return
