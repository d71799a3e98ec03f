"""Child processes: how one is started and spoken to, how its end is told, and how a single one is kept alive.

`Launcher` is the seam: tests give the supervisor one that starts nothing.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from attrs import define, field, frozen
from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from resolver.edge.channel import CHILD_FD, Channel, Message, channel_pair

_SIGNALS: Final = {
    signal.SIGKILL: "sigkill",
    signal.SIGSEGV: "sigsegv",
    signal.SIGBUS: "sigbus",
    signal.SIGABRT: "sigabrt",
}
HUNG: Final = "hung"  # a worker that we ended because it did not answer us
DEATH_REASONS: Final = ("exit_0", "exit_error", *_SIGNALS.values(), "signal_other", HUNG)
ENVIRONMENT: Final = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
CLOSED_GRACE: Final = 3.0  # seconds between a closed line and the kill

OnMessage = Callable[[Message, list[int]], None]
OnExit = Callable[[str], None]  # gets one of DEATH_REASONS, exactly once


class Child(Protocol):
    """A started child."""

    @property
    def pid(self) -> int:
        """Its process id."""

    def send(self, message: Message, fds: Sequence[int] = ()) -> None:
        """Send over its channel; a dead child takes nothing, and says nothing."""

    def kill(self) -> None:
        """End it now; `on_exit` follows."""


class Launcher(Protocol):
    """Starts children."""

    def launch(self, kind: str, on_message: OnMessage, on_exit: OnExit) -> Child:
        """Start `python -m resolver.app.child KIND`. `on_message` owns the descriptors it is given."""


class ProcessLauncher:
    """The real one; `reactor` is the main thread's reactor."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

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
            process = _Process(Channel(self._reactor, ours), on_exit)
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
        return process


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
        return _SIGNALS.get(end.signal, "signal_other")
    return "exit_error"


@frozen
class KeeperLimits:
    """How a single child is restarted, in seconds."""

    first_delay: float = 0.2
    longest_delay: float = 30.0
    settled_after: float = 60.0  # alive that long, the next restart is quick again
    stop_within: float = 3.0


@define(eq=False)
class Keeper:
    """Keeps one child of a kind running. `greet` sends a new child all it needs; `on_death(kind, reason)` counts."""

    kind: str
    clock: IReactorTime
    launcher: Launcher
    greet: Callable[[Child], None]
    on_message: OnMessage
    on_death: Callable[[str, str], None]
    limits: KeeperLimits = field(factory=KeeperLimits)
    child: Child | None = field(default=None, init=False)
    _delay: float = field(default=0.0, init=False)
    _born: float = field(default=0.0, init=False)
    _timer: IDelayedCall | None = field(default=None, init=False)
    _stopped: Callable[[], None] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the child, now."""
        self._timer = None
        self._born = self.clock.seconds()
        child = self.launcher.launch(
            self.kind,
            lambda message, fds: self._heard(child, message, fds),
            lambda reason: self._ended(child, reason),
        )
        self.child = child
        self.greet(child)

    def send(self, message: Message, fds: Sequence[int] = ()) -> bool:
        """Send to the running child; False when there is none."""
        if self.child is None:
            return False
        self.child.send(message, fds)
        return True

    def renew(self) -> None:
        """Replace the child by a new one, which is greeted anew; its end is no death."""
        old, self.child = self.child, None
        self._cancel()
        self._delay = 0.0
        if old is not None:
            old.send({"type": "stop"})
            self.clock.callLater(self.limits.stop_within, old.kill)
        self.start()

    def stop(self, stopped: Callable[[], None]) -> None:
        """Ask it to end, make it end; then call `stopped`."""
        self._stopped = stopped
        self._cancel()
        if self.child is None:
            stopped()
            return
        self.child.send({"type": "stop"})
        self._timer = self.clock.callLater(self.limits.stop_within, self.child.kill)

    def _heard(self, child: Child, message: Message, fds: list[int]) -> None:
        if child is self.child:
            self.on_message(message, fds)
            return
        for fd in fds:  # it was replaced
            os.close(fd)

    def _ended(self, child: Child, reason: str) -> None:
        if child is not self.child:
            return  # it was replaced
        self.child = None
        if self._stopped is not None:
            self._cancel()
            self._stopped()
            return
        self.on_death(self.kind, reason)
        settled = self.clock.seconds() - self._born >= self.limits.settled_after
        self._delay = self.limits.first_delay if settled or not self._delay else self._delay * 2
        self._delay = min(self._delay, self.limits.longest_delay)
        self._timer = self.clock.callLater(self._delay, self.start)

    def _cancel(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
