"""The worker pool over an upgrade: who serves which slot, and what they count in.

To the pool of the new code all old workers are workers with older settings: they answer until a new one has taken their
slot over, as in any reload. Epochs are counted backwards from the new code's first.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from resolver.edge.channel import Message
from resolver.edge.supervision.change_limits import ChangeLimits
from resolver.edge.supervision.children import Launcher
from resolver.edge.supervision.handover import Handed
from resolver.edge.supervision.harbour import Harbour
from resolver.edge.supervision.pool import WorkerPool
from resolver.edge.supervision.sockets import SlotSockets
from resolver.edge.supervision.steering import Key
from resolver.edge.supervision.tally import Region, Tally
from resolver.edge.supervision.workers import IndexInForce, Slot, Worker
from resolver.settings import Settings

NOBODYS: Final = -(2**31)  # the epoch of a worker that no slot may be given to


def pool_document(pool: WorkerPool, number_of: Callable[[Region], int], keep: Callable[[int], int]) -> dict[str, Any]:
    """Slots, workers and index as plain data; sockets and child processes are told of elsewhere."""
    return {
        "slots": [{"region": number_of(slot.region), "epoch": pool.epochs_ago(slot.epoch)} for slot in pool.slots],
        "workers": [_worker_document(pool, worker, number_of) for worker in pool.workers],
        "index": {
            "generation": pool.index.generation,
            "activated": pool.index.activated,
            "fd": pool.index.kept_open(keep),
        },
        "open": pool.is_open,
        "steering": [pool.steering.key.start, pool.steering.key.factor],
    }


def _worker_document(pool: WorkerPool, worker: Worker, number_of: Callable[[Region], int]) -> dict[str, Any]:
    return {
        "pid": worker.child.pid,
        "epoch": pool.epochs_ago(worker.epoch),
        "slot": None if worker.slot is None else worker.slot.number,
        "holds": worker.slot is not None and worker.slot.worker is worker,
        "region": None if worker.region is None else number_of(worker.region),
        "generation": worker.generation,
        "ready": worker.ready,
        "serving": worker.serving,
        "leaving": worker.leaving,
    }


def inherited_slots(
    handed: Mapping[str, Any], count: int, tally: Tally, regions: Sequence[Region | None]
) -> list[Slot]:
    """Slots for the new pool, still without sockets. One that is new, or was at rest, waits for its first worker."""
    slots = []
    for number in range(count):
        old = handed["slots"][number] if number < len(handed["slots"]) else None
        region = None if old is None else regions[old["region"]]
        epoch = 0 if old is None else -1 - int(old["epoch"])
        slots.append(Slot(number, None, region or tally.region(), epoch, rested=True))
    return slots


def inherited_workers(
    handed: Mapping[str, Any], slots: Sequence[Slot], regions: Sequence[Region | None]
) -> list[tuple[int, Worker]]:
    """The old workers by process id."""
    workers = []
    for each in handed["workers"]:
        region = None if each["region"] is None else regions[each["region"]]
        slot = None if each["slot"] is None else slots[each["slot"]]
        epoch = -1 - int(each["epoch"]) if region or slot else _spare_epoch(each, regions)
        worker = Worker(epoch, ready=each["ready"], serving=each["serving"], leaving=each["leaving"], slot=slot)
        worker.generation, worker.region = each["generation"], region
        if each["holds"] and slot is not None:
            slot.worker, worker.region = worker, slot.region
        workers.append((each["pid"], worker))
    return workers


@define(eq=False)
class Heir:
    """Takes over what the code before us left in `handed`."""

    handed: Handed
    launcher: Launcher
    limits: ChangeLimits = field(factory=ChangeLimits)
    _others: list[Message] = field(factory=list, init=False)

    def sockets(self, harbour: Harbour, settings: Settings) -> list[SlotSockets | None]:
        """Those of each slot: None for one that is new or was at rest, which its first worker opens. ListenFault."""
        is_open = self.handed["pool"]["open"]
        slots = max(settings.workers, len(self.handed["pool"]["slots"]))
        return [
            harbour.slot(number, settings.places, is_open=is_open) if harbour.has_slot(number) or not is_open else None
            for number in range(slots)
        ]

    def fill(self, pool: WorkerPool, tally: Tally, settings: Settings, sockets: Sequence[SlotSockets | None]) -> None:
        """Let the pool go on with the old slots, workers, counts and index."""
        said = self.handed["pool"]
        regions = tally.take_over(self.handed["tally"])
        slots = inherited_slots(said, len(sockets), tally, regions)
        for slot, given in zip(slots, sockets, strict=True):
            slot.sockets, slot.rested = given, given is None
        pool.index = inherited_index(said)
        pool.steering.key = Key(*said["steering"])  # names stay where their answers are kept until a worker is replaced
        children = {each["pid"]: each for each in self.handed["children"]}
        said = said | {"workers": [each for each in said["workers"] if each["pid"] in children]}
        workers = inherited_workers(said, slots, regions)
        adopted = [(each, partial(self.launcher.adopt, children.pop(pid))) for pid, each in workers]
        self._others = list(children.values())
        pool.go_on(settings.raw, slots, adopted)
        if said["open"]:
            pool.let_in()

    def dismiss_others(self, clock: IReactorTime) -> None:
        """The old updater and notice page, and whoever was on the way out: new ones have been started."""
        for each in self._others:
            child = self.launcher.adopt(each, _unheard, lambda _reason: None)
            child.send({"type": "stop"})
            clock.callLater(self.limits.leave_seconds, child.kill)


def _unheard(_message: Message, fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)


def _spare_epoch(each: Message, regions: Sequence[Region | None]) -> int:
    """An old spare may only count where its layout of counters is ours."""
    return -1 - int(each["epoch"]) if None not in regions else NOBODYS


def inherited_index(handed: Mapping[str, Any]) -> IndexInForce:
    """The index all workers have; who watched its fresh entries begins anew with the next one."""
    said = handed["index"]
    return IndexInForce(int(said["generation"]), int(said["activated"]), said["fd"])
