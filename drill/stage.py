"""Where a drill takes place: one folder, ports of its own, the tutorial's blocks typed into a shell there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from drill.book import Block
from tests.support.ports import free_port
from tests.support.processes import Child

PORTS = (
    "DNS_A",
    "DNS_B",
    "METRICS_A",
    "METRICS_B",
    "NOTICE_A",
    "NOTICE_B",
    "MIRROR_A",
    "MIRROR_B",
    "FRONT_A",
    "FRONT_B",
)
BLOCK_SECONDS = 600  # the longest a block may take: an import and two approvals of 25,000 entries on a busy machine


class DrillFault(Exception):
    """The drill did not show what it has to; the message says what was seen."""


class Stage:
    """Runs blocks; what goes on in the background ends with `close`."""

    def __init__(self, folder: Path, blocks: Mapping[str, Block], say: Callable[[str], None]) -> None:
        self.folder, self.say = folder, say
        self._blocks = dict(blocks)
        self._children: dict[str, Child] = {}
        self.ports = {name: free_port() for name in PORTS}
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("COV", "MAMORI_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}{os.pathsep}/usr/sbin"
        self.environment = kept | {"PATH": path} | {name: str(port) for name, port in self.ports.items()}

    def type(self, name: str, **variables: str) -> str:
        """Type a block and wait for its end; return what it printed. DrillFault when a command fails."""
        done = self.attempt(name, **variables)
        if done.returncode:
            raise DrillFault(f"{name}: exit code {done.returncode}\n{done.stdout[-4000:]}")
        return done.stdout

    def attempt(self, name: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Type a block; the caller looks at the exit code."""
        self.say(f"· {name}")
        return subprocess.run(
            ["sh", "-e", "-c", self._blocks[name].text],
            cwd=self.folder,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=BLOCK_SECONDS,
            check=False,
        )

    def start(self, name: str, ready: Callable[[Child], bool], seconds: float = 60.0) -> Child:
        """Start a block that goes on, and wait until it is ready."""
        block = self._blocks[name]
        if not block.goes_on:
            raise DrillFault(f"the tutorial does not say that {name} goes on")
        self.say(f"· {name} (goes on)")
        return self.run(name, ["sh", "-e", "-c", f"exec {block.text.strip()}"], ready, seconds)

    def run(self, name: str, command: list[str], ready: Callable[[Child], bool], seconds: float = 60.0) -> Child:
        """Start a program that goes on until `close`."""
        child = Child(
            command, self.folder / f"{name}.out", cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL
        )
        self._children[name] = child
        child.wait_for(lambda: ready(child), name, seconds)
        return child

    def stop(self, name: str) -> None:
        """End a block that goes on."""
        self._children.pop(name).stop()

    def close(self) -> None:
        """End all that goes on, the last started first."""
        for name in reversed(list(self._children)):
            self.stop(name)


def seconds_until(done: Callable[[], bool], most: float, what: str, pause: float = 0.1) -> float:
    """Return how long it took until `done()`. DrillFault after `most` seconds."""
    start = time.monotonic()
    while not done():
        if time.monotonic() - start > most:
            raise DrillFault(f"{what}: not within {most:.0f} s")
        time.sleep(pause)
    return time.monotonic() - start
