"""Real child processes, started here or adopted from the code before us."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from resolver.edge.channel import CHILD_FD, Channel, Message, channel_pair
from resolver.edge.supervision.adopted import Adopted
from resolver.edge.supervision.children import CLOSED_GRACE, ENVIRONMENT, Child, OnExit, OnMessage, signal_word


class ProcessLauncher:
    """The real one; `reactor` is the main thread's reactor."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._living: dict[int, _Process | Adopted] = {}

    def launch(self, kind: str, on_message: OnMessage, on_exit: OnExit) -> Child:
        """Start a process with a clean environment, isolated from the user's Python settings and current folder."""
        try:
            return self._spawn(kind, on_message, on_exit)
        except OSError:  # no descriptor, process or memory left: to be tried again like after any other end
            self._reactor.callLater(0, on_exit, "exit_error")
            return _Stillborn()

    def _spawn(self, kind: str, on_message: OnMessage, on_exit: OnExit) -> Child:
        ours, theirs = channel_pair()
        with theirs:
            process = _Process(Channel(self._reactor, ours), self._forgetting(lambda: process.pid, on_exit))
            process.channel.on_message = on_message
            # A child that only closed its line is dying or mad; the first should end with its own exit code.
            process.channel.on_closed = lambda: self._reactor.callLater(CLOSED_GRACE, process.kill)
            arguments = [sys.executable, "-I", "-m", "resolver.app.child", kind]
            try:
                with Path(os.devnull).open("rb") as null:
                    descriptors = {0: null.fileno(), 1: 2, 2: 2, CHILD_FD: theirs.fileno()}
                    self._reactor.spawnProcess(
                        process, sys.executable, arguments, ENVIRONMENT, "/", childFDs=descriptors
                    )
            except OSError:
                process.channel.close()
                raise
        process.channel.startReading()
        self._living[process.pid] = process
        return process

    def hand_over(self, keep: Callable[[int], int]) -> list[Message]:
        """Give all that live, those that were told to leave as well; one that does not read its line is `behind`."""
        return [_handed(child, keep) for child in self._living.values()]

    def adopt(self, handed: Message, on_message: OnMessage, on_exit: OnExit) -> Child:
        """Go on with one. Words that never reached one that was `behind` are lost with the code before us: it ends."""
        pid = handed["pid"]
        child = Adopted(self._reactor, pid, handed["fd"], on_message, self._forgetting(lambda: pid, on_exit))
        self._living[pid] = child
        if handed["behind"]:
            child.kill()
        return child

    def _forgetting(self, pid: Callable[[], int], on_exit: OnExit) -> OnExit:
        def ended(reason: str) -> None:
            self._living.pop(pid(), None)
            on_exit(reason)

        return ended


def _handed(child: "_Process | Adopted", keep: Callable[[int], int]) -> Message:
    line = child.channel
    fd = keep(line.fileno()) if line is not None and line.connected else None
    return {"pid": child.pid, "fd": fd, "behind": line is not None and line.is_behind}


class _Stillborn:
    """A child that could not be started; its end has been told."""

    pid = 0

    def send(self, message: Message, fds: Sequence[int] = ()) -> None:
        """Nobody hears it."""

    def kill(self) -> None:
        """Nothing to end."""


class _Process(ProcessProtocol):
    transport: Any

    def __init__(self, channel: Channel, on_exit: OnExit) -> None:
        self.channel = channel
        self._on_exit = on_exit
        self.pid = 0

    def connectionMade(self) -> None:
        self.pid = self.transport.pid

    def send(self, message: Message, fds: Sequence[int] = ()) -> None:
        self.channel.send(message, fds)

    def kill(self) -> None:
        with suppress(ProcessExitedAlready):
            self.transport.signalProcess("KILL")

    def processExited(self, reason: Failure) -> None:
        self.channel.close()
        self._on_exit(death_reason(reason.value))


def death_reason(end: BaseException | None) -> str:
    """One word of DEATH_REASONS for the end of a process."""
    if isinstance(end, ProcessDone):
        return "exit_0"
    if isinstance(end, ProcessTerminated) and end.signal is not None:
        return signal_word(end.signal)
    return "exit_error"
