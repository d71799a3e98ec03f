"""Several workers as an operator sees them: names are steered, status and metrics say so, a reload switches it off."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.test_life import until
from tests.resolver.edge.fake_upstream import FakeUpstream
from tests.support.asking import ask
from tests.support.daemon import Daemon

pytestmark = pytest.mark.daemon

NAMES, TIMES, WORKERS = 30, 4, 3


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    made = FakeUpstream()
    yield made
    made.close()


@pytest.fixture
def daemon(tmp_path: Path, upstream: FakeUpstream) -> Iterator[Daemon]:
    started = Daemon(tmp_path / "isp", upstream.address, [], workers=WORKERS).start()
    yield started
    assert started.stop() == 0, started.text()


def _upstream_queries(daemon: Daemon, upstream: FakeUpstream, zone: str) -> int:
    """For names asked again and again, each time from another port."""
    before = len(upstream.seen)
    for number in range(NAMES * TIMES):
        assert ask(daemon.port, "udp", f"n{number % NAMES}.{zone}").answer
    return len(upstream.seen) - before


def _renewed(daemon: Daemon, old: set[int]) -> bool:
    now = {process.pid for process in daemon.children("worker")}
    return len(now) == WORKERS + 1 and not now & old


def test_caches_are_one_until_steering_is_switched_off(daemon: Daemon, upstream: FakeUpstream) -> None:
    """Steered, each name goes upstream once, whoever asks; switched off, by a reload, each worker asks for itself."""
    assert daemon.status()["steering"] == {"on": True, "reason": ""}
    assert daemon.metric("mamori_steering") == 1
    assert _upstream_queries(daemon, upstream, "on.example") == NAMES

    daemon.settings["steering"] = "off"
    daemon.write_config()
    assert daemon.child is not None
    old = {process.pid for process in daemon.children("worker")}
    daemon.child.process.send_signal(signal.SIGHUP)
    until(lambda: _renewed(daemon, old), "new workers", 60)  # with empty caches, and nobody comes any more
    assert daemon.metric("mamori_steering") == 0
    assert "one cache per worker: names are not steered, switched off" in daemon.command("status").stdout
    assert _upstream_queries(daemon, upstream, "off.example") > NAMES * 3 // 2
