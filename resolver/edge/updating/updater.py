"""The updater child: it alone talks to list bodies, verifies, and hands a compiled index to the supervisor.

What blocks (network, disk) runs in a thread, one call at a time for each list, so that exemptions and commands are
taken up meanwhile. A failure leaves what is enforced as it is.
"""

import os
import random
import resource
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from blocklist.compiling import ListImage
from blocklist.errors import BlocklistError
from blocklist.trust.outcome import Kind, Outcome
from blocklist.trust.reasons import Reason
from resolver.edge.channel import Channel, Message
from resolver.edge.faults import Faults
from resolver.edge.limits import PumpLimits
from resolver.edge.updating.chronicle import Chronicle
from resolver.edge.updating.commands import Commands, Result
from resolver.edge.updating.hand_over import HandOver
from resolver.edge.updating.hint import HintListener
from resolver.edge.updating.movements import Movements
from resolver.edge.updating.polling import Polling
from resolver.edge.updating.self_test import Asker, SelfTesting
from resolver.edge.updating.sources import Sources, Subscribed, open_sources
from resolver.settings import Settings, parse

GIB = 1024**3


@frozen
class UpdaterLimits:
    """Seconds, bytes and counts."""

    jitter: float = 0.2
    """Share of the poll interval by which a poll is earlier or later."""
    recheck_seconds: float = 3600.0
    """The longest pause between two looks at what expires."""
    memory_bytes: int = 8 * GIB
    """Address space: two full sets of 2 million entries and the libraries fit many times."""
    file_bytes: int = 2 * GIB
    """The largest file it may write."""
    descriptors: int = 256
    """Files it may have open."""


def main(channel: Channel) -> None:
    """Make this process the updater; it begins with the first message."""
    limits = UpdaterLimits()
    _limit_self(limits)
    updater = Updater(channel.reactor, channel.send, open_sources, deferToThread, os._exit, limits)
    channel.on_message = updater.receive


