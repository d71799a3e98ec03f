"""What an operator changes while the resolver answers, with fake children."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail

from resolver.edge.supervision.change_limits import ChangeLimits
from resolver.edge.supervision.proof import Proof, ProofFault
from resolver.settings import Fault, Settings, SettingsFault
from tests.resolver.edge.settings_for_edge import changed
from tests.resolver.edge.supervision.test_supervisor import Resolver


@pytest.fixture
def resolver(tmp_path: Path) -> Iterator[Resolver]:
    made = Resolver(tmp_path, workers=2)
    made.supervisor.start()
    made.take_list()
    made.workers_up()
    yield made
    made.stop()


def begun(resolver: Resolver, verb: str) -> list[dict[str, Any]]:
    got: list[dict[str, Any]] = []
    resolver.supervisor.command(verb).addCallback(got.append)
    return got


def test_a_reload_is_answered_when_only_workers_with_it_are_left(resolver: Resolver, tmp_path: Path) -> None:
    """Not when it is applied: until then a worker may still answer with the settings before."""
    new = changed(resolver.settings, tmp_path, answer={"ttl": 7})
    resolver.on_disk = lambda: new
    got = begun(resolver, "reload")
    assert resolver.launcher.newest("worker").sent[0]["settings"] == new.raw
    assert not got
    resolver.workers_up()
    resolver.workers_up()
    assert not got, "those before may not have heard yet that they are to leave"
    resolver.old_workers_leave()
    assert got == [{"ok": True, "text": "the settings were taken up: 2 workers serve"}]


def test_every_fault_of_a_reload_is_told_and_nothing_changes(resolver: Resolver, tmp_path: Path) -> None:
    """The child's proof, the file itself, and what a reload cannot do; no child hears of any of them."""

    def unreadable() -> Settings:
        raise SettingsFault([Fault("answer.ttl", "too long"), Fault("lists[0].root", "cannot read it")])

    before = len(resolver.launcher.children)
    resolver.on_disk = unreadable
    [told] = begun(resolver, "reload")
    assert not told["ok"]
    assert "answer.ttl: too long" in told["text"]
    assert "lists[0].root: cannot read it" in told["text"]
    resolver.on_disk = lambda: changed(resolver.settings, tmp_path, workers=3)
    assert "workers cannot change in a reload" in begun(resolver, "reload")[0]["text"]
    resolver.prove = lambda: fail(ProofFault("tls.certificate: cannot read it"))
    assert begun(resolver, "reload")[0]["text"].endswith("tls.certificate: cannot read it")
    assert len(resolver.launcher.children) == before


@pytest.mark.parametrize("verb", ["reload", "restart-workers"])
def test_other_code_on_the_disk_is_for_an_upgrade(resolver: Resolver, verb: str) -> None:
    """New workers would be of another version than their supervisor."""
    resolver.installed = Proof("2.0", (1,), "/s", 2)
    [told] = begun(resolver, verb)
    assert (told["ok"], "`mamori upgrade`" in told["text"]) == (False, True)


def test_workers_are_restarted_one_at_a_time(resolver: Resolver) -> None:
    """The second starts when the first serves in its slot."""
    old = resolver.launcher.living("worker")
    got = begun(resolver, "restart-workers")
    for count in (1, 2):
        assert len(resolver.launcher.living("worker")) == len(old) + count
        resolver.workers_up()
    resolver.workers_up()
    resolver.old_workers_leave()
    assert got[0]["text"] == "the workers were replaced: 2 workers serve"
    assert all(worker.told("stop") for worker in old)


def test_what_hangs_is_named(resolver: Resolver) -> None:
    """New workers that never come up: the answer names the slots, and the old workers go on."""
    got = begun(resolver, "restart-workers")
    resolver.reactor.advance(ChangeLimits().stalled_seconds - 1)
    assert not got
    resolver.reactor.advance(1)
    assert not got[0]["ok"]
    assert "slot 0, 1 of 2 has no new worker that serves" in got[0]["text"]
    assert resolver.state() == (True, "answering")


def test_one_change_at_a_time(resolver: Resolver) -> None:
    """A second is refused while the first is under way, and works afterwards."""
    waiting: Deferred[Proof] = Deferred()
    resolver.prove = lambda: waiting
    first = begun(resolver, "reload")
    assert "another change is under way" in begun(resolver, "restart-workers")[0]["text"]
    waiting.callback(resolver.installed)
    for _ in range(2):
        resolver.workers_up()
    resolver.old_workers_leave()
    assert first[0]["ok"]
    assert not begun(resolver, "reload")


def test_a_hangup_meanwhile_is_heard_afterwards(resolver: Resolver, tmp_path: Path) -> None:
    """The settings file may have changed since the reload under way read it: the last word counts, once."""
    told: list[dict[str, Any]] = []
    first = begun(resolver, "reload")
    new = changed(resolver.settings, tmp_path, answer={"ttl": 9})
    resolver.on_disk = lambda: new
    for _ in range(2):
        resolver.supervisor.hang_up(told.append)
    assert not told
    for _ in range(4):
        resolver.workers_up()
        resolver.old_workers_leave()
    assert first[0]["ok"]
    assert [each["ok"] for each in told] == [True]
    assert resolver.launcher.newest("worker").sent[0]["settings"] == new.raw


def test_a_stop_while_the_proof_is_made_starts_nothing(resolver: Resolver) -> None:
    """A child started now would never be told to end."""
    waiting: Deferred[Proof] = Deferred()
    resolver.prove = lambda: waiting
    got = begun(resolver, "reload")
    resolver.supervisor.stop()
    before = len(resolver.launcher.children)
    waiting.callback(resolver.installed)
    assert "stopping" in got[0]["text"]
    assert "stopping" in begun(resolver, "reload")[0]["text"]
    assert len(resolver.launcher.children) == before


def test_draining_changes_ready_alone_and_outlives_a_reload(resolver: Resolver) -> None:
    """Queries are answered on: the metric of readiness stays, its own metric and the status tell."""
    assert begun(resolver, "drain")[0]["ok"]
    begun(resolver, "reload")
    for _ in range(2):
        resolver.workers_up()
    taken = resolver.supervisor.observer.snapshot()
    assert (taken.ready, taken.reason, taken.answering, taken.draining) == (False, "draining", True, True)
    assert "queries are answered" in resolver.ask("status")["text"]
    assert begun(resolver, "undrain")[0]["ok"]
    assert resolver.state() == (True, "answering")


def test_a_reload_before_queries_are_let_in(tmp_path: Path) -> None:
    """Nobody serves yet, so nobody is waited for."""
    waiting = Resolver(tmp_path)
    waiting.supervisor.start()
    assert "queries are not let in yet" in begun(waiting, "reload")[0]["text"]
    waiting.stop()
