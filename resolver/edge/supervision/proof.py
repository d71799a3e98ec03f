"""Before anything changes, a child process with the installed code proves that it could run with the settings.

It imports all there is, reads the settings with every file they name and builds what a worker builds. What it finds
wrong it says on stderr, which is handed to whoever asked for the change; nothing of customers can be in it.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from attrs import define, field, frozen
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from resolver.edge.supervision.change_limits import ChangeLimits
from resolver.edge.supervision.children import ENVIRONMENT


class ProofFault(Exception):
    """The installed code or the settings cannot be used; the message says why. Nothing was changed."""


@frozen
class Proof:
    """What the child said: its version, the hand-overs it understands, and settings that an upgrade cannot change."""

    version: str
    takes: tuple[int, ...]
    state: str
    workers: int

    @classmethod
    def read(cls, text: bytes) -> "Proof":
        """Of the one line on its standard output; ProofFault."""
        try:
            said = json.loads(text)
            return cls(str(said["version"]), tuple(map(int, said["takes"])), str(said["state"]), int(said["workers"]))
        except (ValueError, KeyError, TypeError):
            raise ProofFault("the installed code gave no proof of itself: is it older than upgrades are?") from None


Prove = Callable[[], "Deferred[Proof]"]


@frozen
class ChildProof:
    """Runs `command`, a whole argument vector with a program by its path."""

    reactor: Any
    command: Sequence[str]
    limits: ChangeLimits = field(factory=ChangeLimits)

    def __call__(self) -> "Deferred[Proof]":
        """Give the proof, or ProofFault."""
        run = _Run(self.limits)
        try:
            self.reactor.spawnProcess(run, self.command[0], list(self.command), ENVIRONMENT, "/")
        except OSError as error:
            run.fail(f"{self.command[0]} cannot be run: {error.strerror}")
        else:
            run.watch(self.reactor)
        return run.done.addCallback(Proof.read)


@define(eq=False)
class _Run(ProcessProtocol):
    limits: ChangeLimits
    done: "Deferred[Any]" = field(factory=Deferred, init=False)
    _out: bytearray = field(factory=bytearray, init=False)
    _err: bytearray = field(factory=bytearray, init=False)
    _timer: Any = field(default=None, init=False)
    _late: bool = field(default=False, init=False)
    transport: Any = field(default=None, init=False)

    def watch(self, reactor: Any) -> None:
        self._timer = reactor.callLater(self.limits.proof_seconds, self._end)

    def fail(self, why: str) -> None:
        self.done.errback(ProofFault(why))

    def childDataReceived(self, childFD: int, data: bytes) -> None:  # noqa: N803  Twisted's name
        kept = self._out if childFD == 1 else self._err
        kept += data[: self.limits.proof_bytes - len(kept)]

    def processEnded(self, reason: Failure) -> None:
        if self._timer.active():
            self._timer.cancel()
        if self._late:
            self.fail(f"the installed code did not prove itself within {self.limits.proof_seconds:g} s")
        elif getattr(reason.value, "exitCode", None) == 0:
            self.done.callback(bytes(self._out))
        else:
            said = self._err.decode(errors="replace").strip().splitlines()
            self.fail("\n".join(said[-self.limits.fault_lines :]) or "the installed code ended without a word")

    def _end(self) -> None:
        self._late = True
        try:
            self.transport.signalProcess("KILL")
        except ProcessExitedAlready:
            return
