"""`mamori run`."""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from resolver.app.run import ready_line, settings_after_upgrade
from resolver.edge.supervision.handover import Handed
from tests.resolver.edge.settings_for_edge import settings
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

    def start(self, **environment: str) -> Child:
        self.write()
        command = [MAMORI, "run", "--config", str(self.config)]
        self.child = Child(command, self.config.with_name("run.out"), env={**os.environ, **environment})
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


class Manager:
    """The service manager's end: what it heard, in order; it listens all the time, since the kernel keeps ten lines."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "notify")
        self.heard: list[str] = []
        self._lines: queue.Queue[list[str]] = queue.Queue()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def until(self, line: str) -> None:
        """Wait for a datagram with this line."""
        while True:
            lines = self._lines.get(timeout=60)
            self.heard += lines
            if line in lines:
                return

    def _listen(self) -> None:
        while data := self._socket.recv(4096):
            self._lines.put(data.decode().splitlines())

    def __enter__(self) -> Manager:
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.path)
        self._thread.join()
        self._socket.close()


@pytest.mark.daemon
def test_the_service_manager_hears_all_of_a_life(resolver: Resolver, tmp_path: Path) -> None:
    """Ready, alive by a real answer, reload and upgrade with their ends, draining, stopping; children know nothing."""
    with Manager(tmp_path) as manager:
        child = resolver.start(NOTIFY_SOCKET=manager.path, WATCHDOG_USEC="1200000")
        manager.until("READY=1")
        assert "EXTEND_TIMEOUT_USEC=30000000" in manager.heard
        manager.until("WATCHDOG=1")
        for each in psutil.Process(child.pid).children():
            with suppress(psutil.Error):  # without root nobody may look into it
                assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC"} & set(each.environ())
        for verb in ("reload", "upgrade"):
            done = subprocess.Popen([MAMORI, verb, "--config", str(resolver.config)], stdout=subprocess.DEVNULL)
            manager.until("RELOADING=1")
            manager.until("READY=1")
            assert done.wait(60) == 0
            manager.until("WATCHDOG=1")
        assert any(line.startswith("MONOTONIC_USEC=") for line in manager.heard)
        subprocess.run([MAMORI, "drain", "--config", str(resolver.config)], check=True, timeout=60)
        manager.until("STATUS=draining")
        assert child.stop() == 0
        manager.until("STOPPING=1")


def test_an_upgrade_begins_no_list_nobody_vouches_for(tmp_path: Path) -> None:
    """The settings from before go on, with their lists, and why is told; those already running need no report."""
    config = tmp_path / "resolver.yaml"
    before = settings(tmp_path, preflight={"required": True})
    handed = Handed({"settings": before.raw})
    config.write_text(yaml.safe_dump(before.raw))
    assert settings_after_upgrade(config, handed) == (before, "")
    more = before.raw | {"lists": [*before.raw["lists"], before.raw["lists"][0] | {"id": "more"}]}
    config.write_text(yaml.safe_dump(more))
    taken, why = settings_after_upgrade(config, handed)
    assert (taken, "list more may not be enforced" in why) == (before, True)
