"""What is due when, where each kind of thing waits for a fixed time: one queue a kind is in order by itself.

A heap would be sorted for each question, though nearly all are answered long before they are due.
"""

from collections import deque
from typing import Generic, Protocol, TypeVar


class Ends(Protocol):
    """Something that may be over before it is due; then nobody wants it any more."""

    @property
    def done(self) -> bool:
        """Whether it is over."""


Thing = TypeVar("Thing", bound=Ends)


class Timers(Generic[Thing]):
    """Things by kind; of one kind nearly each is due no earlier than the one before it. Times are monotonic seconds."""

    def __init__(self, kinds: int) -> None:
        self._queues: tuple[deque[tuple[float, int, Thing]], ...] = tuple(deque() for _ in range(kinds))
        self._turn = 0  # equal times are taken in turn

    def put(self, kind: int, due: float, thing: Thing) -> None:
        """Wait until `due`."""
        self._turn += 1
        queue = self._queues[kind]
        place = len(queue)
        while place and queue[place - 1][0] > due:  # one that began before it came here
            place -= 1
        queue.insert(place, (due, self._turn, thing))

    def next_due(self) -> float | None:
        """Return when the first is due; those that are done are dropped on the way."""
        first = None
        for queue in self._queues:
            while queue and queue[0][2].done:
                queue.popleft()
            if queue and (first is None or queue[0][0] < first):
                first = queue[0][0]
        return first

    def take(self, now: float) -> Thing | None:
        """Return the first that is due and not done, None when none is."""
        due = self.next_due()
        if due is None or due > now:
            return None
        queue = min((queue for queue in self._queues if queue), key=_first)
        return queue.popleft()[2]


def _first(queue: deque[tuple[float, int, Thing]]) -> tuple[float, int]:
    due, turn, _ = queue[0]
    return due, turn
