"""The ledger of a real resolver over an update, an upgrade, a stop and a kill, and the report made of it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resolver.edge.supervision.ledger_file import LEDGER_NAME, RUNNING_NAME
from tests.acceptance.test_life import until
from tests.resolver.edge.fake_upstream import FakeUpstream
from tests.support.asking import ask
from tests.support.daemon import Daemon, listing
from tests.support.listbody import ListBody, entry

pytestmark = [pytest.mark.daemon, pytest.mark.xdist_group("ledger")]

LISTED = [entry("listed.example", "domain"), entry("other.example"), entry("st.example", test=True)]


@pytest.fixture
def body(tmp_path: Path) -> Iterator[ListBody]:
    daemon = Daemon(tmp_path / "isp", "127.0.0.1:9", [])
    made = ListBody(tmp_path, daemon.public_key(), LISTED)
    yield made
    made.stop()


@pytest.fixture
def daemon(tmp_path: Path, body: ListBody) -> Iterator[Daemon]:
    upstream = FakeUpstream()
    made = Daemon(tmp_path / "isp", upstream.address, [listing(body.root, body.url)])
    yield made.start()
    made.stop()
    upstream.close()


def running(daemon: Daemon) -> dict[str, Any]:
    """The running day as it was kept last."""
    document: dict[str, Any] = json.loads((daemon.state / RUNNING_NAME).read_bytes())
    day: dict[str, Any] = document["lines"][-1]
    return day


def test_a_day_of_a_real_resolver(daemon: Daemon, body: ListBody, tmp_path: Path) -> None:
    """Its sums survive an upgrade, a stop and a kill, name nobody, become a line on another day, and that a report."""
    for name in ("listed.example", "plain.example", "other.example"):
        ask(daemon.port, "udp", name)
    body.publish([*LISTED, entry("third.example")])
    until(lambda: daemon.status()["lists"][0]["moved"]["added"] == 4, "the addition is counted", 60)
    assert daemon.command("upgrade").returncode == 0
    ask(daemon.port, "udp", "plain.example")
    assert daemon.stop() == 0
    day = running(daemon)
    demo, asked = day["lists"]["demo"], sum(day["queries"].values())
    assert asked >= 4
    assert (day["starts"], day["upgrades"], day["crashes"]) == (1, 1, 0)
    assert (demo["moved"]["added"], demo["entries_end"], demo["updates"]) == (4, 4, 1)
    assert sum(demo["publish_seconds"].values()) == 1
    daemon.start()
    killed(daemon)
    on_another_day(daemon)
    daemon.start()
    day = running(daemon)
    assert (day["starts"], day["crashes"]) == (1, 0)
    assert (daemon.state / LEDGER_NAME).stat().st_mode & 0o777 == 0o600
    kept = b"".join((daemon.state / name).read_bytes() for name in (RUNNING_NAME, LEDGER_NAME))
    assert b"example" not in kept
    result = daemon.command("report", "--period", "2026-01", "--out", str(tmp_path / "report"))
    assert result.returncode == 0, result.stderr
    told = json.loads((tmp_path / "report" / "report.json").read_bytes())
    assert told["figures"]["queries"]["value"] >= asked
    assert told["lists"][0]["figures"]["list_entries.end"]["value"] == 4


def killed(daemon: Daemon) -> None:
    """As by a power cut."""
    assert daemon.child is not None
    os.kill(daemon.child.pid, signal.SIGKILL)
    daemon.child.stop()


def on_another_day(daemon: Daemon) -> None:
    """What was the running day was one of January: the next start finds that it is over."""
    path = daemon.state / RUNNING_NAME
    document = json.loads(path.read_bytes())
    document["lines"][-1]["day"] = "2026-01-31"
    path.write_text(json.dumps(document))
