"""Child processes as the supervisor sees them: started, spoken to, their end told; and how a single one is kept alive.

`Launcher` is the seam: tests give the supervisor one that starts nothing.
"""

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from attrs import define, field, frozen
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from native import REQUIRE, SWITCH
from resolver.edge.channel import Message

_SIGNALS: Final[dict[int, str]] = {
    signal.SIGKILL: "sigkill",
    signal.SIGSEGV: "sigsegv",
    signal.SIGBUS: "sigbus",
    signal.SIGABRT: "sigabrt",
}
HUNG: Final = "hung"  # a worker that we ended because it did not answer us
DEATH_REASONS: Final = ("exit_0", "exit_error", *_SIGNALS.values(), "signal_other", HUNG)
CLOSED_GRACE: Final = 3.0  # seconds between a closed line and the kill


def environment_of_children(ours: Mapping[str, str]) -> dict[str, str]:
    """Nothing of ours, but for what chooses the C extension: all processes of one resolver use the same twin."""
    chosen = {name: ours[name] for name in (REQUIRE, SWITCH) if name in ours}
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **chosen}


ENVIRONMENT: Final = environment_of_children(os.environ)


def signal_word(number: int) -> str:
    """One of DEATH_REASONS for the signal that ended a process."""
    return _SIGNALS.get(number, "signal_other")


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

    def hand_over(self, keep: Callable[[int], int]) -> list[Message]:
        """All living children as plain data for `adopt`; their lines are kept open."""

    def adopt(self, handed: Message, on_message: OnMessage, on_exit: OnExit) -> Child:
        """Go on with a child of the code before us."""


@frozen
class KeeperLimits:
    """How a single child is restarted, in seconds."""

    first_delay: float = 0.2
    """Seconds to the first restart."""
    longest_delay: float = 30.0
    """Seconds to a restart at most; they double with each one."""
    settled_after: float = 60.0
    """Seconds a child lives until its next restart is quick again."""
    stop_within: float = 3.0
    """Seconds it is given to stop; then it is killed."""


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
