"""The ceiling: our echo, a process for each address family."""

from __future__ import annotations

from pathlib import Path

from bench.generator import SERVER_CORE, Target
from bench.peers.asking import ADDRESSES, answered
from tests.support.ports import free_port
from tests.support.processes import Child


class Echo:
    """Gives every datagram back with QR set; `more` zero bytes make it as long as a resolver's answer."""

    def __init__(self, program: Path, folder: Path, *, more: int = 0, name: str = "echo") -> None:
        self.name, self.port = name, free_port()
        self._children = {
            family: Child(
                ["taskset", "-c", str(SERVER_CORE), str(program), address, str(self.port), str(more)],
                folder / f"{name}{family}.out",
            )
            for family, address in ADDRESSES.items()
        }

        for family, child in self._children.items():
            child.wait_for(lambda at=ADDRESSES[family]: answered(at, self.port) is not None, "the echo")

    def target(self, family: int = 4) -> Target:
        return Target(self.name, ADDRESSES[family], self.port, self._children[family].pid, is_echo=True)

    def stop(self) -> None:
        for child in self._children.values():
            child.stop()
