"""The way to the change of code, as far as it can be taken back, and the word at its end."""

from __future__ import annotations

import json
import mmap
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from twisted.internet.defer import Deferred

from resolver.edge.supervision.change_limits import ChangeLimits
from resolver.edge.supervision.proof import Proof
from resolver.edge.supervision.upgrade import answer
from resolver.settings import Fault, Settings, SettingsFault
from tests.resolver.edge.settings_for_edge import changed
from tests.resolver.edge.supervision.test_changes import begun
from tests.resolver.edge.supervision.test_supervisor import Resolver

# What a new program is told: what is new here is asked about first, for it leaves the process that knew it.
HANDED_OVER = {
    *("askers", "board", "children", "cookies", "fds", "handover", "incidents", "latencies", "ledger", "lock", "pool"),
    *("readiness", "release", "settings", "sockets", "tally", "version"),
}


@pytest.fixture
def resolver(tmp_path: Path) -> Iterator[Resolver]:
    made = Resolver(tmp_path, workers=2)
    made.supervisor.start()
    made.take_list()
    made.workers_up()
    yield made
    made.stop()


def upgraded(resolver: Resolver) -> dict[str, Any]:
    got = begun(resolver, "upgrade")
    for _ in range(2):
        resolver.reactor.advance(ChangeLimits().pause_seconds)
    return got[0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"takes": (7,)}, "cannot go on from a running 1.0: restart"),
        ({"state": "/elsewhere"}, "state cannot change in an upgrade"),
        ({"workers": 1}, "workers cannot fall from 2 to 1"),
    ],
)
def test_what_an_upgrade_cannot_do_is_told_before(resolver: Resolver, change: dict[str, Any], why: str) -> None:
    """Nothing is handed over, nobody is told to leave."""
    resolver.installed = evolve(resolver.installed, **change)
    before = len(resolver.launcher.children)
    told = upgraded(resolver)
    assert not told["ok"]
    assert why in told["text"]
    assert (resolver.successor.left, len(resolver.launcher.children)) == ([], before)


def test_a_program_that_cannot_be_run_is_taken_back(resolver: Resolver) -> None:
    """Signals are heard again, no descriptor is left for children, whoever waits for the updater knows, all goes on."""
    waiting = begun(resolver, "refresh")
    told = upgraded(resolver)
    assert "could not be run: No such file or directory" in told["text"]
    assert not resolver.successor.signals_held
    [left] = resolver.successor.left
    assert not any(os.get_inheritable(fd) for fd in left["fds"])
    with pytest.raises(OSError):
        os.fstat(resolver.successor.memory)
    assert not waiting[0]["ok"]
    assert resolver.state() == (True, "answering")
    assert len(resolver.launcher.living("updater")) == 2  # the old one, told to leave, and a new one
    assert begun(resolver, "reload") == []  # the next change is under way


def test_all_that_lives_is_handed_over(resolver: Resolver) -> None:
    """Sockets by what they are, children by id, counts, lists, what an operator wished: no cache and nothing else."""
    begun(resolver, "drain")
    upgraded(resolver)
    [left] = resolver.successor.left
    kinds = sorted(name.split()[0] for name in left["sockets"])
    assert kinds == ["control", "http", "http", *["slot"] * 4]
    assert left["readiness"]["drained"]
    assert left["board"]["views"][0]["version"] == 2
    assert {each["pid"] for each in left["pool"]["workers"]} < {each["pid"] for each in left["children"]}
    assert left["version"] == "1.0"
    assert left["lock"] in left["fds"]
    assert set(left) == HANDED_OVER


def test_marks_of_fresh_entries_do_not_go_over(resolver: Resolver) -> None:
    """They are zero before the code changes, and workers are told to mark no more."""
    resolver.take_list(fresh=40)
    marks = resolver.supervisor._pool.index.marks
    assert marks is not None
    with mmap.mmap(marks, 0) as memory:
        memory[:19] = bytes([1]) * 19
        upgraded(resolver)
        assert not any(memory[:])
    assert resolver.launcher.living("worker")[0].told("stop_marking")


def test_a_stop_on_the_way_wins(resolver: Resolver) -> None:
    """SIGTERM that came before signals were held: the new code would never have heard of it."""
    got = begun(resolver, "upgrade")
    resolver.reactor.advance(ChangeLimits().pause_seconds)
    resolver.supervisor.stop()
    resolver.reactor.advance(ChangeLimits().pause_seconds)
    assert "stopping" in got[0]["text"]
    assert (resolver.successor.left, resolver.successor.signals_held) == ([], False)


def test_a_proof_that_comes_after_a_stop_is_worth_nothing(resolver: Resolver) -> None:
    """Nothing is held or handed over any more."""
    waiting: Deferred[Proof] = Deferred()
    resolver.prove = lambda: waiting
    got = begun(resolver, "upgrade")
    resolver.supervisor.stop()
    waiting.callback(resolver.installed)
    assert "stopping" in got[0]["text"]


def test_who_asked_is_answered_and_one_that_left_is_no_fault() -> None:
    """On the descriptors that came over."""
    ours, theirs = socket.socketpair()
    gone, other = socket.socketpair()
    other.close()
    answer([ours.detach(), gone.detach()], {"ok": True, "text": "upgraded"})
    with theirs:
        assert json.loads(theirs.recv(1000)) == {"ok": True, "text": "upgraded"}
        assert theirs.recv(1000) == b""


def test_a_list_nobody_vouches_for_is_refused_before_anything_changes(resolver: Resolver) -> None:
    """A file that only the new code can read is the new code's to look at."""
    given = resolver.settings
    more = [*given.raw["lists"], given.raw["lists"][0] | {"id": "more"}]
    resolver.on_disk = lambda: changed(given, resolver.folder, lists=more, preflight={"required": True})
    told = upgraded(resolver)
    assert "list demo, more may not be enforced" in told["text"]
    assert resolver.successor.left == []

    def of_the_future() -> Settings:
        raise SettingsFault([Fault("later", "unknown setting")])

    resolver.on_disk = of_the_future
    upgraded(resolver)
    assert len(resolver.successor.left) == 1
