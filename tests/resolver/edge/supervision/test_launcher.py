"""Real processes through the real launcher."""

from __future__ import annotations

import resource
import signal

import pytest
from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.task import Clock

from resolver.edge.supervision.children import DEATH_REASONS, HUNG
from resolver.edge.supervision.launcher import ProcessLauncher, death_reason


def test_every_end_has_a_fixed_word() -> None:
    """Whatever ends a process is one of the words that are metric labels."""
    ends = [ProcessDone(0), ProcessTerminated(exitCode=3), *(ProcessTerminated(signal=n) for n in signal.Signals)]
    assert {death_reason(end) for end in ends} | {HUNG} == set(DEATH_REASONS)


class NoProcesses(Clock):
    """A reactor on a machine that has none left."""

    def spawnProcess(self, *_: object, **__: object) -> None:  # noqa: N802  Twisted's name
        raise BlockingIOError

    def removeReader(self, _: object) -> None:  # noqa: N802  Twisted's name
        return

    removeWriter = removeReader  # noqa: N815


@pytest.mark.parametrize("descriptors_left", [True, False])
def test_a_child_that_cannot_be_started_ends_like_any_other(descriptors_left: bool) -> None:
    """Without processes or descriptors the end is told a turn later; until then it may be spoken to."""
    reactor, ends = NoProcesses(), []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft if descriptors_left else 3, hard))
    try:
        child = ProcessLauncher(reactor).launch("worker", lambda _message, _fds: None, ends.append)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    child.send({"type": "start"})
    child.kill()
    assert ends == []
    reactor.advance(0)
    assert ends == ["exit_error"]
