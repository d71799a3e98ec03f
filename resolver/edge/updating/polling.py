"""When each list body is asked for news: at the interval, give or take a fifth, and at once on a hint."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime


@define(eq=False)
class Polling:
    """`refresh(list_id)` asks once and never fails; `pause()` gives the seconds to the next time."""

    clock: IReactorTime
    refresh: Callable[[str], Deferred[Any]]
    pause: Callable[[], float]
    _timers: dict[str, IDelayedCall] = field(factory=dict, init=False)
    _under_way: Counter[str] = field(factory=Counter, init=False)
    _news: set[str] = field(factory=set, init=False)  # hinted at while being asked

    def now(self, list_id: str) -> Deferred[Any]:
        """Ask at once, and again after the pause."""
        self._cancel(list_id)
        self._under_way[list_id] += 1
        return self.refresh(list_id).addBoth(self._done, list_id)

    def hint(self, list_ids: Iterable[str]) -> None:
        """There may be news: ask those at rest now, and those being asked once more: they may have missed it."""
        for list_id in list_ids:
            if self._under_way[list_id]:
                self._news.add(list_id)
            else:
                self.now(list_id)

    def _done(self, result: Any, list_id: str) -> Any:
        self._cancel(list_id)
        self._under_way[list_id] -= 1
        wait = 0.0 if list_id in self._news else self.pause()
        self._news.discard(list_id)
        self._timers[list_id] = self.clock.callLater(wait, self.now, list_id)
        return result

    def _cancel(self, list_id: str) -> None:
        timer = self._timers.pop(list_id, None)
        if timer is not None and timer.active():
            timer.cancel()
