"""The soak, as `make soak` runs it, in a minute."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.daemon
@pytest.mark.long
@pytest.mark.peers
@pytest.mark.xdist_group("strength")
@pytest.mark.timeout(240)
def test_a_minute_of_everything_loses_no_question(record_property: Callable[[str, object], None]) -> None:
    """Swaps, reloads, killed workers and an upgrade under clients of all transports: each has its right answer."""
    command = [sys.executable, "-m", "soak", "--seconds", "60", "--rate", "500"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=220, check=False)
    assert done.stdout, done.stderr[-4000:]
    figures = json.loads(done.stdout.splitlines()[-1])
    record_property("soak", json.dumps(figures))
    assert done.returncode == 0, (figures, done.stderr[-4000:])
    assert (figures["lost"], figures["wrong"]) == (0, 0)
    assert set(figures["by_transport"]) == {"udp", "tcp", "dot", "doh"}
    assert set(figures["events"]) == {"swap", "reload", "kill", "upgrade"}
    assert figures["queries"] >= 10_000
