"""The supervisor with fake children, real sockets on loopback and a clock that stands still."""

from __future__ import annotations

import json
import mmap
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from resolver.edge.supervision.control_client import SOCKET_NAME
from resolver.edge.supervision.metrics import Exposition
from resolver.edge.supervision.notify import ServiceManager
from resolver.edge.supervision.outside import Outside
from resolver.edge.supervision.preflight_keeper import PreflightFault
from resolver.edge.supervision.proof import Proof
from resolver.edge.supervision.reload import ReloadFault
from resolver.edge.supervision.sockets import ListenFault, check_free
from resolver.edge.supervision.state_folder import HAD_LIST_NAME, StateFault
from resolver.edge.supervision.supervisor import Supervisor
from resolver.settings import Settings
from tests.resolver.edge.fake_children import FakeChild, FakeLauncher, memfd
from tests.resolver.edge.settings_for_edge import changed, settings
from tests.resolver.edge.supervision.test_list_board import said
from tests.resolver.edge.supervision.test_preflight_keeper import write_report

NO_TIMES = {"withdrawn": 0, "published_at": None, "withdrawn_at": None}
IN_FORCE = [{"list_id": "demo", "version": 2, "entries": 7} | NO_TIMES]


class Reactor(Clock):
    """A clock that adopts sockets without serving them."""

    def adoptStreamPort(self, fd: int, *_: object) -> Any:  # noqa: N802
        return _Port(os.dup(fd))


class _Port:
    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def stopListening(self) -> None:  # noqa: N802
        os.close(self._fd)


class FakeSuccessor:
    """Notes what it is asked for; the code that would come after us cannot be run."""

    def __init__(self) -> None:
        self.signals_held = False
        self.left: list[dict[str, Any]] = []
        self.memory = -1

    def hold_signals(self) -> None:
        self.signals_held = True

    def release_signals(self) -> None:
        self.signals_held = False

    def begin(self, handed: int) -> None:
        assert self.signals_held
        self.memory = handed
        self.left.append(json.loads(os.pread(handed, 1 << 20, 0)))
        raise FileNotFoundError(2, "No such file or directory")


class Resolver:
    """One supervisor with its fake children."""

    def __init__(self, folder: Path, given: Settings | None = None, **more: Any) -> None:
        self.folder = folder
        self.reactor, self.launcher = Reactor(), FakeLauncher()
        self.settings = given or settings(folder, **more)
        self.ready = 0
        self.installed = Proof("1.0", (1,), str(self.settings.state), self.settings.workers)
        self.successor = FakeSuccessor()
        self.prove: Callable[[], Deferred[Proof]] = lambda: succeed(self.installed)
        self.on_disk: Callable[[], Settings] = lambda: self.settings
        outside = Outside(
            "1.0",
            self.launcher,
            lambda: self.on_disk(),
            lambda: self.prove(),
            ServiceManager.of({}, 1, self.reactor.seconds),
            self.successor,
            wall_clock=lambda: 1e9,
        )
        self.failures: list[str] = []
        self.supervisor = Supervisor(
            self.reactor, self.settings, outside, on_ready=self._count_ready, on_failure=self.failures.append
        )

    def _count_ready(self) -> None:
        self.ready += 1

    @property
    def updater(self) -> FakeChild:
        return self.launcher.newest("updater")

    def state(self) -> tuple[bool, str]:
        taken = self.supervisor.observer.snapshot()
        return taken.ready, taken.reason

    def workers_up(self) -> None:
        for worker in self.launcher.living("worker"):
            if not worker.told("stop"):
                worker.ready()
        for worker in self.launcher.living("worker"):
            if worker.told("slot"):
                worker.serve()

    def old_workers_leave(self) -> None:
        for worker in self.launcher.living("worker"):
            if worker.told("stop"):
                worker.die("exit_0")

    def take_list(self, fresh: int = 0) -> None:
        fd, new = memfd(), [{"list_id": "demo", "fresh": fresh, "breaker": True}]
        self.updater.say({"type": "index", "generation_hint": 1, "lists": IN_FORCE, "fresh": new, "trial": []}, [fd])
        os.close(fd)
        self.updater.say(said())

    def ask(self, verb: str, list_id: str | None = None) -> dict[str, Any]:
        got: list[dict[str, Any]] = []
        self.supervisor.command(verb, list_id, 1234).addCallback(got.append)
        return got[0]

    def stop(self) -> None:
        done: Deferred[None] = self.supervisor.stop()
        for child in self.launcher.children:
            child.die("exit_0")
        assert done.called


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Resolver]]:
    made: list[Resolver] = []

    def make(**more: Any) -> Resolver:
        made.append(Resolver(tmp_path, **more))
        made[-1].supervisor.start()
        return made[-1]

    yield make
    for resolver in made:
        resolver.stop()


