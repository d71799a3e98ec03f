"""One worker, one slot, and the index all workers have in force."""

import os
from collections import deque
from collections.abc import Callable, Iterable

from attrs import define, field, frozen
from twisted.internet.interfaces import IDelayedCall

from resolver.edge.supervision.children import Child
from resolver.edge.supervision.sockets import SlotSockets
from resolver.edge.supervision.tally import Region


@frozen
class PoolLimits:
    """Seconds, and counts of deaths."""

    loop_deaths: int = 3
    """Deaths of one slot within `loop_seconds` after which it is closed."""
    loop_seconds: float = 60.0
    """Time in which deaths are counted together."""
    rest_seconds: float = 300.0
    """Time until a closed slot is tried again."""
    quick_restarts: int = 6
    """Deaths of all workers within `loop_seconds` that are made good at once."""
    first_delay: float = 0.1
    """Seconds from which the pause before a restart beyond that doubles, death by death."""
    longest_delay: float = 10.0
    """Seconds between two restarts beyond that, at most."""
    start_seconds: float = 60.0
    """Time from the start, or from a new index, to the worker's word; then it counts as hung."""
    ping_seconds: float = 2.0
    """Time between two rounds of asking all workers for a word."""
    silent_rounds: int = 5
    """Rounds in which others answered and one did not: it hangs."""
    stop_seconds: float = 3.0
    """Time for queries in flight; a worker that stays is killed a second later."""
    rolled_at_once: int = 4
    """New workers that start at the same time beside the old ones."""


@define(eq=False)
class Worker:
    """One child. `generation` is the index it has in force, 0 for none; `epoch` tells which settings it was given."""

    epoch: int
    child: Child = field(init=False)
    ready: bool = False
    serving: bool = False
    leaving: bool = False
    answers: bool = False  # it answered since it was last asked for a word
    hung: bool = False  # and was ended for it
    generation: int = 0
    slot: "Slot | None" = None
    region: Region | None = None
    watch: IDelayedCall | None = None

    def unwatch(self) -> None:
        """It did what was asked of it."""
        if self.watch is not None and self.watch.active():
            self.watch.cancel()
        self.watch = None


@define(eq=False)
class Slot:
    """A share of the load: sockets and a counter region, both of which outlive any worker."""

    number: int
    sockets: SlotSockets | None  # None while it rests after a crash loop
    region: Region
    epoch: int = 0
    worker: Worker | None = None
    deaths: deque[float] = field(factory=deque)
    rested: bool = False  # long enough: to be served again by the next warm worker

    def hand_to(self, worker: Worker) -> None:
        """Make `worker` the one that answers here."""
        assert self.sockets is not None
        worker.slot, worker.region, self.worker = self, self.region, worker
        message = {"type": "slot", "slot": self.number, "sockets": self.sockets.describe()}
        worker.child.send(message, [self.region.fd, *self.sockets.filenos()])

    def close(self) -> None:
        """Let the kernel spread this slot's load over the others."""
        if self.sockets is not None:
            self.sockets.close()
            self.sockets = None


@define(eq=False)
class IndexInForce:
    """The newest index, kept open for workers yet to come. `generation` 0: there was none.

    The one before stays open until all workers have left it: whoever lets go of it last gives its pages back to the
    kernel, which takes milliseconds for a million entries, and that must be none who answers queries.
    """

    generation: int = 0
    activated: int = 0  # the newest generation all workers had in force
    _fd: int | None = None
    marks: int | None = None  # where workers mark its fresh entries
    _before: int | None = field(default=None, init=False)

    def replace(self, fd: int, marks: int | None = None) -> None:
        """Take over a newer one (sealed memory). `marks` (not ours) is where fresh entries are marked."""
        self._let_go()
        self._before, self._fd, self.marks = self._fd, fd, marks
        self.generation += 1

    def send(self, worker: Worker) -> None:
        """Give it to a worker, if there is one."""
        if self._fd is not None:
            fds = [self._fd] if self.marks is None else [self._fd, self.marks]
            worker.child.send({"type": "index", "generation": self.generation}, fds)

    def kept_open(self, keep: Callable[[int], int]) -> int | None:
        """The index's descriptor, carried over to the code that comes after us."""
        return None if self._fd is None else keep(self._fd)

    def stop_marking(self) -> None:
        """Nobody watches its fresh entries any more."""
        self.marks = None

    def newly_activated(self, workers: Iterable[Worker]) -> bool:
        """True once a generation: every worker that could be asked has it in force."""
        asked = [worker for worker in workers if worker.ready and not worker.leaving]
        if not asked or self.activated == self.generation:
            return False
        if any(worker.generation < self.generation for worker in asked):
            return False
        self.activated = self.generation
        self._let_go()
        return True

    def _let_go(self) -> None:
        if self._before is not None:
            os.close(self._before)
            self._before = None


def forget(deaths: deque[float], before: float) -> None:
    """Drop what was long ago."""
    while deaths and deaths[0] <= before:
        deaths.popleft()
