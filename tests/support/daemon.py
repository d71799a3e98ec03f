"""The real daemon as a child process: `mamori run --config FILE` on loopback, and the commands an operator types."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import yaml

from blocklist.trust.local.preflight import Report
from resolver.edge.supervision import control_client
from tests.support.certificates import Authority
from tests.support.ports import free_port
from tests.support.preflight import pass_preflight
from tests.support.processes import Child

MAMORI = str(Path(sys.executable).parent / "mamori")
PORT_TAKEN = "another program listens there"
STARTS, PAUSE = 3, 1.5  # tries, and seconds between them: longer than upstreams are asked from most ports
NOTICE_V4, NOTICE_V6 = "192.0.2.1", "2001:db8::1"


class Daemon:
    """One running resolver with its configuration, state folder and ports."""

    tls_name = "resolver.isp.example"
    doh_path = "/dns-query"
    dot_port = doh_port = 0  # until `encrypt`
    ca: Authority

    def __init__(self, folder: Path, upstream: str, lists: list[dict[str, Any]], **settings: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.program = MAMORI
        self.state = folder / "state"
        self.port, self.notice_port, self.metrics_port = free_port(), free_port(), free_port()
        self.config = folder / "resolver.yaml"
        self.settings: dict[str, Any] = {
            "listen": [f"127.0.0.1:{self.port}", f"[::1]:{self.port}"],
            "upstreams": [{"address": upstream, "trust_ad": True}],
            "state": str(self.state),
            "workers": 1,
            "notices": {"default": self.notice()},
            "lists": lists,
            "terms": {"version": "2026-11", "url": "https://isp.example/terms"},
            "poll": {"interval": 2},
            "special_use": {"test": False, "invalid": False, "example": False},
            "metrics": {"listen": f"127.0.0.1:{self.metrics_port}"},
            "preflight": {"required": False},
            "laptop": True,
        } | settings
        self.child: Child | None = None

    def encrypt(self) -> Daemon:
        """Answer over TLS and HTTPS too, with a certificate of an authority of its own."""
        self.dot_port, self.doh_port = free_port(), free_port()
        self.ca = Authority(self.folder / "tls")
        issued = self.ca.issue(self.tls_name, ips=("127.0.0.1", "::1"))
        self.settings |= {
            "dot": {"listen": [f"127.0.0.1:{self.dot_port}"]},
            "doh": {"listen": [f"127.0.0.1:{self.doh_port}"], "path": self.doh_path},
            "tls": {"certificate": str(issued.certificate), "key": str(issued.key), "name": self.tls_name},
        }
        return self

    def trust(self) -> ssl.SSLContext:
        """What a client needs to verify it by name."""
        return ssl.create_default_context(cafile=str(self.ca.pem))

    def notice(self) -> dict[str, Any]:
        return {
            "ipv4": NOTICE_V4,
            "ipv6": NOTICE_V6,
            "listen": [f"127.0.0.1:{self.notice_port}"],
            "isp": {"ja": "見本インターネット", "en": "Sample Internet"},
            "body": {"ja": "見本リスト団体", "en": "Sample List Body"},
        }

    def public_key(self) -> bytes:
        """The subscriber's public key, made by the command an operator would type."""
        self.write_config()
        path = self.folder / "subscriber.pub"
        if not path.exists():
            self.run("subscriber-key", "--config", str(self.config), "--out", str(path))
        return path.read_bytes()

    def write_config(self) -> None:
        self.config.write_text(yaml.safe_dump(self.settings, allow_unicode=True))

    def pass_preflight(self, *, now: float | None = None) -> Report:
        """Require a preflight and pass it with the settings as they stand now; `now` (POSIX) dates the report.

        Before `start`, or while it runs, which finds it within a minute or by `tell_preflight`.
        """
        self.settings["preflight"] = {"required": True}
        self.write_config()
        return pass_preflight(self.config, self.folder, now=now)

    def tell_preflight(self) -> dict[str, Any]:
        """What the running resolver says of the report, once it has looked."""
        return control_client.ask(self.state, "preflight")

    def start(self, *, wait: bool = True, seconds: float = 60.0) -> Daemon:
        """Start it. Resolvers of other tests ask upstreams from random ports, one of ours perhaps: then once more."""
        self.write_config()
        environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
        for left in reversed(range(STARTS)):
            self.child = Child(
                [self.program, "run", "--config", str(self.config)], self.folder / "daemon.out", env=environment
            )
            if not wait:
                break
            try:
                self.child.wait_for(lambda: "READY " in self.text(), "READY", seconds)
                break
            except AssertionError:
                if not left or PORT_TAKEN not in self.text():
                    raise
                time.sleep(PAUSE)
        return self

    def stop(self) -> int:
        return self.child.stop() if self.child else 0

    def text(self) -> str:
        return self.child.text() if self.child else ""

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Type a `mamori` command; the caller looks at its exit code."""
        return subprocess.run(
            [self.program, *arguments], input=stdin, capture_output=True, text=True, timeout=60, check=False
        )

    def command(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return self.run(*arguments, "--config", str(self.config), stdin=stdin)

    def exempt(self, name: str, match: str) -> None:
        result = self.command(
            "exempt", "add", "--match", match, "--reason", "court", "--ticket", "T-1", stdin=name + "\n"
        )
        assert result.returncode == 0, result.stdout + result.stderr

    def status(self) -> dict[str, Any]:
        """What `mamori status --json` prints, without starting that command: many tests look at it again and again."""
        document = control_client.ask(self.state, "status")["status"]
        assert isinstance(document, dict)
        return document

    def metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as answer:
            return bytes(answer.read()).decode()

    def metric(self, series: str) -> float:
        """The value of one series, named as /metrics prints it."""
        for line in self.metrics().splitlines():
            if line.startswith(series + " "):
                return float(line.rsplit(" ", 1)[1])
        raise AssertionError(f"no series {series}")

    def children(self, kind: str) -> list[psutil.Process]:
        """The child processes of one kind (worker, updater, notice), oldest first."""
        assert self.child is not None
        found = [p for p in psutil.Process(self.child.pid).children() if _is(p, kind)]
        return sorted(found, key=lambda process: process.create_time())


def _is(process: psutil.Process, kind: str) -> bool:
    try:
        return kind in process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False  # it ended while we looked


def listing(root: Path, url: str, **more: Any) -> dict[str, Any]:
    """One `lists` entry that names all that must be decided before enforcement."""
    return {
        "id": "demo",
        "purpose": "csam",
        "root": str(root),
        "urls": [url],
        "ground": "emergency_necessity",
        "criteria_set": "demo-1",
        "decided_by": "A. Decider, Sample Internet",
    } | more