def test_ready_when_the_list_is_in_force_and_workers_serve(start: Callable[..., Resolver]) -> None:
    """Not before: no socket is given out, /ready says what is waited for; afterwards on_ready is called once."""
    resolver = start()
    resolver.workers_up()
    assert resolver.state() == (False, "waiting for list demo")
    assert not any(worker.told("slot") for worker in resolver.launcher.living("worker"))
    resolver.take_list()
    resolver.workers_up()
    assert resolver.state() == (True, "answering")
    resolver.take_list()
    assert resolver.ready == 1
    assert (resolver.settings.state / HAD_LIST_NAME).exists()
    assert resolver.updater.told("activated")


def test_a_hint_port_that_is_taken_is_told_before_anything_starts(tmp_path: Path) -> None:
    """No child is left behind that nobody would end."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        resolver = Resolver(tmp_path, poll={"hint": f"127.0.0.1:{taken.getsockname()[1]}"})
        with pytest.raises(ListenFault, match="UDP 127"):
            resolver.supervisor.start()
    assert not resolver.launcher.children
    resolver.stop()


def test_marks_of_fresh_entries_are_in_no_status_and_no_series(
    start: Callable[..., Resolver], capfd: pytest.CaptureFixture[str]
) -> None:
    """Nineteen different new entries asked a thousand times: nobody but the breaker can tell, then or later."""
    resolver = start()
    resolver.take_list(fresh=40)
    resolver.workers_up()
    shown = Exposition(resolver.supervisor.observer.snapshot)
    series, told = shown.render(), resolver.ask("status")
    pool = resolver.supervisor._pool
    assert pool.index.marks is not None
    with mmap.mmap(pool.index.marks, 0) as memory:
        memory[:19] = bytes([1]) * 19
        memory[40:48] = (1000).to_bytes(8, sys.byteorder)
        assert (shown.render(), resolver.ask("status")) == (series, told)
        resolver.reactor.advance(10)
        assert not any(memory[:])
    assert not resolver.updater.told("command")
    assert not capfd.readouterr().err


def test_node_that_never_had_a_list_waits(start: Callable[..., Resolver]) -> None:
    """Row 19, the default: however long it takes."""
    resolver = start()
    resolver.updater.say(said(version=0))
    for _ in range(1000):
        resolver.reactor.advance(1)
    resolver.workers_up()
    assert (resolver.state()[0], resolver.ready) == (False, 0)


def test_node_that_had_a_list_opens_after_two_minutes(tmp_path: Path, start: Callable[..., Resolver]) -> None:
    """Row 19: it answers unfiltered then, and says so; the list, when it comes, is in force at once."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / HAD_LIST_NAME).touch()
    resolver = start()
    resolver.updater.say(said(version=0))
    resolver.workers_up()
    for _ in range(119):
        resolver.reactor.advance(1)
    assert not resolver.state()[0]
    resolver.reactor.advance(1)
    resolver.workers_up()
    assert resolver.state() == (True, "answering unfiltered: list demo is not in force")
    assert resolver.ready == 1
    assert not resolver.supervisor.observer.snapshot().lists[0].enforcing
    resolver.take_list()
    for worker in resolver.launcher.living("worker"):
        worker.take_index()
    assert resolver.supervisor.observer.snapshot().lists[0].enforcing


