"""The soak's clients, a process of its own: `python -m soak.load` reads one JSON object of settings from its input.

Questions leave at an even pace, seven of ten over UDP and one each over TCP, DoT and DoH. Each has three tries of one
second, as a stub resolver gives; a line that is lost within a try is opened again at once. A second after its input
ends, or when its time is over, it prints one JSON object of what became of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import sys
import time
from collections import Counter

from attrs import asdict, define, field

from soak.lines import Framed, Https, Kept, Line, Server, Udp

TRIES = 3
TRY_SECONDS = 1.0
REOPEN_SECONDS = 0.02  # before a lost line is opened again
LINES = {"udp": 8, "tcp": 4, "dot": 4, "doh": 4}
SHARES = ("udp",) * 7 + ("tcp", "dot", "doh")
KNOWN_NAMES = 200
TICK_SECONDS = 0.005
NOERROR, NXDOMAIN = 0, 3
_OPT = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"


@define
class Plan:
    """What to ask, whom and for how long."""

    ports: dict[str, int]
    ca: str
    name: str
    path: str
    rate: int
    seconds: float
    listed: list[str]
    notice: str


@define
class Figures:
    """What became of the questions."""

    queries: int = 0
    lost: int = 0
    wrong: int = 0
    """Answers with another rcode or question, listed names not blocked, others blocked."""
    tries: int = 0
    slowest: float = 0.0
    """Seconds from a question to its answer, tries included."""
    by_transport: Counter[str] = field(factory=Counter)
    lost_by_transport: Counter[str] = field(factory=Counter)


@define
class Load:
    """All clients."""

    plan: Plan
    figures: Figures = field(factory=Figures)
    _lines: dict[str, list[Line]] = field(init=False)
    _tasks: set[asyncio.Task[None]] = field(factory=set, init=False)

    async def run(self, stop: asyncio.Event) -> None:
        """Ask until told to stop or the time is over, then wait for what is on the way."""
        self._lines = {kind: [self._line(kind) for _ in range(count)] for kind, count in LINES.items()}
        began, sent = time.monotonic(), 0
        while not stop.is_set() and time.monotonic() - began < self.plan.seconds:
            due = int((time.monotonic() - began) * self.plan.rate)
            for number in range(sent, due):
                task = asyncio.create_task(self._ask(number))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            sent = due
            await asyncio.sleep(TICK_SECONDS)
        if self._tasks:
            await asyncio.wait(self._tasks)
        for lines in self._lines.values():
            for line in lines:
                line.close()
        await asyncio.sleep(0.1)

    def _line(self, kind: str) -> Line:
        plan = self.plan
        port = plan.ports[kind]
        if kind == "udp":
            return Udp(port)
        if kind == "tcp":
            return Kept(Server(port), Framed)
        context = ssl.create_default_context(cafile=plan.ca)
        if kind == "dot":
            return Kept(Server(port, context, plan.name), Framed)
        context.set_alpn_protocols(["h2"])
        return Kept(Server(port, context, plan.name), Https, plan.path)

    async def _ask(self, number: int) -> None:
        kind = SHARES[number % len(SHARES)]
        lines = self._lines[kind]
        line = lines[number // len(SHARES) % len(lines)]
        name = self._name(number)
        wire = _question(name)
        figures = self.figures
        figures.queries += 1
        figures.by_transport[kind] += 1
        began = time.monotonic()
        for _ in range(TRIES):
            figures.tries += 1
            with contextlib.suppress(TimeoutError):
                answer = await asyncio.wait_for(_insist(line, wire), TRY_SECONDS)
                figures.slowest = max(figures.slowest, time.monotonic() - began)
                figures.wrong += not self._is_right(name, wire, answer)
                return
        figures.lost += 1
        figures.lost_by_transport[kind] += 1

    def _name(self, number: int) -> str:
        """Mostly names asked before; one of ten new, one of ten listed, one of a hundred does not exist."""
        if number % 100 == 50:
            return f"no{number % 5000}.gone.example"
        step = number // len(SHARES) % 10
        if step == 3:
            return f"new{number}.www.example"
        if step == 7:
            return self.plan.listed[number % len(self.plan.listed)]
        return f"w{number % KNOWN_NAMES}.www.example"

    def _is_right(self, name: str, wire: bytes, answer: bytes) -> bool:
        """The question as asked, a sound rcode, and the notice address if, and only if, the name is listed."""
        end = len(wire) - len(_OPT)
        if answer[12:end] != wire[12:end] or answer[3] & 0x0F not in (NOERROR, NXDOMAIN):
            return False
        return (socket.inet_aton(self.plan.notice) in answer[end:]) is (name in self.plan.listed)


def _question(name: str) -> bytes:
    """An A query of class IN with RD and an OPT; its id is the line's to set."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return b"\0\0\1\0\0\1\0\0\0\0\0\1" + labels + b"\0\0\1\0\1" + _OPT


async def _insist(line: Line, wire: bytes) -> bytes:
    while True:
        try:
            return await line.exchange(wire)
        except ConnectionError:
            await asyncio.sleep(REOPEN_SECONDS)


async def _main() -> None:
    load = Load(Plan(**json.loads(sys.stdin.readline())))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, stop.set)  # its end is the sign
    await load.run(stop)
    print(json.dumps(asdict(load.figures)))


if __name__ == "__main__":
    asyncio.run(_main())
