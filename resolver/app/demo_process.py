"""One child process of the demo: its first line as a promise, the others passed on, its end."""

import sys
from contextlib import suppress
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from resolver.app.demo_places import DemoFault

STOP_SECONDS = 10.0  # a child that does not end by then is killed
EXIT_BY_SIGNAL = 1


class DemoProcess(ProcessProtocol):
    """`python -m resolver.app.demo_child …`; its standard error is ours."""

    def __init__(self, reactor: Any, *arguments: str) -> None:
        self.first_line: Deferred[str] = Deferred()
        self.ended: Deferred[int] = Deferred()
        self._reactor = reactor
        self._kind = arguments[0]
        self._rest = b""
        command = [sys.executable, "-m", "resolver.app.demo_child", *arguments]
        self._process = reactor.spawnProcess(self, command[0], command, env=None, childFDs={0: "w", 1: "r", 2: 2})

    def childDataReceived(self, childFD: int, data: bytes) -> None:  # noqa: N803  Twisted's name
        """Standard output, line by line."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "replace")
            if self.first_line.called:
                say(text)
            else:
                self.first_line.callback(text)

    def processEnded(self, reason: Failure) -> None:
        """Whoever waits for it is told."""
        if not self.first_line.called:
            self.first_line.errback(DemoFault(f"the {self._kind} ended before it was ready"))
        code = reason.value.exitCode if isinstance(reason.value, ProcessDone | ProcessTerminated) else None
        self.ended.callback(EXIT_BY_SIGNAL if code is None else code)

    def stop(self) -> Deferred[int]:
        """Ask it to end, insist after a while; fires with its exit code."""
        waiting: Deferred[int] = Deferred()
        self.ended.chainDeferred(waiting)
        if not self.ended.called:
            self._signal("TERM")
            insist = self._reactor.callLater(STOP_SECONDS, self._signal, "KILL")
            waiting.addBoth(_cancelled, insist)
        return waiting

    def _signal(self, name: str) -> None:
        with suppress(ProcessExitedAlready):
            self._process.signalProcess(name)


def say(text: str) -> None:
    """Write a line at once, so that whoever reads a pipe sees it."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _cancelled(result: Any, call: Any) -> Any:
    if call.active():
        call.cancel()
    return result
