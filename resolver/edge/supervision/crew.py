"""All worker processes: as many as are wanted, started slower when they keep dying, told to leave, made to.

Those of an older epoch have older settings: they answer until one of the newest epoch has taken their slot over.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from resolver.edge.channel import Message
from resolver.edge.supervision.children import Child, Launcher, OnExit, OnMessage
from resolver.edge.supervision.workers import PoolLimits, Worker, forget

WATCH_STEPS: Final = 6  # of the time a worker has
Start = Callable[[OnMessage, OnExit], Child]  # how a child comes to us: launched, or adopted in an upgrade


@define(eq=False)
class Crew:
    """`greet` sends a new worker all it needs; `wanted()` says how many there should be of the newest epoch."""

    clock: IReactorTime
    launcher: Launcher
    limits: PoolLimits
    wanted: Callable[[], int]
    greet: Callable[[Worker], None]
    on_message: Callable[[Worker, Message, list[int]], None]
    on_exit: Callable[[Worker, str], None]
    workers: list[Worker] = field(factory=list, init=False)
    epoch: int = field(default=0, init=False)
    at_once: int = field(default=1, init=False)  # workers with new settings that may start at the same time
    ending: bool = field(default=False, init=False)
    _deaths: deque[float] = field(factory=deque, init=False)
    _timer: IDelayedCall | None = field(default=None, init=False)

    def replenish(self, *, late: bool = False) -> None:
        """Start as many as are missing, at once or, when too many died lately, after a pause."""
        missing = self._missing()
        if missing <= 0 or self.ending or self._timer is not None:
            return
        forget(self._deaths, self.clock.seconds() - self.limits.loop_seconds)
        beyond = len(self._deaths) - self.limits.quick_restarts
        if beyond > 0 and not late:
            pause = min(self.limits.first_delay * 2.0 ** min(beyond, 16), self.limits.longest_delay)
            self._timer = self.clock.callLater(pause, self._replenish_late)
            return
        for _ in range(missing):
            self._launch()

    def _missing(self) -> int:
        staying = [worker for worker in self.workers if not worker.leaving]
        renewed = [worker for worker in staying if worker.epoch == self.epoch]
        missing = self.wanted() - len(renewed)
        if any(worker.epoch != self.epoch and worker.slot is not None for worker in staying):  # a roll is under way
            return min(missing, self.at_once - sum(1 for worker in renewed if worker.slot is None))
        return missing

    def _replenish_late(self) -> None:
        self._timer = None
        self.replenish(late=True)

    def _launch(self) -> None:
        worker = Worker(self.epoch)
        self.take_on(worker, lambda on_message, on_exit: self.launcher.launch("worker", on_message, on_exit))
        self.greet(worker)
        self.watch(worker)

    def take_on(self, worker: Worker, start: Start) -> None:
        """Make it one of ours; `start` gives it its process."""
        self.workers.append(worker)
        worker.child = start(
            lambda message, fds: self.on_message(worker, message, fds), lambda reason: self._ended(worker, reason)
        )

    def _ended(self, worker: Worker, reason: str) -> None:
        self.workers.remove(worker)
        worker.unwatch()
        if not worker.leaving:
            self._deaths.append(self.clock.seconds())
        self.on_exit(worker, reason)

    def watch(self, worker: Worker) -> None:
        """A worker that does not take up settings or an index is stuck: end it, the spare takes over.

        Its time passes in steps: if we were stopped ourselves, its word waits for us, and is read within one step.
        """
        self._watch(worker, WATCH_STEPS)

    def _watch(self, worker: Worker, steps: int) -> None:
        worker.unwatch()
        if not steps:
            self.end_hung(worker)
            return
        step = self.limits.start_seconds / WATCH_STEPS
        worker.watch = self.clock.callLater(step, self._watch, worker, steps - 1)

    @staticmethod
    def end_hung(worker: Worker) -> None:
        """End one that does not do what it is asked."""
        worker.hung = True
        worker.child.kill()

    def dismiss(self, worker: Worker) -> None:
        """Tell it to leave when its queries are answered, and make it leave a little later."""
        worker.leaving = True
        worker.serving = False
        worker.child.send({"type": "stop"})
        worker.unwatch()
        worker.watch = self.clock.callLater(self.limits.stop_seconds + 1, worker.child.kill)

    def end(self) -> None:
        """Dismiss all, and start nobody any more."""
        self.ending = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for worker in list(self.workers):
            if not worker.leaving:
                self.dismiss(worker)
