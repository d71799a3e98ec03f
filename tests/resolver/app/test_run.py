"""`mamori run`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from resolver.app.run import ready_line
from tests.resolver.settings.samples import full, read
from tests.support.ports import free_port
from tests.support.processes import Child

MAMORI = str(Path(sys.executable).with_name("mamori"))


def test_ready_names_the_first_place_of_each_kind() -> None:
    """The notice is left out where no page is served."""
    data = full() | {"metrics": {"listen": "127.0.0.1:9153"}}
    assert ready_line(read(data)) == "READY dns=127.0.0.1:5300 metrics=http://127.0.0.1:9153/metrics"
    data["notices"]["default"]["listen"] = ["[::1]:8080", "127.0.0.1:8080"]
    assert " notice=http://[::1]:8080/ " in ready_line(read(data))


class Resolver:
    """A resolver without lists, on free ports."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "resolver.yaml"
        self.port = free_port()
        self.settings: dict[str, Any] = {
            "listen": [f"127.0.0.1:{self.port}"],
            "upstreams": [{"address": f"127.0.0.1:{free_port()}"}],
            "state": str(folder / "state"),
            "workers": 1,
            "metrics": {"listen": f"127.0.0.1:{free_port()}"},
            "laptop": True,
        }
        self.control = folder / "state" / "control.sock"
        self.child: Child | None = None

    def write(self, **changes: object) -> None:
        self.config.write_text(yaml.safe_dump(self.settings | changes))

    def start(self) -> Child:
        self.write()
        command = [MAMORI, "run", "--config", str(self.config)]
        self.child = Child(command, self.config.with_name("run.out"))
        return self.child


@pytest.fixture
def resolver(tmp_path: Path) -> Iterator[Resolver]:
    running = Resolver(tmp_path)
    yield running
    if running.child:
        running.child.stop()


@pytest.mark.daemon
def test_it_runs_reloads_and_ends(resolver: Resolver) -> None:
    """READY, a control socket for nobody else, SIGHUP with good and with bad settings, SIGTERM: exit code 0."""
    child = resolver.start()
    child.wait_for(lambda: "READY " in child.text(), "READY", 60.0)
    assert resolver.control.stat().st_mode & 0o777 == 0o600
    resolver.write(answer={"ttl": 5})
    os.kill(child.pid, signal.SIGHUP)
    child.wait_for(lambda: "the settings were taken up" in child.text(), "the reload")
    resolver.write(answer={"ttl": 500})
    os.kill(child.pid, signal.SIGHUP)
    child.wait_for(lambda: "answer.ttl: expected a number from 1 to 60" in child.text(), "the refusal")
    resolver.write(workers=2)
    os.kill(child.pid, signal.SIGHUP)
    child.wait_for(lambda: "workers cannot change in a reload" in child.text(), "the second refusal")
    assert child.stop() == 0


@pytest.mark.daemon
def test_an_address_in_use_is_told(resolver: Resolver) -> None:
    """Exit code 1: what, where, what to do; no traceback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", resolver.port))
        resolver.write()
        result = subprocess.run(
            [MAMORI, "run", "--config", str(resolver.config)], capture_output=True, text=True, timeout=60, check=False
        )
    assert result.returncode == 1
    assert f"127.0.0.1:{resolver.port}" in result.stderr
    assert "Traceback" not in result.stderr
