"""Newly added entries in the running resolver: tried before they are in force, watched for half an hour after."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from resolver.edge.supervision.control_client import ask as ask_supervisor
from tests.acceptance.test_life import Isp, is_notice, until
from tests.support.asking import query
from tests.support.listbody import entry
from tests.support.upstream import Upstream

pytestmark = [pytest.mark.daemon, pytest.mark.peers, pytest.mark.xdist_group("newcomers")]

IN_USE = [f"used{number}.www.example" for number in range(12)]
WATCHED = [f"watched{number}.www.example" for number in range(25)]
IDLE = [f"idle{number}.www.example" for number in range(12)]


@pytest.fixture(scope="module")
def isp(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Isp]:
    """One resolver for all of it: each test adds names of its own to the list, in whatever order."""
    made = Isp(tmp_path_factory.mktemp("isp"), upstream.address, workers=2)
    made.daemon.start()
    yield made
    made.stop()


def listed(isp: Isp) -> dict[str, Any]:
    """What `mamori status --json` says of the list; without starting a process, which may take half a trial."""
    found = ask_supervisor(isp.daemon.state, "status")["status"]["lists"][0]
    assert isinstance(found, dict)
    return found


def publish(isp: Isp, names: list[str]) -> int:
    """Add names to the list; return the number of the version that has them."""
    isp.base += map(entry, names)
    isp.body.publish(isp.base)
    return isp.body.body.version


def enforced(isp: Isp, names: list[str]) -> None:
    """Add names, and wait until that version is in force."""
    version = publish(isp, names)
    isp.daemon.command("list", "refresh", "demo")
    until(lambda: listed(isp)["version"] == version, f"version {version}")


def ask_often(port: int, name: str, times: int) -> None:
    """One client, one question, so many answers."""
    wire = query(name).to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.connect(("127.0.0.1", port))
        for _ in range(times):
            client.send(wire)
            assert client.recv(4096)


def test_additions_in_use_are_held_until_the_noc_accepts_them(isp: Isp) -> None:
    """They go on resolving, the removals of the same version take effect, `accept` puts them in force."""
    port = isp.daemon.port
    for name in IN_USE:
        for transport in ("udp", "tcp"):
            assert not is_notice(port, name, transport)
    assert is_notice(port, "blk.example")
    del isp.base[0]
    enforced(isp, IN_USE)
    assert "canary" in listed(isp)["held_by"]
    assert not any(is_notice(port, name) for name in IN_USE)
    assert not is_notice(port, "blk.example")
    assert isp.daemon.command("list", "accept", "demo").returncode == 0
    assert all(is_notice(port, name) for name in IN_USE)


def test_many_different_additions_asked_for_are_set_aside_one_asked_often_is_not(isp: Isp) -> None:
    """A window with a thousand hits on one new name changes nothing; one with 25 different ones trips the breaker."""
    port = isp.daemon.port
    enforced(isp, WATCHED)
    began = time.monotonic()
    ask_often(port, WATCHED[0], 1000)
    while time.monotonic() - began < 11:
        assert is_notice(port, WATCHED[0])
        time.sleep(0.5)
    assert "breaker" not in listed(isp)["held_by"]
    # Again and again, for a window may end in the middle of it.
    until(lambda: not all(is_notice(port, name) for name in WATCHED), "the breaker", 30)
    until(lambda: "breaker" in listed(isp)["held_by"], "the updater's word on it", 30)
    assert is_notice(port, "filler1.example")


def test_a_worker_that_dies_on_trial_holds_nothing_up(isp: Isp) -> None:
    """The trial goes on without it; the one that takes its place has the new version in force."""
    hanging = isp.daemon.children("worker")[0]
    hanging.send_signal(signal.SIGSTOP)
    version = publish(isp, IDLE)
    until(lambda: listed(isp)["known_version"] == version, "the new version verified")
    assert listed(isp)["version"] < version
    hanging.kill()
    until(lambda: listed(isp)["version"] == version, "the new version in force")
    assert all(is_notice(isp.daemon.port, name) for name in IDLE)
