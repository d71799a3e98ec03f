"""Real workers, really killed and stopped, and steered: slots taken over, closed, opened again; hung workers found."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from resolver.edge.supervision.workers import PoolLimits
from tests.resolver.edge.fake_upstream import FakeUpstream
from tests.resolver.edge.real_pool import RealPool
from tests.resolver.edge.settings_for_edge import settings
from tests.support.asking import exchange, query
from tests.support.ports import free_port

pytestmark = pytest.mark.xdist_group("real-workers")

NAMES = [f"n{number}.example" for number in range(60)]
PATIENCE = 20.0  # seconds for an answer, on a busy machine


class World:
    """A pool of real workers in front of an upstream that counts."""

    def __init__(self, folder: Path, upstream: FakeUpstream, limits: PoolLimits, slots: int) -> None:
        self.upstream, self.port = upstream, free_port()
        made = settings(
            folder,
            listen=[f"127.0.0.1:{self.port}"],
            upstreams=[{"address": upstream.address}],
            lists=[],
            special_use={"example": False},
        )
        self.pool = RealPool(folder, made.raw, slots, limits)

    def ask(self) -> None:
        """Every name from a port of its own, in odd letter case, with and without EDNS; no answer is a failure."""
        for number, name in enumerate(NAMES):
            odd = "".join(letter.upper() if number + place & 1 else letter for place, letter in enumerate(name))
            wire = query(odd, edns=bool(number & 1)).to_wire()
            assert exchange(wire, self.port, "udp", timeout=PATIENCE) is not None, "no answer"

    def asked(self) -> int:
        """Upstream queries since the last look."""
        count = len(self.upstream.seen)
        self.upstream.seen.clear()
        return count


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., World]]:
    upstream, made = FakeUpstream(), []

    def start(limits: PoolLimits | None = None, slots: int = 3) -> World:
        made.append(World(tmp_path, upstream, limits or PoolLimits(), slots))
        return made[-1]

    yield start
    for world in made:
        world.pool.stop()
    upstream.close()


def test_each_name_has_one_worker_and_the_others_never_ask(make: Callable[..., World]) -> None:
    """Sixty names again and again, from other ports and in other letters: sixty upstream queries of three workers."""
    world = make()
    for _ in range(4):
        world.ask()
    assert world.asked() == len(NAMES)


def test_killed_worker_leaves_its_queue_to_the_spare(make: Callable[..., World]) -> None:
    """Stopped, its queries wait in its sockets; killed, the spare answers every one of them: nobody asks twice."""
    world = make()
    victim = world.pool.pid(1)
    os.kill(victim, signal.SIGSTOP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        client.connect(("127.0.0.1", world.port))
        sent = [query(name).to_wire() for name in NAMES]
        for wire in sent:
            client.send(wire)
        world.pool.kill(1)
        assert {client.recv(4096)[:2] for _ in NAMES} == {wire[:2] for wire in sent}
    assert world.pool.whole()["deaths"] == ["sigkill"]


def test_crash_loop_closes_the_slot_and_opens_it_again(make: Callable[..., World]) -> None:
    """Three times kill -9 in a minute: two workers answer every name, each name in one; rested, the third is back."""
    world = make(PoolLimits(rest_seconds=4))
    for _ in range(2):
        world.pool.kill(1)
        world.pool.whole()
    rested = world.pool.kill(1)
    assert [each["listens"] for each in rested["slots"]] == [True, False, True]
    for _ in range(2):
        world.ask()
    assert world.asked() <= 2 * len(NAMES)
    state = world.pool.until(lambda state: all(each["serving"] for each in state["slots"]))
    world.ask()
    world.asked()
    world.ask()
    assert world.asked() == 0
    assert state["deaths"] == ["sigkill"] * 3


def test_the_last_slot_is_served_however_often_it_is_killed(make: Callable[..., World]) -> None:
    """Four deaths of the only worker close nothing."""
    world = make(slots=1)
    for _ in range(4):
        world.pool.kill(0)
        world.pool.whole()
    world.ask()


def test_worker_that_hangs_is_replaced(make: Callable[..., World]) -> None:
    """SIGSTOP, which no exit tells of: ended by the supervisor, alone; every name is answered again."""
    world = make(PoolLimits(ping_seconds=1.0, silent_rounds=5))
    hung = world.pool.pid(2)
    os.kill(hung, signal.SIGSTOP)
    state = world.pool.until(lambda state: bool(state["deaths"]))
    assert state["deaths"] == ["hung"]
    world.pool.whole()
    assert not psutil.pid_exists(hung)
    world.ask()
    assert world.pool.state()["deaths"] == ["hung"]


def test_stopping_everybody_ends_nobody(make: Callable[..., World]) -> None:
    """All workers without time, as on a starved machine: whoever comes back first is no reason to end the others."""
    world = make(PoolLimits(ping_seconds=1.0, silent_rounds=5))
    workers = psutil.Process(world.pool.child.pid).children()
    for worker in workers:
        worker.suspend()
    time.sleep(8)  # rounds enough to end anybody
    for worker in workers:
        worker.resume()
    world.ask()
    assert world.pool.state()["deaths"] == []
