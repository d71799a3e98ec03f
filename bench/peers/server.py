"""A peer that is one process with a configuration file of its own on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from bench.generator import SERVER_CORE, Target
from bench.peers.asking import ADDRESSES, answered
from tests.support.ports import free_port
from tests.support.processes import Child


class Peer(Protocol):
    """Whatever can be put under load."""

    name: str

    def target(self, family: int = 4) -> Target:
        """Where it answers."""

    def stop(self) -> None:
        """End it."""


class Server:
    """Started with the command that each subclass gives, on the server's core; ready when it answers."""

    name: str

    def __init__(self, folder: Path, upstream: int, listed: int, *, features: bool = False) -> None:
        self.folder, self.port = folder, free_port()
        folder.mkdir()
        command = ["taskset", "-c", str(SERVER_CORE), *self.prepare(upstream, listed, features)]
        self._child = Child(command, folder / "peer.out")
        self._child.wait_for(self._answers, self.name, 120)

    def prepare(self, upstream: int, listed: int, features: bool) -> list[str]:
        """Write the configuration; return the command."""
        raise NotImplementedError

    def target(self, family: int = 4) -> Target:
        return Target(self.name, ADDRESSES[family], self.port, self._child.pid)

    def stop(self) -> None:
        self._child.stop()

    def _answers(self) -> bool:
        return all(answered(address, self.port) is not None for address in ADDRESSES.values())
