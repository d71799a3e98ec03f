"""Finds a worker that hangs: all are asked for a word every few seconds; one silent while others answer is ended.

Silence proves nothing by itself: on a starved machine everybody is slow, and so are we. So only a round in which
somebody else answered counts against the silent, a worker is ended only when a spare that answered can take over at
once, and after one is ended all begin anew.
"""

from collections.abc import Callable

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from resolver.edge.supervision.workers import PoolLimits, Worker


@define(eq=False)
class Pulse:
    """`warm()` gives the workers that can answer, with a slot or without; `end(worker)` ends one."""

    clock: IReactorTime
    limits: PoolLimits
    warm: Callable[[], list[Worker]]
    end: Callable[[Worker], None]
    _silent: dict[Worker, int] = field(factory=dict, init=False)  # asked and not heard: rounds in which others were
    _timer: IDelayedCall | None = field(default=None, init=False)

    def start(self) -> None:
        """Ask for the first time in a while."""
        self._timer = self.clock.callLater(self.limits.ping_seconds, self._round)

    def stop(self) -> None:
        """Ask nobody any more."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def heard(self, worker: Worker) -> None:
        """It answered."""
        self._silent.pop(worker, None)
        worker.answers = True

    def _round(self) -> None:
        self.start()
        present = self.warm()
        self._silent = {worker: rounds for worker, rounds in self._silent.items() if worker in present}
        spoke = [worker for worker in present if worker.answers]
        if spoke:
            self._silent = {worker: rounds + 1 for worker, rounds in self._silent.items()}
            self._end_one(spoke)
        for worker in present:
            worker.answers = False
            if worker not in self._silent:
                self._silent[worker] = 0
                worker.child.send({"type": "ping"})

    def _end_one(self, spoke: list[Worker]) -> None:
        """Of those that hang, the one silent longest, if its slot need not wait for another worker."""
        has_spare = any(worker.slot is None for worker in spoke)
        hung = [
            worker
            for worker, rounds in self._silent.items()
            if rounds >= self.limits.silent_rounds and (has_spare or worker.slot is None)
        ]
        if hung:
            longest = max(hung, key=lambda worker: self._silent[worker])
            self._silent = dict.fromkeys(self._silent, 0)
            self.end(longest)
