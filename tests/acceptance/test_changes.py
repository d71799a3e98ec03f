"""A resolver is changed in every way there is while customers ask, and no query is lost.

It is one life: each change begins where the one before has left the resolver.
"""

from __future__ import annotations

import os
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.acceptance.test_life import until
from tests.resolver.edge.fake_upstream import FakeUpstream
from tests.support.daemon import Daemon, listing
from tests.support.installed import Installed
from tests.support.listbody import ListBody, entry
from tests.support.load import Load
from tests.support.ports import free_port

pytestmark = [pytest.mark.daemon, pytest.mark.xdist_group("changes"), pytest.mark.timeout(300)]

NAMES = ("blk.example", *(f"n{number}.example" for number in range(40)))


class World:
    """A resolver of its own installation, its list body and upstream, and customers who never stop asking."""

    def __init__(self, folder: Path) -> None:
        self.installed = Installed(folder / "venv")
        self.installed.install("1.0")
        self.upstream = FakeUpstream()
        self.daemon = Daemon(folder / "isp", self.upstream.address, [], workers=2)
        self.daemon.program = self.installed.mamori
        self.daemon.encrypt()
        self.body = ListBody(folder, self.daemon.public_key(), [entry("blk.example", "domain")])
        self.daemon.settings["lists"] = [listing(self.body.root, self.body.url)]
        self.daemon.start()
        assert self.daemon.child is not None
        self.pid = self.daemon.child.pid
        self.descriptors = psutil.Process(self.pid).num_fds()
        self.load = Load(self.daemon.port, NAMES, rate=200, seconds=300).start()

    def answers(self) -> float:
        series = [line for line in self.daemon.metrics().splitlines() if line.startswith("mamori_answers_total{")]
        return sum(float(line.rsplit(" ", 1)[1]) for line in series)

    def told(self, *words: str) -> str:
        result = self.daemon.command(*words)
        assert result.returncode == 0, result.stdout + result.stderr + self.daemon.text()
        return result.stdout

    def refused(self, *words: str) -> str:
        result = self.daemon.command(*words)
        assert result.returncode == 1, result.stdout + result.stderr
        return result.stderr

    def workers(self) -> set[int]:
        return {each.pid for each in self.daemon.children("worker")}

    def stop(self) -> None:
        self.load.stop()
        code = self.daemon.stop()
        self.body.stop()
        self.upstream.close()
        assert code == 0, self.daemon.text()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("changes"))
    yield made
    made.stop()


def ready(world: World) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{world.daemon.metrics_port}/ready", timeout=10) as answer:
            return answer.status, answer.read().decode().strip()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode().strip()


def a_reload_ends_when_every_worker_is_new(world: World) -> None:
    """And says every fault of settings that cannot be used, on the caller's terminal, with nothing changed."""
    before = world.workers()
    world.daemon.settings["answer"] = {"ttl": 7}
    world.daemon.write_config()
    assert "the settings were taken up: 2 workers serve" in world.told("reload")
    after = world.workers()
    assert not before & after
    world.daemon.settings["workers"] = 1
    world.daemon.write_config()
    assert "workers cannot change in a reload" in world.refused("reload")
    world.daemon.settings["workers"] = 2
    world.daemon.write_config()
    until(lambda: len(world.workers()) == 3, "the old workers' end")
    assert world.workers() <= after


def workers_are_restarted_one_by_one(world: World) -> None:
    """All of them are other processes afterwards, the supervisor is not."""
    before = world.workers()
    assert "the workers were replaced: 2 workers serve" in world.told("restart-workers")
    assert not before & world.workers()


