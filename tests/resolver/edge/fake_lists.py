"""Subscriptions without network and disk, and the updater's surroundings."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock

from blocklist.compiling import ListImage, compile_index
from blocklist.tokens import KEY_BYTES
from blocklist.trust.compile import without
from blocklist.trust.local.exemptions import Exemption
from blocklist.trust.outcome import Kind, ListStatus, Outcome
from blocklist.trust.reasons import REASONS
from blocklist.trust.rules.departures import LeftOut
from resolver.edge.updating.sources import Sources


class FakeList:
    """A list whose versions and outcomes the test sets; version 0 is none."""

    def __init__(self, list_id: str, version: int = 0) -> None:
        self.list_id, self.version = list_id, version
        self.outcome = Outcome(Kind.UNCHANGED)
        self.calls: list[str] = []
        self.good: list[int] = []
        self.fails: Exception | None = None
        self.added: list[bytes] = []  # tokens first enforced with this version
        self.watched = True  # they count as fresh
        self.confirms = 0  # versions since the set changed: they have the same one
        self.out = 0  # 1: its one entry is withdrawn
        self.published: float | None = None

    def load(self) -> bool:
        if self.fails:
            raise self.fails
        return bool(self.version)

    def _did(self, verb: str) -> Outcome:
        self.calls.append(verb)
        if self.fails:
            raise self.fails
        return self.outcome

    def refresh(self) -> Outcome:
        return self._did("refresh")

    def accept(self) -> Outcome:
        return self._did("accept")

    def reject(self) -> Outcome:
        return self._did("reject")

    def explain(self) -> dict[str, Any]:
        return {"list_id": self.list_id, "todo": ["nothing"]}

    def rollback(self) -> Outcome:
        return self._did("rollback")

    def mark_good(self, version: int) -> None:
        self.good.append(version)

    def set_aside(self, guard: str, version: int) -> Outcome:
        self.added = self.added if self.fails else []
        return self._did(f"{guard} {version}")

    def unproven(self) -> bytes:
        return b"" if self.version in self.good else b"".join(sorted(self.added))

    def image(self, exemptions: Sequence[Exemption]) -> ListImage | None:
        if not self.version:
            return None
        tokens = sorted([bytes([self.version - self.confirms]) * 16, *self.added][self.out :])
        records = b"".join(token + b"\x01\x80" for token in tokens)
        exempt = frozenset(each.wire.ljust(16, b"\0") for each in exemptions)
        return ListImage(
            self.list_id, bytes(KEY_BYTES), date(2026, 11, 1), records, exempt, b"".join(sorted(self.added))
        )

    def left_out(self) -> LeftOut:
        return LeftOut(bytes([self.version - self.confirms]) * 16 if self.out else b"")

    def status(self) -> ListStatus:
        return ListStatus(
            list_id=self.list_id,
            version=self.version,
            age_seconds=1.0,
            entries=len(self.added) + (0 if self.out or not self.version else 1),
            held_entries=0,
            held_by=(),
            enforcing=bool(self.version),
            last_outcome=self.outcome,
            failures=dict.fromkeys(REASONS, 0),
            clock_suspect=False,
            next_expiry=None,
            withdrawn=self.out,
            published_at=self.published,
        )


class ReadingClock(Clock):
    """Timers of the test, and the readers that were given to it."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: set[Any] = set()

    def addReader(self, reader: Any) -> None:  # noqa: N802
        self.readers.add(reader)

    def removeReader(self, reader: Any) -> None:  # noqa: N802
        self.readers.discard(reader)


class Surroundings:
    """What an updater needs: sources, a clock, and threads that finish at once or when the test lets them."""

    def __init__(self, *lists: FakeList, guarded: bool = True) -> None:
        self.clock = ReadingClock()
        self.lists = {each.list_id: each for each in lists}
        self.exempt: tuple[Exemption, ...] = ()
        self.due: float | None = None
        self.offset = 0.0
        self.compile_fault: Exception | None = None
        self.sent: list[dict[str, Any]] = []
        self.sizes: list[int] = []
        self.held: list[tuple[Deferred[Any], Any, tuple[Any, ...]]] | None = None
        self.sources = Sources(
            lists=self.lists,
            exempt=lambda: self.exempt,
            compile=self._compile,
            next_change=lambda: self.due,
            now=self.clock.seconds,
            clock_offset=lambda: self.offset,
            broken={"broken": "lists[9].root: no such file"},
            canary=frozenset(self.lists if guarded else ()),
            breaker=frozenset(self.lists if guarded else ()),
        )

    def _compile(self, but: Mapping[str, bytes]) -> bytes:
        if self.compile_fault:
            raise self.compile_fault
        images = [each.image(self.exempt) for each in self.lists.values()]
        left = [without(image, but.get(image.list_id, b"")) for image in images if image]
        return compile_index(left, clock_offset=0.0)

    def send(self, message: dict[str, Any], fds: Sequence[int] = ()) -> None:
        self.sent.append(message)
        self.sizes += [os.fstat(fd).st_size for fd in fds]

    def defer(self, work: Any, *arguments: Any) -> Deferred[Any]:
        if self.held is None:
            return maybeDeferred(work, *arguments)
        waiting: Deferred[Any] = Deferred()
        self.held.append((waiting, work, arguments))
        return waiting

    def release(self) -> None:
        """Let the oldest thread finish."""
        assert self.held is not None
        waiting, work, arguments = self.held.pop(0)
        maybeDeferred(work, *arguments).chainDeferred(waiting)

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["type"] == kind]


def exemption(wire: bytes = b"\x01x\x00") -> Exemption:
    return Exemption("1", "host", wire, 1e12)
