"""A child that the code before us started: its process is ours (same id), its channel came over by number.

Twisted knows nothing of it, so its end is waited for here: the line closes, then the process is looked at until it is
gone.
"""

import os
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from resolver.edge.channel import Channel, Message
from resolver.edge.supervision.children import CLOSED_GRACE, OnExit, OnMessage, signal_word

LOOK_SECONDS: Final = 0.05  # between two looks whether it is gone, once its line is closed


class Adopted:
    """One child. `fd` is our end of its line, None where that was closed already."""

    def __init__(self, reactor: Any, pid: int, fd: int | None, on_message: OnMessage, on_exit: OnExit) -> None:
        self.pid = pid
        self.channel = _channel(reactor, fd)
        self._reactor = reactor
        self._on_exit = on_exit
        self._ended = False
        self._look_timer: Any = None
        self._kill_timer: Any = None
        if self.channel is None:
            reactor.callLater(0, self._line_closed)
        else:
            self.channel.on_message = on_message
            self.channel.on_closed = self._line_closed
            self.channel.startReading()

    def send(self, message: Message, fds: Sequence[int] = ()) -> None:
        """Send over its channel."""
        if self.channel is not None:
            self.channel.send(message, fds)

    def kill(self) -> None:
        """End it now. Until it is waited for, its number is no other process's."""
        if not self._ended:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def _line_closed(self) -> None:
        """It is dying, or mad."""
        self._kill_timer = self._reactor.callLater(CLOSED_GRACE, self.kill)
        self._look()

    def _look(self) -> None:
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            pid, status = self.pid, 1 << 8
        if pid == 0:
            self._look_timer = self._reactor.callLater(LOOK_SECONDS, self._look)
            return
        self._ended = True
        if self._kill_timer.active():
            self._kill_timer.cancel()
        self._on_exit(reason_of(status))


def reason_of(status: int) -> str:
    """One word of DEATH_REASONS for what waitpid said."""
    code = os.waitstatus_to_exitcode(status)
    return signal_word(-code) if code < 0 else "exit_error" if code else "exit_0"


def _channel(reactor: Any, fd: int | None) -> Channel | None:
    if fd is None:
        return None
    end = socket.socket(fileno=fd)
    end.setblocking(False)
    return Channel(reactor, end)
