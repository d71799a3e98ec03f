"""When queries are let in, and who is told; the whole supervisor around it with fake children."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from resolver.edge.supervision.notify import ServiceManager
from resolver.edge.supervision.readiness import Readiness
from resolver.edge.supervision.sockets import http_socket
from resolver.edge.supervision.start_rule import Verdict
from tests.resolver.edge.supervision.test_supervisor import Resolver


@pytest.fixture
def resolver(tmp_path: Path) -> Iterator[Resolver]:
    made = Resolver(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def manager(tmp_path: Path, resolver: Resolver) -> Iterator[socket.socket]:
    """The service manager's end of the line."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.setblocking(False)
        to = ServiceManager.of({"NOTIFY_SOCKET": str(tmp_path / "notify")}, 1, resolver.reactor.seconds)
        resolver.supervisor._readiness.manager = to
        yield heard


def heard(manager: socket.socket) -> list[str]:
    said = []
    while True:
        try:
            said.append(manager.recv(4096).decode())
        except BlockingIOError:
            return said


def test_the_manager_hears_why_a_start_takes_long_and_that_it_is_over(
    resolver: Resolver, manager: socket.socket
) -> None:
    """Each second more time is asked for, until queries are answered; READY comes once."""
    resolver.supervisor.start()
    for _ in range(3):
        resolver.reactor.advance(1)
    resolver.workers_up()
    waiting = "EXTEND_TIMEOUT_USEC=30000000\nSTATUS=waiting for list demo"
    assert heard(manager) == [waiting] * 4
    resolver.take_list()
    resolver.workers_up()
    resolver.take_list()
    assert heard(manager) == ["READY=1\nSTATUS=answering"]


def test_a_resolver_that_cannot_let_queries_in_says_so(resolver: Resolver) -> None:
    """Somebody listens on our port since we bound it: the reason is told once, no answer is promised, nothing hangs."""
    resolver.supervisor.start()
    with http_socket(resolver.settings.listen[0]):
        resolver.take_list()
        resolver.workers_up()
        resolver.reactor.advance(5)
    assert len(resolver.failures) == 1
    assert "another program listens there" in resolver.failures[0]
    assert resolver.ready == 0


def test_draining_and_stopping_are_heard(resolver: Resolver, manager: socket.socket) -> None:
    """As status, and as the end."""
    resolver.supervisor.start()
    resolver.take_list()
    resolver.workers_up()
    heard(manager)
    resolver.ask("drain")
    resolver.ask("undrain")
    resolver.supervisor.stop()
    assert heard(manager) == ["STATUS=draining", "STATUS=answering", "STOPPING=1\nSTATUS=stopping"]


def test_a_drained_resolver_that_lost_its_workers_says_the_worse(resolver: Resolver) -> None:
    """Nobody answers: that is no drain, and the metric of readiness falls."""
    resolver.supervisor.start()
    resolver.take_list()
    resolver.workers_up()
    resolver.ask("drain")
    for worker in resolver.launcher.living("worker"):
        worker.die("sigsegv")
    taken = resolver.supervisor.observer.snapshot()
    assert (taken.ready, taken.reason, taken.answering, taken.draining) == (False, "no worker answers yet", False, True)


def test_the_code_that_comes_after_goes_on(tmp_path: Path) -> None:
    """Uptime, the verdict and the drain are as they were; READY is not said a second time."""
    before = Resolver(tmp_path)
    before.supervisor.start()
    before.take_list()
    before.workers_up()
    before.ask("drain")
    before.reactor.advance(50)
    told: Readiness = before.supervisor._readiness
    handed = json.loads(json.dumps(told.hand_over()))
    after = Resolver(tmp_path, state=str(tmp_path / "after"))
    after.reactor.advance(60)
    readiness: Readiness = after.supervisor._readiness
    readiness.take_over(handed)
    assert (readiness.uptime, readiness.verdict, readiness.drained) == (60, Verdict.FILTER, True)
    readiness.reconsider()
    assert after.ready == 0
    before.stop()
