"""The worker pool: every slot served, one warm spare, crash loops closed, settings changed without a gap.

A slot is a set of sockets and a counter region; both outlive any worker. One more worker than there are slots is kept
warm: settings parsed, index mapped, no sockets. When a worker dies the spare gets its slot in the same turn.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from resolver.edge.channel import Message
from resolver.edge.supervision.children import HUNG, Launcher
from resolver.edge.supervision.crew import Crew, Start
from resolver.edge.supervision.pulse import Pulse
from resolver.edge.supervision.slots import Slots
from resolver.edge.supervision.sockets import SlotSockets
from resolver.edge.supervision.steering import Key, Steering
from resolver.edge.supervision.tally import Tally
from resolver.edge.supervision.workers import IndexInForce, PoolLimits, Slot, Worker


@define(eq=False)
class WorkerPool:
    """Keeps every slot served. The callbacks are set by the owner before `start`."""

    clock: IReactorTime
    launcher: Launcher
    tally: Tally
    open_sockets: Callable[[], SlotSockets]
    limits: PoolLimits = field(factory=PoolLimits)
    on_activated: Callable[[int], None] = lambda generation: None  # every worker has this index in force
    on_tried: Callable[[Worker, int], None] = lambda worker, number: None  # it did what `ask_serving` asked
    on_gone: Callable[[Worker], None] = lambda worker: None
    on_change: Callable[[], None] = lambda: None  # another number of workers serves
    on_death: Callable[[str, str], None] = lambda kind, reason: None
    on_fault: Callable[[Message], None] = lambda message: None
    steering: Steering = field(factory=lambda: Steering(wanted=True, key=Key.draw()))
    index: IndexInForce = field(factory=IndexInForce, init=False)
    _raw: dict[str, Any] = field(factory=dict, init=False)
    _shared: dict[str, Message] = field(factory=dict, init=False)  # by type, for workers yet to come
    _crew: Crew = field(init=False)
    _slots: Slots = field(init=False)
    _pulse: Pulse = field(init=False)
    _stopped: Callable[[], None] | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        crew = (self._wanted, self._greet, self._heard, self._ended)
        self._crew = Crew(self.clock, self.launcher, self.limits, *crew)
        self._slots = Slots(self.clock, self.open_sockets, self.limits, self.steering, self._fill)
        self._pulse = Pulse(self.clock, self.limits, self._answering, self._crew.end_hung)

    def start(self, raw: dict[str, Any], sockets: Sequence[SlotSockets]) -> None:
        """Start one worker a slot and the spare; none answers before `open`."""
        self._raw = raw
        self._slots.all = [Slot(number, each, self.tally.region(), 0) for number, each in enumerate(sockets)]
        self._crew.replenish()
        self._pulse.start()

    @property
    def workers(self) -> list[Worker]:
        """All of them, whatever they do."""
        return self._crew.workers

    @property
    def slots(self) -> list[Slot]:
        """All slots, by number."""
        return self._slots.all

    @property
    def is_open(self) -> bool:
        """Whether queries are let in."""
        return self._slots.is_open

    @property
    def serving(self) -> int:
        """Slots whose worker said that it answers."""
        return sum(1 for slot in self.slots if slot.worker is not None and slot.worker.serving)

    @property
    def behind(self) -> list[int]:
        """Slots not yet served with the newest settings alone; one at rest after a crash loop is not waited for.

        Who leaves reads the slot's sockets until it has heard so: a query of that moment may meet the settings before.
        """
        left = {worker.slot for worker in self.workers if worker.leaving}
        behind = [slot for slot in self.slots if slot in left or not self._is_renewed(slot)]
        return [slot.number for slot in behind if slot.sockets is not None]

    @property
    def complete(self) -> bool:
        """Whether every slot is served."""
        return bool(self.slots) and self.serving == len(self.slots)

    @property
    def spares(self) -> int:
        """Warm workers without a slot."""
        return sum(1 for worker in self.workers if worker.slot is None and self._is_warm(worker))

    def open(self) -> None:
        """Let queries in. Nothing closes again, whatever happens to lists later."""
        if not self.is_open:
            self._slots.open()
            self._fill()

    def steer(self, *, wanted: bool) -> None:
        """Send UDP queries to workers by name from now on, or no longer."""
        self.steering.wanted = wanted
        self._slots.steer()

    def share(self, message: Message) -> None:
        """Tell all workers, now and to come: the certificate to show, the secrets of cookies."""
        self._shared[message["type"]] = message
        for worker in self.workers:
            worker.child.send(message)

    def epochs_ago(self, epoch: int) -> int:
        """How many rolls ago the settings of an epoch were the newest."""
        return self._crew.epoch - epoch

    def go_on(self, raw: dict[str, Any], slots: list[Slot], workers: Iterable[tuple[Worker, Start]]) -> None:
        """Start with what the code before us left: each worker, with the function that adopts its child.

        Set `index` before. Sockets that are there are open; all workers are older than those that start now.
        """
        self._raw, self._crew.at_once = raw, self.limits.rolled_at_once
        self._slots.all = slots
        for worker, adopt in workers:
            self._crew.take_on(worker, adopt)
            if worker.leaving:
                self._crew.dismiss(worker)
        self._crew.replenish()
        self._pulse.start()

    def let_in(self) -> None:
        """Queries were let in by the code before us."""
        self._slots.is_open = True
        self._slots.steer()
        self._fill()

    def set_index(self, fd: int, marks: int | None = None) -> int:
        """Give a new index (sealed memory, owned by the pool from now on) to all workers; return its generation.

        `marks` is memory its fresh entries are marked in, which stays the caller's and open until `stop_marking`.
        """
        self.index.replace(fd, marks)
        for worker in self.workers:
            self.index.send(worker)  # those that leave too: their connections still ask
            if worker.ready and not worker.leaving:
                self._crew.watch(worker)
        return self.index.generation

    def stop_marking(self) -> None:
        """Let workers mark fresh entries no longer."""
        self.index.stop_marking()
        for worker in self.workers:
            worker.child.send({"type": "stop_marking"})

    def ask_serving(self, message: Message, fds: Sequence[int]) -> list[Worker]:
        """Have every worker that answers do something; return them."""
        serving = [worker for worker in self.workers if worker.serving]
        for worker in serving:
            worker.child.send(message, fds)
        return serving

    def roll(self, raw: dict[str, Any], at_once: int = 0) -> None:
        """Replace every worker by one with new settings, `at_once` at a time (0: the limit's number).

        The old answer until their slot is taken over, and the old spare stands by until the last of them is.
        """
        self._raw = raw
        self._crew.epoch += 1
        self._crew.at_once = at_once or self.limits.rolled_at_once
        self._crew.replenish()

    def again(self, at_once: int) -> None:
        """Replace every worker by one with the same settings."""
        self.roll(self._raw, at_once)

    def stop(self, stopped: Callable[[], None]) -> None:
        """Let all workers finish what is in flight, then call `stopped`."""
        self._stopped = stopped
        self._pulse.stop()
        self._slots.close()  # or what still arrives would wait for nobody
        self._crew.end()
        self._finish_stop()

    # --- what children do -------------------------------------------------------------------------------

    def _wanted(self) -> int:
        """One worker a slot that listens, and the spare."""
        return len(self._slots.listening) + 1

    def _greet(self, worker: Worker) -> None:
        worker.child.send({"type": "start", "settings": self._raw})
        for message in self._shared.values():
            worker.child.send(message)
        self.index.send(worker)

    def _heard(self, worker: Worker, message: Message, fds: list[int]) -> None:
        for fd in fds:  # a worker has none to give
            os.close(fd)
        if message.get("type") == "pong":
            self._pulse.heard(worker)
            return
        self._note(worker, message)
        if worker.leaving:
            return  # nothing is wanted of it but its end, which is watched
        if worker.ready and worker.generation == self.index.generation:
            worker.unwatch()
        self._fill()
        self._tell_activated()

    def _note(self, worker: Worker, message: Message) -> None:
        kind = message.get("type")
        if kind == "ready":
            worker.ready = True
        elif kind == "index_active":
            worker.generation = int(message["generation"])
        elif kind == "serving":
            worker.serving = True
            self.on_change()
        elif kind == "index_refused":
            self._refused(worker, message)
        elif kind == "tried":
            self.on_tried(worker, int(message["trial"]))
        elif kind == "fault":
            self.on_fault(message)

    def _refused(self, worker: Worker, message: Message) -> None:
        """It goes on with the index it has; without any it is of no use."""
        self.on_fault(message)
        if worker.leaving:
            return
        worker.unwatch()
        if worker.generation == 0:
            worker.child.kill()

    def _ended(self, worker: Worker, reason: str) -> None:
        self.on_gone(worker)
        slot = worker.slot
        if worker.leaving:
            if worker.region is not None and (slot is None or worker.region is not slot.region):
                self.tally.retire(worker.region)
            self.on_change()
            self._finish_stop()
            return
        self.on_death("worker", HUNG if worker.hung else reason)
        if slot is not None:
            slot.worker = None
            if self._slots.rests_after_death(slot, self.clock.seconds()):
                self._end_leaving(slot)
        self._fill()
        self._crew.replenish()
        self._tell_activated()
        self.on_change()

    # --- slots ------------------------------------------------------------------------------------------

    def _is_warm(self, worker: Worker) -> bool:
        """It can answer, under the index in force or (for a moment) the one before."""
        has_index = worker.generation > 0 or self.index.generation == 0
        return worker.ready and has_index and not worker.leaving

    def _is_renewed(self, slot: Slot) -> bool:
        return slot.worker is not None and slot.worker.serving and slot.worker.epoch == self._crew.epoch

    def _warm(self, epoch: int) -> deque[Worker]:
        return deque(w for w in self.workers if w.slot is None and w.epoch == epoch and self._is_warm(w))

    def _fill(self) -> None:
        """Give each slot that wants a worker a warm one."""
        if not self.is_open or self._stopped is not None:
            return
        warm = self._warm(self._crew.epoch)
        empty = [slot for slot in self._slots.listening if slot.worker is None]
        rested = [slot for slot in self.slots if slot.rested]
        outdated = [slot for slot in self.slots if slot.worker is not None and slot.worker.epoch != self._crew.epoch]
        for slot in empty + rested + outdated:
            if warm and self._slots.can_serve(slot):
                self._assign(warm.popleft(), slot)
            elif slot in empty and slot.epoch != self._crew.epoch and (old := self._warm(slot.epoch)):
                self._assign(old.popleft(), slot)  # one with the settings before, rather than nobody
        self._dismiss_outdated_spares()
        self._crew.replenish()

    def _dismiss_outdated_spares(self) -> None:
        """Once nobody answers with older settings, nobody is kept to take over from them."""
        if any(slot.sockets is not None and slot.epoch != self._crew.epoch for slot in self.slots):
            return
        for worker in list(self.workers):
            if worker.slot is None and worker.epoch != self._crew.epoch and not worker.leaving:
                self._crew.dismiss(worker)

    def _assign(self, worker: Worker, slot: Slot) -> None:
        old = slot.worker
        if slot.epoch != worker.epoch:  # other settings, maybe another layout: counted apart
            before, slot.region, slot.epoch = slot.region, self.tally.region(), worker.epoch
            if old is None:
                self.tally.retire(before)
        slot.hand_to(worker)
        self._slots.steer()  # to this one too, if it was at rest
        if old is not None:
            self._crew.dismiss(old)

    def _end_leaving(self, slot: Slot) -> None:
        """Who leaves a closed slot still holds its sockets, to which the kernel would go on giving queries."""
        for worker in list(self.workers):
            if worker.leaving and worker.slot is slot:
                worker.child.kill()

    # --- who hangs --------------------------------------------------------------------------------------

    def _answering(self) -> list[Worker]:
        return [worker for worker in self.workers if self._is_warm(worker)]

    # --- the end, and the index -------------------------------------------------------------------------

    def _finish_stop(self) -> None:
        if self._stopped is None or self.workers:
            return
        stopped, self._stopped = self._stopped, lambda: None
        stopped()

    def _tell_activated(self) -> None:
        if self.index.newly_activated(self.workers):
            self.on_activated(self.index.generation)
