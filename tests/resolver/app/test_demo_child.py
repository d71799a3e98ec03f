"""The door of the demo's child processes."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil
import pytest

from tests.support.asking import TRANSPORTS, ask

COMMAND = [sys.executable, "-m", "resolver.app.demo_child", "upstream"]
pytestmark = pytest.mark.daemon


def test_the_upstream_tells_its_port_and_answers_there() -> None:
    """Over UDP and TCP, until it is told to stop."""
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        port = int(child.stdout.readline())
        for transport in TRANSPORTS:
            assert str(ask(port, transport, "www.example").answer[0][0]) == "198.51.100.10"
        child.terminate()
    assert child.returncode == 0


def test_a_child_ends_with_its_parent() -> None:
    """A parent that is gone without a word leaves nothing behind."""
    script = f"import subprocess, time; print(subprocess.Popen({COMMAND!r}).pid, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.stdout.readline()  # the child's port: it is up
        parent.kill()
    deadline = time.monotonic() + 30
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
