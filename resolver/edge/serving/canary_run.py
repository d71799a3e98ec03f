"""The dry canary's part in one worker: its cache is gone through in slices of 2 ms, and queries come in between."""

from collections.abc import Callable

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from resolver.core.canary import Canary, CanaryLimits


@define(eq=False)
class CanaryRun:
    """Runs one canary at a time; `on_fault` is told of an error, which ends the run like its natural end."""

    clock: IReactorTime
    on_fault: Callable[[BaseException], None]
    limits: CanaryLimits = field(factory=CanaryLimits)
    _timer: IDelayedCall | None = field(default=None, init=False)

    def begin(self, canary: Canary, done: Callable[[], None]) -> None:
        """Take the place of any run under way; `done()` is called when all is looked through."""
        self.stop()
        self._slice(canary, done)

    def stop(self) -> None:
        """Leave a run under way, if there is one, unfinished."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _slice(self, canary: Canary, done: Callable[[], None]) -> None:
        if self._look(canary):
            self._timer = self.clock.callLater(self.limits.pause_seconds, self._slice, canary, done)
        else:
            self._timer = None
            done()

    def _look(self, canary: Canary) -> bool:
        now = self.clock.seconds()
        end = now + self.limits.slice_seconds
        try:
            while more := canary.look(now):
                if self.clock.seconds() >= end:
                    break
        except Exception as error:  # noqa: BLE001  a trial must never stop the worker, nor hold up the list
            self.on_fault(error)
            return False
        return more