def test_open_waits_only_for_the_disk(start: Callable[..., Resolver]) -> None:
    """`start.without_list: open`: unfiltered as soon as the updater found nothing on disk."""
    resolver = start(start={"without_list": "open"})
    resolver.workers_up()
    assert not resolver.state()[0]
    resolver.updater.say(said(version=0))
    resolver.workers_up()
    assert resolver.state()[0]


def test_unready_when_nobody_serves(start: Callable[..., Resolver]) -> None:
    """All workers dead: /ready says so, deaths are counted, and it recovers."""
    resolver = start()
    resolver.take_list()
    resolver.workers_up()
    for worker in resolver.launcher.living("worker"):
        worker.die("sigsegv")
    assert resolver.state() == (False, "no worker answers yet")
    assert resolver.supervisor.observer.snapshot().deaths == {("worker", "sigsegv"): 2}
    resolver.workers_up()
    assert resolver.state()[0]


def test_control_verbs(start: Callable[..., Resolver]) -> None:
    """ready and status are answered here, the rest by the updater."""
    resolver = start()
    assert resolver.ask("ready") == {"ok": False, "text": "waiting for list demo"}
    status = resolver.ask("status")
    assert status["status"]["lists"][0]["list_id"] == "demo"
    assert status["text"].startswith("NOT READY")
    resolver.supervisor.command("refresh", "demo", 1234)
    assert resolver.updater.told("command")[0]["verb"] == "refresh"


def test_reload_renews_children_and_keeps_answering(tmp_path: Path, start: Callable[..., Resolver]) -> None:
    """New settings go to a new updater, new workers and a new notice child; counters and readiness stay."""
    resolver = start()
    resolver.take_list()
    resolver.workers_up()
    old = [worker for worker in resolver.launcher.living("worker") if worker.told("slot")]
    new = changed(resolver.settings, tmp_path, upstreams=[{"address": "127.0.0.1:10"}])
    resolver.supervisor.reload(new)
    assert not any(worker.told("stop") for worker in old)
    assert resolver.state()[0]
    resolver.workers_up()
    assert all(worker.told("stop") for worker in old)
    for kind in ("worker", "updater", "notice"):
        assert resolver.launcher.newest(kind).sent[0]["settings"] == new.raw
    assert list(resolver.supervisor.observer.snapshot().totals.upstream_up) == ["127.0.0.1:10"]
    assert resolver.ready == 1


def test_refused_reload_changes_nothing(tmp_path: Path, start: Callable[..., Resolver]) -> None:
    """A setting that needs a restart is told, and no child hears of it."""
    resolver = start()
    before = len(resolver.launcher.children)
    with pytest.raises(ReloadFault, match="workers"):
        resolver.supervisor.reload(changed(resolver.settings, tmp_path, workers=5))
    assert len(resolver.launcher.children) == before


def test_busy_address_is_told_at_start(tmp_path: Path) -> None:
    """Nothing is started when a DNS address is taken."""
    resolver = Resolver(tmp_path)
    place = resolver.settings.listen[0]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((place.host, place.port))
        with pytest.raises(ListenFault, match="another program"):
            resolver.supervisor.start()
    assert not resolver.launcher.children
    resolver.stop()


def test_state_folder_is_used_once(tmp_path: Path, start: Callable[..., Resolver]) -> None:
    """A second resolver with the same state folder is refused."""
    resolver = start()
    second = Resolver(tmp_path, given=changed(resolver.settings, tmp_path))
    with pytest.raises(StateFault):
        second.supervisor.start()


def test_a_reload_while_stopping_starts_nothing(start: Callable[..., Resolver]) -> None:
    """SIGHUP behind SIGTERM: a child started now would keep the stop waiting for ever."""
    resolver = start()
    done = resolver.supervisor.stop()
    before = len(resolver.launcher.children)
    with pytest.raises(ReloadFault, match="stopping"):
        resolver.supervisor.reload(resolver.settings)
    assert len(resolver.launcher.children) == before
    resolver.reactor.advance(4)
    assert done.called