def an_upgrade_keeps_process_sockets_counts_and_list(world: World) -> None:
    """Another version answers in the same process; counters go on, the list is in force, draining outlives it.

    A reload before it is refused: it would start workers of another version than their supervisor.
    """
    world.told("drain")
    assert ready(world) == (503, "draining")
    before, answers, uptime = world.workers(), world.answers(), world.daemon.status()["uptime_seconds"]
    world.installed.install("2.0")
    assert "version 2.0 is installed, but 1.0 runs" in world.refused("reload")
    assert "upgraded from 1.0 to 2.0: 2 workers serve" in world.told("upgrade")
    assert world.answers() >= answers > 0
    status = world.daemon.status()
    assert (status["draining"], status["version"], status["lists"][0]["enforcing"]) == (True, "2.0", True)
    assert status["uptime_seconds"] >= uptime
    assert ready(world) == (503, "draining")
    world.told("drain", "--end")
    assert ready(world) == (200, "answering")
    probed = world.daemon.command("probe", stdin="blk.example\n")
    assert probed.returncode == 0, probed.stdout
    until(lambda: len(world.daemon.children("worker")) == 3, "the old workers' end")
    assert not before & world.workers()
    assert len(world.daemon.children("updater")) == len(world.daemon.children("notice")) == 1


def code_that_cannot_run_changes_nothing(world: World) -> None:
    """What is wrong with it stands on the caller's terminal, and the old code goes on."""
    before = world.workers()
    world.installed.install("3.0")
    world.installed.damage("resolver/edge/serving/worker.py")
    assert "No module named 'no_such_library'" in world.refused("upgrade")
    assert world.workers() == before


def an_upgrade_again_with_a_worker_killed_under_way(world: World) -> None:
    """The spare of the code before stands in; new addresses to listen on are taken up on the way."""
    world.installed.install("4.0")
    other = free_port()
    world.daemon.settings["listen"].append(f"127.0.0.1:{other}")
    world.daemon.write_config()
    os.kill(min(world.workers()), signal.SIGKILL)
    assert "upgraded from 2.0 to 4.0: 2 workers serve" in world.told("upgrade")
    more = Load(other, NAMES, rate=100, seconds=1).start().stop()
    assert (more.lost, more.wrong) == (0, 0)
    assert world.daemon.status()["deaths"]["worker"] == 1


def an_address_that_is_taken_leaves_the_settings_as_they_were(world: World) -> None:
    """The new code runs, the caller is told why it has not the new settings, and they can be put right."""
    world.installed.install("5.0")
    with socket.create_server(("127.0.0.1", 0)) as other:
        world.daemon.settings["listen"].append(f"127.0.0.1:{other.getsockname()[1]}")
        world.daemon.write_config()
        told = world.refused("upgrade")
    assert "upgraded from 4.0 to 5.0: 2 workers serve" in told
    assert "the new settings were not taken up: cannot listen on " in told
    world.daemon.settings["listen"].pop()
    world.daemon.write_config()
    assert "taken up" in world.told("reload")


def nobody_lost_a_query(world: World) -> None:
    """Through all of the above: every question was answered within three tries, and rightly."""
    tally = world.load.stop()
    assert (tally.lost, tally.wrong) == (0, 0)
    assert tally.answered == tally.sent > 500
    assert world.daemon.child is not None
    assert world.daemon.child.pid == world.pid
    assert world.answers() >= tally.answered
    supervisor = psutil.Process(world.pid)
    assert [each for each in supervisor.children() if each.status() == psutil.STATUS_ZOMBIE] == []
    assert supervisor.num_fds() < world.descriptors + 16  # three changes of code left nothing open
    assert world.daemon.text().count("READY ") == 1
    assert "fault" not in world.daemon.text()


LIFE = (
    a_reload_ends_when_every_worker_is_new,
    workers_are_restarted_one_by_one,
    an_upgrade_keeps_process_sockets_counts_and_list,
    code_that_cannot_run_changes_nothing,
    an_upgrade_again_with_a_worker_killed_under_way,
    an_address_that_is_taken_leaves_the_settings_as_they_were,
    nobody_lost_a_query,
)


def test_no_change_costs_a_query(world: World) -> None:
    """Reload, restart of the workers, and upgrades that succeed, cannot run, lose a worker or find a place taken."""
    for change in LIFE:
        change(world)
