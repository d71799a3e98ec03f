"""One child process of the demo."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from resolver.app.demo_places import DemoFault
from resolver.app.demo_process import EXIT_BY_SIGNAL, STOP_SECONDS, DemoProcess


class FakeReactor(Clock):
    """Spawns nothing and keeps the signals that are sent."""

    def __init__(self) -> None:
        super().__init__()
        self.signals: list[str] = []
        self.command: list[str] = []
        self.gone = False

    def spawnProcess(self, _: object, __: str, command: list[str], **___: object) -> FakeReactor:  # noqa: N802
        self.command = command
        return self

    def signalProcess(self, name: str) -> None:  # noqa: N802
        if self.gone:
            raise ProcessExitedAlready
        self.signals.append(name)


def ended(code: int | None) -> Failure:
    if code == 0:
        return Failure(ProcessDone(0))
    return Failure(ProcessTerminated(code, signal=9 if code is None else None))


def test_the_first_line_is_a_promise_and_the_others_are_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Lines may come in pieces."""
    reactor: Any = FakeReactor()
    child = DemoProcess(reactor, "upstream")
    child.childDataReceived(1, b"53")
    assert not child.first_line.called
    child.childDataReceived(1, b"00\nmore\nand ")
    child.childDataReceived(1, b"more\n")
    assert reactor.command[1:] == ["-m", "resolver.app.demo_child", "upstream"]
    assert child.first_line.result == "5300"
    assert capsys.readouterr().out == "more\nand more\n"


@pytest.mark.parametrize(("code", "told"), [(0, 0), (78, 78), (None, EXIT_BY_SIGNAL)])
def test_its_end_is_told_with_its_exit_code(code: int | None, told: int) -> None:
    """Whoever waits for a first line that never came hears that too."""
    reactor: Any = FakeReactor()
    child = DemoProcess(reactor, "resolver", "x")
    faults: list[Failure] = []
    child.first_line.addErrback(faults.append)
    child.processEnded(ended(code))
    assert child.ended.result == told
    assert faults[0].check(DemoFault)
    assert child.stop().result == told
    assert reactor.signals == []


def test_a_child_that_does_not_end_is_killed() -> None:
    """First asked, then made to; one that ended in time is left alone."""
    reactor: Any = FakeReactor()
    child = DemoProcess(reactor, "resolver", "x")
    child.first_line.addErrback(lambda _: None)
    child.stop()
    reactor.advance(STOP_SECONDS)
    assert reactor.signals == ["TERM", "KILL"]
    child.processEnded(ended(None))
    other = DemoProcess(reactor, "resolver", "x")
    other.first_line.addErrback(lambda _: None)
    reactor.gone = True
    other.stop()
    other.processEnded(ended(0))
    assert not reactor.getDelayedCalls()
