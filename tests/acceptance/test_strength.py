"""A real list at size, replaced under load; children killed under load."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from blocklist.entries import Entry
from tests.acceptance.checks import notice, real
from tests.acceptance.test_life import holds, until
from tests.support.daemon import Daemon, listing
from tests.support.listbody import ListBody, entry
from tests.support.load import Load
from tests.support.upstream import Upstream

pytestmark = [
    pytest.mark.daemon,
    pytest.mark.long,
    pytest.mark.peers,
    pytest.mark.xdist_group("strength"),
    pytest.mark.timeout(400),
]
SIZE = int(os.environ.get("STRENGTH_ENTRIES", "10000"))  # `make strength`: 100,000
CHANGES = SIZE // 100
ORDINARY = ["www.example", "notblk.example", "child.exact.example", "big.example"]


@pytest.fixture
def start(tmp_path: Path, upstream: Upstream) -> Iterator[Callable[..., tuple[Daemon, ListBody]]]:
    running: list[tuple[Daemon, ListBody]] = []

    def start(entries: list[Entry], **settings: object) -> tuple[Daemon, ListBody]:
        daemon = Daemon(tmp_path / "isp", upstream.address, [], **settings)
        body = ListBody(tmp_path, daemon.public_key(), entries)
        running.append((daemon, body))
        daemon.settings["lists"] = [listing(body.root, body.url)]
        daemon.start(seconds=120)
        return daemon, body

    yield start
    for daemon, body in running:
        code = daemon.stop()
        body.stop()
        assert code == 0, daemon.text()


def test_many_entries_replaced_under_load(
    start: Callable[..., tuple[Daemon, ListBody]], record_property: Callable[[str, object], None]
) -> None:
    """While a hundredth of a large list changes, a client asking 1,000 q/s loses no answer."""
    began = time.monotonic()
    entries = [entry(f"n{number}.example") for number in range(SIZE)]
    daemon, body = start(entries)
    record_property(f"{SIZE} entries, from nothing to enforced", f"{time.monotonic() - began:.1f} s")
    holds(daemon.port, "udp", notice(), f"n{SIZE - 1}.example")
    load = Load(daemon.port, [*ORDINARY, "n5.example", f"n{SIZE // 2}.example"], rate=1000, seconds=300).start()
    began = time.monotonic()
    body.publish([*entries[CHANGES // 2 :], *(entry(f"new{number}.example") for number in range(CHANGES // 2))])
    published = time.monotonic()
    until(lambda: daemon.status()["lists"][0]["version"] == 2, "version 2", 60)
    enforced = time.monotonic()
    record_property(
        f"{CHANGES} changes", f"made in {published - began:.1f} s, enforced {enforced - published:.1f} s later"
    )
    holds(daemon.port, "udp", notice(), "new1.example")
    tally = load.stop()
    record_property("clients meanwhile", str(tally))
    for kind in ("worker", "updater"):
        sizes = [str(each.memory_info().rss >> 20) for each in daemon.children(kind)]
        record_property(f"{kind}s, resident MiB", ", ".join(sizes))
    assert tally.sent > 1000
    assert (tally.lost, tally.wrong, tally.answered) == (0, 0, tally.sent)


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_children_lose_no_client(
    start: Callable[..., tuple[Daemon, ListBody]], workers: int, record_property: Callable[[str, object], None]
) -> None:
    """kill -9 of a worker and of the updater under 1,000 q/s: a client that asks again after 1 s loses none."""
    daemon, _ = start([entry("blk.example", "domain")], workers=workers)
    load = Load(daemon.port, [*ORDINARY, "blk.example"], rate=1000, seconds=60).start()
    for kind in ("worker", "worker", "updater"):  # of any two oldest workers at least one is no spare
        time.sleep(1.0)
        victim = daemon.children(kind)[0]
        os.kill(victim.pid, signal.SIGKILL)
        until(lambda kind=kind, victim=victim: _replaced(daemon, kind, victim), f"a new {kind}")  # type: ignore[misc]
    time.sleep(1.0)
    tally = load.stop()
    record_property(f"clients while children of {workers} worker(s) are killed", str(tally))
    assert (tally.lost, tally.wrong, tally.answered) == (0, 0, tally.sent)
    holds(daemon.port, "udp", notice(), "blk.example")
    holds(daemon.port, "udp", real("www.example. A 198.51.100.10"), "www.example")


def _replaced(daemon: Daemon, kind: str, victim: psutil.Process) -> bool:
    children = daemon.children(kind)
    expected = daemon.settings["workers"] + 1 if kind == "worker" else 1
    return len(children) == expected and victim not in children
