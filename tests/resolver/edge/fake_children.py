"""A launcher that starts nothing: the test plays the children."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from resolver.edge.channel import Message
from resolver.edge.supervision.children import OnExit, OnMessage

NO_PROCESS = 1 << 30  # beyond what Linux gives out: nobody else's use of the machine is read as a fake child's


class FakeChild:
    """What was sent to it, and the child's own voice: `say` and `die`."""

    def __init__(self, kind: str, pid: int, on_message: OnMessage, on_exit: OnExit) -> None:
        self.kind, self.pid = kind, pid
        self.sent: list[Message] = []
        self.fds: list[int] = []
        self.killed = self.dead = False
        self._on_message, self._on_exit = on_message, on_exit

    def send(self, message: Message, fds: Sequence[int] = ()) -> None:
        self.sent.append(message)
        self.fds.append(len(fds))

    def kill(self) -> None:
        self.killed = True
        self.die("sigkill")

    def say(self, message: Message, fds: Sequence[int] = ()) -> None:
        self._on_message(message, [os.dup(fd) for fd in fds])

    def die(self, reason: str = "sigkill") -> None:
        if not self.dead:
            self.dead = True
            self._on_exit(reason)

    def told(self, kind: str) -> list[Message]:
        return [message for message in self.sent if message["type"] == kind]

    # a worker's usual answers

    def ready(self) -> None:
        """Settings parsed and the newest index, if it was given one, mapped."""
        self.say({"type": "ready"})
        self.take_index()

    def take_index(self) -> None:
        if self.told("index"):
            self.say({"type": "index_active", "generation": self.told("index")[-1]["generation"]})

    def serve(self) -> None:
        self.say({"type": "serving", "slot": self.told("slot")[-1]["slot"]})


class FakeLauncher:
    """Keeps all children it was asked for."""

    def __init__(self) -> None:
        self.children: list[FakeChild] = []

    def launch(self, kind: str, on_message: OnMessage, on_exit: OnExit) -> FakeChild:
        child = FakeChild(kind, NO_PROCESS + len(self.children), on_message, on_exit)
        self.children.append(child)
        return child

    def hand_over(self, keep: Callable[[int], int]) -> list[Message]:
        return [{"pid": child.pid, "fd": None, "behind": False} for child in self.children if not child.dead]

    def adopt(self, handed: Message, on_message: OnMessage, on_exit: OnExit) -> FakeChild:
        child = FakeChild("adopted", handed["pid"], on_message, on_exit)
        self.children.append(child)
        return child

    def living(self, kind: str) -> list[FakeChild]:
        return [child for child in self.children if child.kind == kind and not child.dead]

    def newest(self, kind: str) -> FakeChild:
        return self.living(kind)[-1]


class FakeSockets:
    """A slot's sockets that only remember whether they were opened or closed."""

    listeners = ()

    def __init__(self) -> None:
        self.opened = self.closed = False

    def open(self) -> None:
        self.opened = True

    def close(self) -> None:
        self.closed = True

    def describe(self) -> list[dict[str, str]]:
        return [{"kind": "udp", "address": "127.0.0.1:53"}]

    def filenos(self) -> list[int]:
        return [0]


def memfd(data: bytes = b"index") -> Any:
    from resolver.edge.sealed_memory import sealed_memory

    return sealed_memory(data)
