"""The stage of statement 1: the real daemon as an ISP runs it, with every way out of it watched.

Its network, its root and its /dev/log are a `Cell`'s. Libraries are asked to tell all they can, by environment.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil

from tests.secrecy.cast import Cast
from tests.secrecy.world import Client, Upstream
from tests.support.cell import INSIDE, OUTSIDE, Cell
from tests.support.certificates import Authority
from tests.support.daemon import MAMORI, Daemon, listing
from tests.support.listbody import ListBody, entry
from tests.support.processes import Child
from tests.support.wiretap import Wiretap

DNS, DOT, DOH, NOTICE, HINT, METRICS = 53, 853, 443, 80, 5353, 9153
SWAPS = Path("/proc/swaps")
# What makes Python, Twisted, OpenSSL and libraries of all kinds say more than they should.
TALKATIVE = {
    "PYTHONWARNINGS": "always",
    "PYTHONDEVMODE": "1",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONASYNCIODEBUG": "1",
    "SSLKEYLOGFILE": "/tmp/tls-keys",
    "TMPDIR": "/tmp",
    **dict.fromkeys(("DEBUG", "VERBOSE", "MAMORI_DEBUG", "MAMORI_VERBOSE", "TWISTED_DEBUG", "TRACE"), "1"),
    **dict.fromkeys(("LOGLEVEL", "LOG_LEVEL", "MAMORI_LOG", "MAMORI_LOG_LEVEL", "PYTHONLOGLEVEL"), "DEBUG"),
}


class CellDaemon(Daemon):
    """The daemon, and its operator's commands, inside a cell."""

    def __init__(self, cell: Cell, program: str, **settings: Any) -> None:
        super().__init__(cell.folder / "isp", f"{OUTSIDE[0]}:53", [], **settings)
        self.cell, self.program = cell, program
        self.port, self.dot_port, self.doh_port, self.notice_port, self.metrics_port = DNS, DOT, DOH, NOTICE, METRICS
        self.ca = Authority(self.folder / "tls")
        issued = self.ca.issue(self.tls_name, ips=INSIDE)
        self.settings |= {
            "listen": [_at(host, DNS) for host in (*INSIDE, "127.0.0.1")],
            "dot": {"listen": [_at(host, DOT) for host in INSIDE]},
            "doh": {"listen": [_at(host, DOH) for host in INSIDE], "path": self.doh_path},
            "tls": {"certificate": str(issued.certificate), "key": str(issued.key), "name": self.tls_name},
            "workers": 2,
            "metrics": {"listen": f"127.0.0.1:{METRICS}"},
            "notices": {"default": self.notice() | {"listen": [_at(host, NOTICE) for host in INSIDE]}},
            "access": {"allow": ["198.18.0.0/15", "2001:db8:1::/64", "127.0.0.0/8", "::1/128"]},
            "rate_limit": {"queries": 300, "burst": 1000, "exempt": []},
            "release": {"enabled": True, "lines_served": 100_000},
            "views": [{"name": "office", "from": ["198.19.133.0/24"], "lists": []}],
            "poll": {"interval": 2, "hint": f"{INSIDE[0]}:{HINT}"},
            "identity": {"nsid": "node-1"},
            "laptop": len(SWAPS.read_text().splitlines()) > 1,
        } | settings

    def start(self, *, wait: bool = True, seconds: float = 60.0) -> Daemon:
        self.write_config()
        command = self.cell.command(self.program, "run", "--config", str(self.config))
        self.child = Child(command, self.folder.parent / "journal", env=_environment())
        if wait:
            self.child.wait_for(lambda: "READY " in self.text(), "READY", seconds)
        return self

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """What an operator types; the environment is as talkative as the daemon's."""
        command = self.cell.command(self.program, *arguments)
        environment = _environment() | {
            "PYTHONDEVMODE": "",
            "PYTHONWARNINGS": "",
        }  # what libraries do is not ours to say
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=60, check=False, env=environment
        )

    def page(self, path: str, headers: dict[str, str] | None = None) -> str:
        """A page of the metrics port, asked from the daemon's own machine: body and headers."""
        request = urllib.request.Request(f"http://127.0.0.1:{METRICS}{path}", headers=headers or {})
        with self.cell.inside():
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return str(answer.headers) + bytes(answer.read()).decode()
            except urllib.error.HTTPError as refused:
                return str(refused.headers) + bytes(refused.read()).decode()

    def metrics(self) -> str:
        return self.page("/metrics").partition("\n\n")[2]

    def is_ready(self) -> bool:
        """What a load balancer is told."""
        return "mamori_ready 1.0" in self.metrics()

    def processes(self) -> list[tuple[str, psutil.Process]]:
        """All of them, with their kind; whatever they started, too."""
        assert self.child is not None
        supervisor = psutil.Process(self.child.pid)
        kind_of = {each.pid: kind for kind in ("worker", "updater", "notice") for each in self.children(kind)}
        children = supervisor.children(recursive=True)
        return [("supervisor", supervisor), *((kind_of.get(each.pid, "stranger"), each) for each in children)]


