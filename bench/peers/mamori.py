"""Mamori as it is run, native or pure, with a list of real signatures; its worker alone has the server's core."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench.generator import CORE, SERVER_CORE, Target
from bench.lists.gauge import MB
from bench.peers.asking import ADDRESSES, is_listed
from bench.peers.unbound import RATE
from bench.questions import listed_name
from bench.site import Site
from native import REQUIRE, SWITCH
from tests.support.daemon import Daemon, listing
from tests.support.ports import free_port

CACHE_BYTES = 2 << 30  # holds every name of the workloads, as the peers' caches do
POLL_SECONDS = 300  # as rarely as it may be: a new list is announced by a hint
INDEX_MEMORY = "memfd:mamori-index"  # resolver/edge/sealed_memory.py
QUIET_SECONDS, QUIET_SHARE = 0.5, 0.1  # all its processes together use less of a core than this
KINDS = {"mamori": {REQUIRE: "1"}, "mamori-pure": {SWITCH: "off"}}
# What the rate limit and cookies are measured with: nobody exempt, so that every query is counted.
FEATURES = {"rate_limit": {"queries": RATE, "burst": 10 * RATE, "exempt": []}, "cookies": {"enabled": True}}


class Mamori:
    """One running daemon; `kind` is a key of KINDS."""

    def __init__(
        self, folder: Path, upstream: int, listed: int, kind: str = "mamori", *, filler: int = 0,
        encrypted: bool = False, **settings: Any,
    ) -> None:  # fmt: skip
        self.name = kind
        self.hint = free_port()
        settings = settings | {
            "cache": {"bytes": CACHE_BYTES, "prefetch": False},
            "poll": {"interval": POLL_SECONDS, "hint": f"127.0.0.1:{self.hint}"},
            "self_test": {"enabled": False},
        }
        self.daemon = Daemon(folder, f"127.0.0.1:{upstream}", [], **settings)
        if encrypted:
            self.daemon.encrypt()
        self.site = Site(folder / "site", (self.daemon.public_key(),), listed, filler)
        self.daemon.settings["lists"] = [listing(self.site.root, self.site.url)]
        try:
            with environment(KINDS[kind]):
                self.daemon.start(seconds=120)
            self._wait_listed(listed_name(listed - 1))
            self.pin()
            self._wait_quiet()
        except BaseException:
            self.stop()
            raise

    def pin(self) -> None:
        """The worker and the spare to the server's core, all else beside the generator; two workers have both cores."""
        workers = [process.pid for process in self.daemon.children("worker")]
        cores = (SERVER_CORE, CORE) if self.daemon.settings["workers"] > 1 else (SERVER_CORE,)
        place = {pid: cores[number % len(cores)] for number, pid in enumerate(workers)}
        for process in self._processes():
            for thread in process.threads():
                os.sched_setaffinity(thread.id, {place.get(process.pid, CORE)})

    def target(self, family: int = 4) -> Target:
        """The worker that has worked: another one waits as a spare."""
        workers = self.daemon.children("worker")
        busiest = max(workers, key=lambda process: sum(process.cpu_times()[:2]))
        return Target(self.name, ADDRESSES[family], self.daemon.port, busiest.pid)

    def publish(self, more: int) -> str:
        """Put the next version out; return the last name it lists. `announce` makes the updater fetch it."""
        self.site.publish(more)
        return listed_name(self.site.listed - 1)

    def announce(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", ("127.0.0.1", self.hint))

    def is_listed(self, name: str) -> bool:
        """Whether the name is answered with the notice."""
        return is_listed(self.daemon.port, name)

    def index_mb(self) -> float:
        """Megabytes of the indexes that its processes map, each piece of memory once (proc(5): /proc/PID/maps)."""
        pieces = {}
        for process in self._processes():
            for line in Path(f"/proc/{process.pid}/maps").read_text().splitlines():
                if INDEX_MEMORY in line:
                    (low, high), inode = line.split()[0].split("-"), line.split()[4]
                    pieces[inode] = int(high, 16) - int(low, 16)
        return sum(pieces.values()) / MB

    def stop(self) -> None:
        self.daemon.stop()
        self.site.stop()

    def _processes(self) -> list[psutil.Process]:
        assert self.daemon.child is not None
        supervisor = psutil.Process(self.daemon.child.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def _wait_quiet(self) -> None:
        """Until the spare has started, too: its processor time would count as a worker's."""
        worked, before = self._worked(), -1.0
        while worked - before > QUIET_SHARE * QUIET_SECONDS:
            time.sleep(QUIET_SECONDS)
            before, worked = worked, self._worked()

    def _worked(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self._processes())

    def _wait_listed(self, name: str) -> None:
        assert self.daemon.child is not None
        self.daemon.child.wait_for(lambda: self.is_listed(name), "the list in force", 120)


@contextmanager
def environment(words: dict[str, str]) -> Iterator[None]:
    """What a child started here inherits, and nothing of the two switches beside it."""
    before = dict(os.environ)
    for name in (REQUIRE, SWITCH):
        os.environ.pop(name, None)
    os.environ.update(words)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
