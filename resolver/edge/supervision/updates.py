"""The supervisor's side of the talk with the updater: indexes in, activations out, operators' commands through."""

import os
import socket
from collections.abc import Callable
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from resolver.edge.channel import Message
from resolver.edge.sealed_memory import is_sealed
from resolver.edge.supervision.breaker import Breaker
from resolver.edge.supervision.children import Child, Keeper, Launcher
from resolver.edge.supervision.latency import Latencies
from resolver.edge.supervision.list_board import ListBoard
from resolver.edge.supervision.pool import WorkerPool
from resolver.edge.supervision.trial import Trial

Reply = dict[str, Any]
COMMAND_SECONDS = 300.0  # the longest a command may take; a mirror is tried for up to 120 s


@define(eq=False)
class Updates:
    """Owns the updater child."""

    clock: IReactorTime
    launcher: Launcher
    pool: WorkerPool
    board: ListBoard
    latencies: Latencies
    on_change: Callable[[], None]
    on_death: Callable[[str, str], None]
    on_fault: Callable[[str, Message], None]
    keeper: Keeper = field(init=False)
    _trial: Trial = field(init=False)
    _breaker: Breaker = field(init=False)
    _raw: dict[str, Any] = field(factory=dict, init=False)
    _hint: socket.socket | None = field(default=None, init=False)
    _handed_over: dict[int, Message] = field(factory=dict, init=False)  # by generation
    _asked: dict[int, tuple[Deferred[Reply], IDelayedCall]] = field(factory=dict, init=False)
    _last_id: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.keeper = Keeper("updater", self.clock, self.launcher, self._greet, self._heard, self._died)
        self.pool.on_activated = self._activated
        self._trial = Trial(self.clock, self.pool, self._tried)
        self._breaker = Breaker(
            self.clock, self._queries, lambda list_id: self.command("breaker", list_id), self.pool.stop_marking
        )

    def start(self, raw: dict[str, Any], hint: socket.socket | None = None) -> None:
        """Start the updater; every updater is given the port of push hints, where there is one."""
        self._raw, self._hint = raw, hint
        self.keeper.start()

    def stop(self, stopped: Callable[[], None]) -> None:
        """End the updater, and every trial and watch; then call `stopped`."""
        self._trial.abandon()
        self._breaker.stop()
        self.pool.stop_marking()
        if self._hint is not None:
            self._hint.close()
        self.keeper.stop(stopped)

    def renew(self, raw: dict[str, Any]) -> None:
        """Replace it by one with new settings."""
        self._raw = raw
        self._forget()
        self.keeper.renew()

    def command(self, verb: str, list_id: str | None, by: int | None = None) -> Deferred[Reply]:
        """Have the updater do something, for a user; {"ok", "text", "data"} when it is done and in force."""
        self._last_id += 1
        message = {"type": "command", "id": self._last_id, "verb": verb, "list_id": list_id, "by": by}
        if not self.keeper.send(message):
            return succeed(_no("the updater is being started again: try once more in a few seconds"))
        waiting: Deferred[Reply] = Deferred()
        late = _no("the updater has not answered: see `mamori status`")
        timer = self.clock.callLater(COMMAND_SECONDS, self._answer, self._last_id, late)
        self._asked[self._last_id] = (waiting, timer)
        return waiting

    def hand_over(self, keep: Callable[[int], int]) -> int | None:
        """The socket of push hints, for the code that comes after us. What is marked of fresh entries is forgotten."""
        self._forget()
        self._breaker.stop()
        self.pool.stop_marking()
        return None if self._hint is None else keep(self._hint.fileno())

    @property
    def settled(self) -> bool:
        """Whether the updater has looked at the disk and what it found is in force."""
        return self.board.reported and not self._handed_over

    def _greet(self, child: Child) -> None:
        child.send({"type": "start", "settings": self._raw}, [] if self._hint is None else [self._hint.fileno()])

    def _heard(self, message: Message, fds: list[int]) -> None:
        kind = message.get("type")
        if kind == "index" and len(fds) == 1 and is_sealed(fds[0]):
            self._take(fds.pop(), message)
        elif kind == "status":
            self.board.hear(message)
            self.on_change()
        elif kind == "selftest":
            self.board.tested(message["list_id"], message["result"])
        elif kind == "result":
            self._answer(message["id"], {key: message[key] for key in ("ok", "text", "data")})
        elif kind == "fault":
            self.on_fault("updater", message)
        for fd in fds:
            os.close(fd)

    def _take(self, fd: int, message: Message) -> None:
        """A new index: tried first where its additions are new, else put in force at once."""
        self._trial.abandon()
        if message["trial"]:
            self._trial.begin(fd, message)
        else:
            self._put_in_force(fd, message)

    def _tried(self, fd: int, message: Message, in_use: list[str]) -> None:
        if not in_use:
            self._put_in_force(fd, message)
            return
        os.close(fd)
        self.keeper.send({"type": "in_use", "generation_hint": message["generation_hint"], "lists": in_use})

    def _put_in_force(self, fd: int, message: Message) -> None:
        marks = self._breaker.watch(message["fresh"], len(self.pool.slots))
        self._handed_over = {self.pool.set_index(fd, marks): message}

    def _queries(self) -> int:
        return sum(self.pool.tally.totals().queries.values())

    def _activated(self, generation: int) -> None:
        message = self._handed_over.pop(generation, None)
        if message is None:
            return
        self.board.activate(message["lists"])
        self.latencies.activated(message["lists"])
        hint = message["generation_hint"]
        self.keeper.send({"type": "activated", "generation": generation, "generation_hint": hint})
        self.on_change()

    def _died(self, kind: str, reason: str) -> None:
        self._forget()
        self.on_death(kind, reason)

    def interrupt(self) -> None:
        """What was begun with the updater ends unfinished."""
        self._trial.abandon()  # the next updater hands over anew
        for number in list(self._asked):
            self._answer(number, _no("the updater ended before it was done: try once more in a few seconds"))

    def _forget(self) -> None:
        """This updater is listened to no longer."""
        self.interrupt()
        self.board.updater_ended()
        for message in self._handed_over.values():
            message["generation_hint"] = 0  # the next updater counts anew: it must not take this one for its own

    def _answer(self, number: int, reply: Reply) -> None:
        waiting, timer = self._asked.pop(number, (None, None))
        if waiting is not None and timer is not None:
            if timer.active():
                timer.cancel()
            waiting.callback(reply)


def _no(text: str) -> Reply:
    return {"ok": False, "text": text}
