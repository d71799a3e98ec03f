"""The dry canary's conductor: a new index is tried on what customers use now before it is put in force.

Every serving worker decides its own cache by it and marks, in memory shared for this one trial, which additions are in
use. What comes out is one word a list: held or not. A worker that dies or is slow holds nothing up: what is marked
counts, and after 10 seconds the trial is over. A newer index ends it without a result.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from resolver.core.canary import CanaryLimits
from resolver.edge.channel import Message
from resolver.edge.supervision.fresh_memory import FreshMemory
from resolver.edge.supervision.pool import WorkerPool
from resolver.edge.supervision.workers import Worker

OnTried = Callable[[int, Message, list[str]], None]
"""Gets the index's descriptor back, its message, and the lists too much of whose additions is in use."""


@define(eq=False)
class _Running:
    """One trial under way."""

    fd: int
    message: Message
    memory: FreshMemory
    waiting_for: list[Worker]
    timer: IDelayedCall


@define(eq=False)
class Trial:
    """At most one trial at a time."""

    clock: IReactorTime
    pool: WorkerPool
    on_tried: OnTried
    limits: CanaryLimits = field(factory=CanaryLimits)
    _number: int = field(default=0, init=False)
    _running: _Running | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.pool.on_tried = self._heard
        self.pool.on_gone = self._gone

    def begin(self, fd: int, message: Message) -> None:
        """Try an index, handed over with `fresh` and `trial`; `on_tried` follows, at once where nobody answers."""
        self.abandon()
        memory = FreshMemory.if_possible(message["fresh"], 0)
        if memory is None:
            self.on_tried(fd, message, [])
            return
        self._number += 1
        asked = self.pool.ask_serving({"type": "try", "trial": self._number}, [fd, memory.fd])
        timer = self.clock.callLater(self.limits.seconds, self._end)
        self._running = _Running(fd, message, memory, asked, timer)
        self._look()

    def abandon(self) -> None:
        """Forget the trial under way, if there is one: its index is out of date."""
        running = self._close()
        if running is not None:
            os.close(running.fd)

    def _heard(self, worker: Worker, number: int) -> None:
        if number == self._number:
            self._gone(worker)

    def _gone(self, worker: Worker) -> None:
        running = self._running
        if running is not None and worker in running.waiting_for:
            running.waiting_for.remove(worker)
            self._look()

    def _look(self) -> None:
        """End it when all have answered, or earlier when what they marked holds a list anyway."""
        running = self._running
        if running is not None and (not running.waiting_for or _in_use(running.memory, running.message["trial"])):
            self._end()

    def _end(self) -> None:
        running = self._running
        assert running is not None
        in_use = _in_use(running.memory, running.message["trial"])
        self._close()
        self.on_tried(running.fd, running.message, in_use)

    def _close(self) -> _Running | None:
        running, self._running = self._running, None
        if running is not None:
            if running.timer.active():
                running.timer.cancel()
            running.memory.close()
        return running


def _in_use(memory: FreshMemory, plan: Sequence[Mapping[str, Any]]) -> list[str]:
    seen = memory.seen()
    return [each["list_id"] for each in plan if seen[each["list_id"]].different >= each["most"]]