class Stage:
    """Use as a context: everything runs, and nothing was asked yet. `heard` collects what the product said to whom."""

    def __init__(self, folder: Path, program: str = MAMORI, cast: Cast | None = None, **settings: Any) -> None:
        self.folder = folder
        self.cast = cast or Cast()
        self.heard: dict[str, list[bytes]] = {}
        self.asked: dict[str, set[str]] = {}  # by address: labels its holder asked
        self.searched: dict[bytes, set[str]] = {}
        self.read_in_tls: list[bytes] = []  # answers, as our own clients decrypted them
        self._program, self._settings = program, settings
        self._open = ExitStack()

    def __enter__(self) -> Stage:
        try:
            self._build()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _build(self) -> None:
        cast, enter = self.cast, self._open.enter_context
        cell = self.cell = enter(Cell(self.folder, cast.clients))
        with cell.outside():
            self.upstream = Upstream(cast.labels, OUTSIDE[0])
            self._open.callback(self.upstream.close)
        with cell.inside():
            self.tap = enter(Wiretap("wire", "lo"))
        self.daemon = CellDaemon(cell, self._program, **self._settings)
        entries = [entry(cast.name("listed")), entry(cast.name("below"), "domain"), entry(cast.name("exempt"))]
        key = self.daemon.public_key()
        with cell.inside():
            self.body = ListBody(self.folder / "body", key, [*entries, entry("selftest.hidden.example", test=True)])
        self._open.callback(self.body.stop)
        self.daemon.settings["lists"] = [listing(self.body.root, self.body.url)]
        with cell.inside():  # so totals are released, and the notice says that nothing is recorded
            self.daemon.pass_preflight()
        self.daemon.start()
        self._open.callback(self.daemon.stop)
        trust = self.daemon.trust()
        trust.check_hostname = False  # also for names that are markers
        self.clients = [
            Client(address, INSIDE[1] if ":" in address else INSIDE[0], trust, self.daemon.tls_name)
            for address in cast.clients
        ]
        self.series_at_start = series(self.daemon.metrics())
        self.written_at_start = {str(path.relative_to(cell.written)) for path in cell.written.rglob("*")}

    def hear(self, place: str, *said: bytes | str) -> None:
        """Keep what the product said, to be searched."""
        self.heard.setdefault(place, []).extend(each.encode() if isinstance(each, str) else each for each in said)

    def until(self, condition: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"{what}: not within {seconds} s\n{self.daemon.text()[-3000:]}"
            time.sleep(0.05)

    def kill(self, kind: str, number: int = signal.SIGKILL) -> None:
        """End the oldest process of a kind, and wait for another."""
        victim = self.daemon.children(kind)[0]
        expected = len(self.daemon.children(kind))
        os.kill(victim.pid, number)

        def replaced() -> bool:
            living = self.daemon.children(kind)
            return victim not in living and len(living) == expected

        self.until(replaced, f"another {kind}")

    def outside(self, work: Callable[[], None]) -> threading.Thread:
        """Begin something at the clients' side, beside the rest."""

        def there() -> None:
            with self.cell.outside():
                work()

        thread = threading.Thread(target=there)
        thread.start()
        return thread


def series(metrics: str) -> set[str]:
    """The series of /metrics, without their values."""
    return {line.rsplit(" ", 1)[0] for line in metrics.splitlines() if line and not line.startswith("#")}


def _at(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
    return kept | TALKATIVE
