"""Real processes that somebody else started: this test, in the place of the code before."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from resolver.edge.channel import channel_pair
from resolver.edge.supervision.adopted import Adopted
from resolver.edge.supervision.launcher import ProcessLauncher
from tests.support.reactor import outcome

ECHO = "import socket; s = socket.socket(fileno=3); d = s.recv(9999); s.send(d); "


def started(source: str) -> tuple[int, int]:
    """A child with its line on descriptor 3, not known to any reactor; its id and our end."""
    ours, theirs = channel_pair()
    code = f"import os; os.dup2({theirs.fileno()}, 3); {source}"
    with theirs:
        theirs.set_inheritable(True)
        pid = os.posix_spawn(sys.executable, [sys.executable, "-c", code], os.environ)
    return pid, ours.detach()


def life(source: str, then: Callable[[Adopted], None], *, behind: bool = False) -> list[Any]:
    """What is heard of an adopted child until its end, the last word."""
    pid, fd = started(source)
    heard: list[Any] = []

    def begin(reactor: Any) -> Deferred[list[Any]]:
        done: Deferred[list[Any]] = Deferred()

        def ended(reason: str) -> None:
            done.callback([*heard, reason])

        handed = {"pid": pid, "fd": fd, "behind": behind}
        then(ProcessLauncher(reactor).adopt(handed, lambda message, _fds: heard.append(message), ended))
        return done

    came = outcome(begin)
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # it was waited for
    assert isinstance(came, list)
    return came


def test_an_adopted_child_hears_and_is_heard_to_its_end() -> None:
    """Its line carries words both ways, and its exit code becomes the reason."""
    assert life(ECHO, lambda child: child.send({"type": "hello"})) == [{"type": "hello"}, "exit_0"]
    assert life(ECHO + "raise SystemExit(3)", lambda child: child.send({}))[-1] == "exit_error"


def test_an_adopted_child_can_be_ended() -> None:
    """One that is told, and one whose words were lost on the way; the kernel's word is the reason."""
    assert life("import time; time.sleep(600)", lambda child: child.kill()) == ["sigkill"]
    assert life("import time; time.sleep(600)", lambda _child: None, behind=True) == ["sigkill"]


def test_one_that_was_dead_already_is_noticed() -> None:
    """Its line was closed before the change of code: nothing but its end is left to find."""
    pid, fd = started("pass")
    os.close(fd)
    handed = {"pid": pid, "fd": None, "behind": False}

    def begin(reactor: Any) -> Deferred[str]:
        done: Deferred[str] = Deferred()
        ProcessLauncher(reactor).adopt(handed, lambda *_: None, done.callback)
        return done

    assert outcome(begin) == "exit_0"


def test_what_lives_is_handed_on() -> None:
    """Also an adopted child, for the next change of code; its descriptor is kept, one that ended is not named."""
    pid, fd = started(ECHO)
    kept: list[int] = []

    def begin(reactor: Any) -> Deferred[list[Any]]:
        done: Deferred[list[Any]] = Deferred()
        launcher = ProcessLauncher(reactor)

        def ended(_reason: str) -> None:
            done.callback([before, launcher.hand_over(kept.append)])

        handed = {"pid": pid, "fd": fd, "behind": False}
        child = launcher.adopt(handed, lambda *_: None, ended)
        before = launcher.hand_over(lambda number: [kept.append(number), number][1])
        child.send({})
        return done

    assert outcome(begin) == [[{"pid": pid, "fd": fd, "behind": False}], []]
    assert kept == [fd]


def test_a_line_is_no_stream() -> None:
    """The descriptor taken over is recognised for what it is."""
    pid, fd = started("pass")
    with socket.socket(fileno=fd) as line:
        assert line.type == socket.SOCK_SEQPACKET
    os.waitpid(pid, 0)