@define(eq=False)
class Updater:
    """`defer(f, *args)` runs a blocking call and gives its result later; `leave(code)` ends the process."""

    reactor: Any
    send: Callable[..., None]
    open: Callable[[Settings], Sources]
    defer: Callable[..., Deferred[Any]]
    leave: Callable[[int], Any]
    limits: UpdaterLimits = field(factory=UpdaterLimits)
    uniform: Callable[[float, float], float] = random.uniform  # spreads polls, no secret
    _sources: Sources = field(init=False)
    _faults: Faults = field(init=False)
    _hand: HandOver = field(init=False)
    _chronicle: Chronicle = field(init=False)
    _polling: Polling = field(init=False)
    _commands: Commands = field(init=False)
    _testing: SelfTesting = field(init=False)
    _movements: Movements = field(factory=Movements, init=False)
    _locks: dict[str, DeferredLock] = field(factory=dict, init=False)
    _expiry: IDelayedCall | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._faults = Faults(self.send, self.reactor.seconds, PumpLimits())
        self._hand = HandOver(self.reactor, self.send)

    def receive(self, message: Message, fds: list[int]) -> None:
        """One message of the supervisor; only `start` brings a descriptor."""
        kind = message["type"]
        if kind == "start":
            self._start(parse(message["settings"], base=Path("/")), fds)
        elif kind == "activated":
            self._in_force(self._hand.confirm(message["generation_hint"]))
        elif kind == "in_use":
            self._hold(self._hand.refused(message["generation_hint"]), message["lists"])
        elif kind == "command":
            self._command(message["id"], message["verb"], message["list_id"], message["by"])
        elif kind == "stop":
            self.leave(0)  # a thread may be in mid-transfer; what is on disk is whole at any moment

    # --- from the disk, then by and by from the list bodies ---------------------------------------------

    def _start(self, settings: Settings, fds: list[int]) -> None:
        self._compose(settings)
        for list_id, each in self._sources.lists.items():
            self._locks[list_id] = DeferredLock()
            try:
                each.load()
            except Exception as error:  # noqa: BLE001  one list's damaged store must not keep the others out
                self._faults.report(error)
        self._movements.begin(self._images())
        self._renew()
        self._tell()
        for list_id in self._sources.lists:
            self._polling.now(list_id)
        for fd in fds:  # the port of push hints, if there is one
            HintListener(self.reactor, socket.socket(fileno=fd), lambda: self._polling.hint(self._sources.lists))

    def _compose(self, settings: Settings) -> None:
        sources = self._sources = self.open(settings)
        self._chronicle = Chronicle(sources.audit, sources.settle)
        self._polling = Polling(
            self.reactor,
            lambda list_id: self._do(list_id, lambda each: each.refresh()),
            partial(self._pause, float(settings.poll.interval)),
        )
        self._commands = Commands(
            sources, self._do, self._polling.now, self._renew, self._chronicle.decided, self._hand.in_force
        )
        self._testing = SelfTesting(
            self.reactor,
            self.defer,
            lambda list_id, result: self.send({"type": "selftest", "list_id": list_id, "result": result}),
            self._faults.report,
            lambda list_id: sources.lists[list_id].status().selftest,
            Asker.of(settings),
            float(settings.self_test.interval) if settings.self_test.enabled else 0.0,
        )

    def _pause(self, interval: float) -> float:
        spread = self.limits.jitter * interval
        return self.uniform(interval - spread, interval + spread)

    def _do(self, list_id: str, verb: Callable[[Subscribed], Any]) -> Deferred[Any]:
        """Run a blocking verb of one list, alone; then hand over what it changed. Never fails."""
        done: Deferred[Any] = self._locks[list_id].run(self.defer, verb, self._sources.lists[list_id])
        return done.addErrback(self._unexpected).addCallback(self._took)

    def _unexpected(self, failure: Failure) -> Outcome:
        assert failure.value is not None
        self._faults.report(failure.value)
        return Outcome(Kind.FAILED, None, "an unexpected error; the daemon's log tells where")

    def _took(self, outcome: Outcome) -> Outcome:
        self._renew()
        self._tell()
        return outcome

    def _in_force(self, versions: dict[str, int]) -> None:
        self._chronicle.in_force(versions)
        self._testing.in_force(versions)
        if versions:
            left_out = {list_id: each.left_out() for list_id, each in self._sources.lists.items()}
            self._movements.in_force(self._hand.images_in_force, left_out, self._sources.now())
        for list_id, version in versions.items():
            each = self._sources.lists[list_id]
            done: Deferred[None] = self._locks[list_id].run(self.defer, each.mark_good, version)
            done.addErrback(self._unexpected)

    def _hold(self, versions: dict[str, int], lists: list[str]) -> None:
        """Set aside the additions of these lists: too many are in use."""
        for list_id in lists:
            if list_id in versions:
                verb = partial(_set_aside, version=versions[list_id])
                done: Deferred[Outcome] = self._locks[list_id].run(self.defer, verb, self._sources.lists[list_id])
                done.addErrback(self._unexpected).addCallback(self._held)

    def _held(self, outcome: Outcome) -> None:
        """Hand over the rest; what could not be saved is tried again with the next poll, and not at once for ever."""
        if outcome.kind is Kind.FAILED:
            self._tell()
        else:
            self._took(outcome)

    # --- to the workers ---------------------------------------------------------------------------------

    def _images(self) -> tuple[ListImage, ...]:
        try:
            return self._sources.images()
        except BlocklistError:  # of the exemptions; `_renew` reports it, and nothing is in force then
            return ()

    def _renew(self, *, anyway: bool = False) -> str:
        """Hand over what changed; return what is wrong, if something is: the index in force stays then."""
        try:
            self._hand.renew(self._sources, anyway=anyway)
            self._schedule_expiry()
        except BlocklistError as fault:
            self._faults.report(fault)
            return str(fault)
        except Exception as error:  # noqa: BLE001  no memory or a bug: the process must go on polling
            self._faults.report(error)
            return "an unexpected error; the daemon's log tells where"
        return ""

    def _schedule_expiry(self) -> None:
        """Look again when the next entry or exemption ends, and at least once an hour."""
        self._cancel(self._expiry)
        due = self._sources.next_change()
        pause = float("inf") if due is None else max(due - self._sources.now(), 1.0)
        something_ends = pause <= self.limits.recheck_seconds
        wait = min(pause, self.limits.recheck_seconds)
        self._expiry = self.reactor.callLater(wait, lambda: self._renew(anyway=something_ends))

    def _tell(self) -> None:
        statuses = self._sources.statuses()
        self._chronicle.look(statuses)
        statuses = [words | self._movements.words(words["list_id"]) for words in statuses]
        suspect, failing = any(words["clock_suspect"] for words in statuses), self._chronicle.failing
        self.send({"type": "status", "lists": statuses, "clock_suspect": suspect, "audit_failing": failing})

    def _cancel(self, call: IDelayedCall | None) -> None:
        if call is not None and call.active():
            call.cancel()

    # --- commands ---------------------------------------------------------------------------------------

    def _command(self, number: int, verb: str, list_id: str | None, by: int | None) -> None:
        self._commands.run(verb, list_id, by).addCallback(lambda result: self._answer(number, result))

    def _answer(self, number: int, result: Result) -> None:
        self.send({"type": "result", "id": number, "ok": result.ok, "text": result.text, "data": result.data})


def _set_aside(each: Subscribed, *, version: int) -> Outcome:
    return each.set_aside(Reason.CANARY, version)


def _limit_self(limits: UpdaterLimits) -> None:
    """A hostile list may cost memory, disk and descriptors, but not the machine's."""
    for which, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.descriptors),
    ):
        _soft, hard = resource.getrlimit(which)
        resource.setrlimit(which, (most, hard) if hard == resource.RLIM_INFINITY else (min(most, hard), hard))