def test_stop_leaves_nothing(tmp_path: Path) -> None:
    """Children are told, the control socket is gone, the addresses are free, and a second stop is the same one."""
    resolver = Resolver(tmp_path)
    resolver.supervisor.start()
    assert (resolver.settings.state / SOCKET_NAME).exists()
    first = resolver.supervisor.stop()
    assert all(child.told("stop") for child in resolver.launcher.children)
    assert resolver.state() == (False, "stopping")
    resolver.reactor.advance(4)
    assert first.called
    assert resolver.supervisor.stop() is first
    assert not (resolver.settings.state / SOCKET_NAME).exists()
    resolver.stop()
    check_free(resolver.settings.places)


def test_error_a_child_survived_is_counted(start: Callable[..., Resolver], capsys: pytest.CaptureFixture[str]) -> None:
    """Type and place go to the log, the count to the metrics."""
    resolver = start()
    fault = {"type": "fault", "code": "unexpected_error", "kind": "KeyError", "where": "resolver/core/x.py:1"}
    resolver.launcher.newest("worker").say(fault)
    assert resolver.supervisor.observer.snapshot().faults == {"worker": 1}
    assert "mamori worker: unexpected_error KeyError resolver/core/x.py:1" in capsys.readouterr().err


def test_an_old_list_is_enforced_on(start: Callable[..., Resolver]) -> None:
    """Nobody confirmed it for a day: status and series say so, and answering goes on as before."""
    resolver = start()
    resolver.take_list()
    resolver.workers_up()
    resolver.updater.say(said())
    resolver.reactor.advance(86_400)
    assert resolver.state() == (True, "answering")
    [told] = resolver.ask("status")["status"]["lists"]
    assert (told["staleness"], told["enforcing"], told["entries"]) == ("stale", True, 7)


def test_nothing_starts_with_a_list_nobody_vouches_for(tmp_path: Path) -> None:
    """No child, no open socket for customers; the sentence names the command."""
    resolver = Resolver(tmp_path, preflight={"required": True})
    with pytest.raises(PreflightFault, match="run `mamori preflight"):
        resolver.supervisor.start()
    assert not resolver.launcher.children
    resolver.stop()


def test_promises_follow_the_report(tmp_path: Path) -> None:
    """The notice child is replaced by one that says so, or no longer; workers notice nothing."""
    given = settings(tmp_path, preflight={"required": True})
    write_report(given, 1e9)
    resolver = Resolver(tmp_path, given)
    resolver.supervisor.start()
    assert resolver.launcher.newest("notice").sent[0]["no_record"]
    workers = list(resolver.launcher.living("worker"))
    assert resolver.ask("preflight")["ok"]
    write_report(given, 1e9 - 100 * 86_400)
    told = resolver.ask("preflight")
    assert (told["ok"], "no longer valid" in told["text"]) == (False, True)
    assert not resolver.launcher.newest("notice").sent[0]["no_record"]
    assert resolver.launcher.living("worker") == workers
    assert resolver.supervisor.observer.snapshot().preflight.standing == "expired"
    resolver.stop()


def test_a_reload_begins_no_list_nobody_vouches_for(tmp_path: Path) -> None:
    """Refused with nothing changed; with a report that names it, it begins."""
    given = settings(tmp_path, preflight={"required": True})
    write_report(given, 1e9)
    resolver = Resolver(tmp_path, given)
    resolver.supervisor.start()
    more = changed(given, tmp_path, lists=[*given.raw["lists"], given.raw["lists"][0] | {"id": "more"}])
    with pytest.raises(PreflightFault, match="list more"):
        resolver.supervisor.reload(more)
    assert [view.list_id for view in resolver.supervisor.observer.snapshot().lists] == ["demo"]
    write_report(more, 1e9)
    resolver.supervisor.reload(more)
    assert resolver.supervisor.observer.snapshot().preflight.standing == "passed"
    resolver.stop()
