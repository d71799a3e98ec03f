"""A core that does what a test tells it, in place of `resolver.core.forwarder.Forwarder`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import define, field

from resolver.core.access import host_of
from resolver.core.door import Door
from resolver.core.trouble import Trouble
from resolver.core.upstream_query import UpstreamQuery
from resolver.edge.faults import Faults
from resolver.edge.limits import PumpLimits
from resolver.edge.serving.pump import Dial, Pump


def asking(attempt: int, upstream: int = 0, transport: int = 0) -> UpstreamQuery:
    """An upstream query as the core hands it out."""
    return UpstreamQuery(attempt, upstream, transport, b"question")


class MissingAll:
    """A hit path that knows nothing, so that the core below is asked."""

    kind = "pure"

    def answer(self, packet: bytes, address: bytes, door: Door, now: float) -> bytes | None:
        return None


@define(eq=False)
class FakeCore:
    """Answers `echo:` at once, `big:` with more than a datagram, raises on `bug:`; every other question waits."""

    waiting: list[tuple[Any, bytes]] = field(factory=list)
    hosts: list[str] = field(factory=list)
    queries: list[UpstreamQuery] = field(factory=list)
    answers: list[tuple[object, bytes]] = field(factory=list)
    closes: list[int] = field(factory=list)
    failed: list[int] = field(factory=list)
    troubles: list[Trouble] = field(factory=list)
    responses: list[tuple[int, bytes]] = field(factory=list)
    response_is_final: bool = True
    deadline: float | None = None
    deadlines: list[float] = field(factory=list)
    bug: bool = False
    flush_bug: bool = False
    retry: UpstreamQuery | None = None
    strangers: set[str] = field(factory=set)
    hit_path: Any = field(factory=MissingAll)

    def admits(self, host: str) -> bool:
        return host not in self.strangers

    def receive_missed(self, data: bytes, address: bytes, door: Door, peer: object, now: float) -> bytes | None:
        return self.receive_query(data, host_of(address), door, peer, now)

    def receive(self, data: bytes, address: bytes, door: Door, peer: object, now: float) -> bytes | None:
        return self.receive_query(data, host_of(address), door, peer, now)

    def receive_query(self, data: bytes, host: str, door: Door, peer: object, now: float) -> bytes | None:
        self.hosts.append(host)
        if data.startswith(b"bug:"):
            raise ValueError(data)
        if data.startswith(b"echo:"):
            return b"answer:" + data[5:]
        if data.startswith(b"big:"):
            return bytes(70_000)
        self.waiting.append((peer, data))
        return None

    def receive_response(self, data: bytes, attempt: int, now: float) -> bool:
        if data.startswith(b"bug:"):
            raise ValueError(data)
        self.responses.append((attempt, data))
        return self.response_is_final

    def attempts_failed(self, attempts: Iterable[int], now: float, trouble: Trouble = Trouble.UNREACHABLE) -> None:
        self.failed += attempts
        self.troubles.append(trouble)
        if self.retry is not None:
            self.queries.append(self.retry)
            self.retry = None

    def queries_to_send(self) -> list[UpstreamQuery]:
        if self.flush_bug:
            raise ValueError("a name")
        taken, self.queries = self.queries, []
        return taken

    def answers_to_send(self) -> list[tuple[object, bytes]]:
        taken, self.answers = self.answers, []
        return taken

    def attempts_to_close(self) -> list[int]:
        taken, self.closes = self.closes, []
        return taken

    def next_deadline(self) -> float | None:
        return self.deadline

    def handle_deadline(self, now: float) -> None:
        self.deadlines.append(now)
        if self.bug:
            raise ValueError("a name")
        self.deadline = None

    def answer(self, number: int = 0) -> None:
        """Answer a waiting question, in capitals."""
        peer, data = self.waiting.pop(number)
        self.answers.append((peer, data.upper()))


def make_pump(core: FakeCore, clock: Any, *dials: Dial, limits: PumpLimits | None = None) -> tuple[Pump, list[Any]]:
    """A pump around `core`, and the list its fault reports end up in."""
    limits = limits or PumpLimits()
    reports: list[Any] = []
    return Pump(core, clock, dials, Faults(reports.append, clock.seconds, limits), limits), reports
