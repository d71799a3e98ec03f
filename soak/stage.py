"""What a soak needs round it: an upstream, a list body and the real daemon, which the events happen to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.support.daemon import NOTICE_V4, Daemon, listing
from tests.support.listbody import ListBody, entry
from tests.support.upstream import Upstream

LISTED = 300
CHANGED = 30  # entries that leave and as many that come with each version
ALWAYS = [f"always{number}.example" for number in range(20)]
_MIB = 1 << 20


class SoakFault(Exception):
    """Something was not as promised; the message says what."""


class Stage:
    """All processes of a soak."""

    def __init__(self, folder: Path, workers: int) -> None:
        (folder / "upstream").mkdir()
        self.upstream = Upstream(folder / "upstream")
        self.daemon = Daemon(folder / "isp", self.upstream.address, [], workers=workers, poll={"interval": 1}).encrypt()
        self._entries = [entry(name) for name in ALWAYS] + [entry(f"l{number}.example") for number in range(LISTED)]
        self.body = ListBody(folder, self.daemon.public_key(), self._entries)
        self.daemon.settings["lists"] = [listing(self.body.root, self.body.url, canary=False, breaker=False)]
        self.daemon.start(seconds=120)
        self._load: subprocess.Popen[str] | None = None

    def begin_load(self, rate: int, seconds: float) -> None:
        """Start the clients."""
        daemon = self.daemon
        plan = {
            "ports": {"udp": daemon.port, "tcp": daemon.port, "dot": daemon.dot_port, "doh": daemon.doh_port},
            "ca": str(daemon.ca.pem), "name": daemon.tls_name, "path": daemon.doh_path,
            "rate": rate, "seconds": seconds, "listed": ALWAYS, "notice": NOTICE_V4,
        }  # fmt: skip
        self._load = subprocess.Popen(
            [sys.executable, "-m", "soak.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._load.stdin is not None
        self._load.stdin.write(json.dumps(plan) + "\n")
        self._load.stdin.flush()

    def end_load(self) -> dict[str, object]:
        """Wait for the clients' figures."""
        assert self._load is not None
        output, _ = self._load.communicate(timeout=60)
        figures = json.loads(output)
        assert isinstance(figures, dict)
        return figures

    def close(self) -> None:
        if self._load is not None and self._load.poll() is None:
            self._load.kill()
            self._load.wait()
        self.daemon.stop()
        self.body.stop()
        self.upstream.stop()

    # --- events -----------------------------------------------------------------------------------------

    def swap(self) -> None:
        """Publish the next version; the resolver takes it up by itself."""
        version = self.body.body.version
        kept = self._entries[: len(ALWAYS)] + self._entries[len(ALWAYS) + CHANGED :]
        self._entries = kept + [entry(f"v{version}-{number}.example") for number in range(CHANGED)]
        self.body.publish(self._entries)

    def reload(self) -> None:
        """Change a setting and have it taken up."""
        cache = self.daemon.settings.setdefault("cache", {})
        cache["max_ttl"] = 86_399 if cache.get("max_ttl") == 86_400 else 86_400
        self.daemon.write_config()
        self._say("reload")

    def upgrade(self) -> None:
        """Let the code on the disk take over."""
        self._say("upgrade")

    def kill(self) -> None:
        """End a worker that answers (the oldest is no spare)."""
        os.kill(self.daemon.children("worker")[0].pid, signal.SIGKILL)

    def _say(self, verb: str) -> None:
        done = self.daemon.command(verb)
        if done.returncode != 0:
            raise SoakFault(f"mamori {verb}: {done.stdout}{done.stderr}")

    # --- figures ----------------------------------------------------------------------------------------

    def memory_mib(self) -> float:
        """Memory of all its processes that is not shared, once no worker is on its way in or out."""
        settled = self.daemon.settings["workers"] + 1
        deadline = time.monotonic() + 10
        while len(self.daemon.children("worker")) != settled and time.monotonic() < deadline:
            time.sleep(0.05)
        assert self.daemon.child is not None
        supervisor = psutil.Process(self.daemon.child.pid)
        return sum(_own_bytes(process) for process in [supervisor, *supervisor.children()]) / _MIB

    def version(self) -> int:
        """The list version in force."""
        return int(self.daemon.status()["lists"][0]["version"])


def _own_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0  # it ended while we looked
