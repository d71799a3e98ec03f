"""Which kept answer leaves when memory is full: S3-FIFO (Yang and others, SOSP 2023), bounded in bytes.

What is new enters a small queue. Used again before its end there, it moves to the main queue; otherwise it goes, and
only a hash of its key is remembered for a while, by which it enters the main queue at once if it is asked for again.
In the main queue a thing stays one more round for each use, three at most. So names that are asked for once, however
many, displace nothing but each other, and a hit costs a comparison, at times an addition (docs/adr/0028).
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

_SMALL_SHARE = 10
"""The small queue gets one part in so many."""
USES_MAX = 3
"""Nothing counts uses beyond this: it is enough to choose by, and says next to nothing about what people ask."""
_BYTES_A_HASH = 1024
"""One hash of a thing that left is remembered for so many bytes of room."""
_HASH_BYTES = 8


class Noted(Protocol):
    """What the shelf notes on each thing; `uses` is counted up to USES_MAX by whoever uses it."""

    cost: int
    in_main: bool
    uses: int


class Kept:
    """A thing of no cost so far."""

    __slots__ = ("cost", "in_main", "uses")

    def __init__(self) -> None:
        self.cost = 0
        self.in_main = False
        self.uses = 0


Thing = TypeVar("Thing", bound=Noted)


def _nothing(*_: Any) -> None:
    """Nobody wants to know."""


class Shelf(Generic[Thing]):
    """Things by key, all together within `size` bytes; a key stands in exactly one queue, once.

    `count_uses` is called before a thing is judged by its uses, `gone` after it left.
    """

    def __init__(
        self,
        size: int,
        count_uses: Callable[[bytes, Thing], None] = _nothing,
        gone: Callable[[bytes], None] = _nothing,
    ) -> None:
        self._count_uses = count_uses
        self._tell_gone = gone
        self.things: dict[bytes, Thing] = {}
        self._small: deque[bytes] = deque()
        self._main: deque[bytes] = deque()
        self._gone = array("q", bytes(_HASH_BYTES * _hashes(size)))
        self._size = max(0, size - _HASH_BYTES * len(self._gone))
        self._small_size = self._size // _SMALL_SHARE
        self._small_used = 0
        self.used = 0
        """Bytes that all things cost."""

    def put(self, key: bytes, thing: Thing, cost: int) -> None:
        """Keep a thing; one under the same key gives it its place, others leave until all fits."""
        old = self.things.pop(key, None)
        if old is None:
            thing.in_main = self._was_here(key)
            (self._main if thing.in_main else self._small).append(key)
        else:
            self._count_uses(key, old)
            thing.in_main, thing.uses = old.in_main, old.uses
            self._book(old, -old.cost)
        thing.cost = cost
        self.things[key] = thing
        self._book(thing, cost)
        while self.used > self._size:
            self._judge_one()

    def put_all(self, new: Iterable[Any]) -> None:
        """Do the same with many that know `key` and `cost`, nearly all of them new: each costs a third so."""
        things, small, gone, places = self.things, self._small, self._gone, len(self._gone)
        for thing in new:
            key, cost = thing.key, thing.cost
            place = hash(key)
            if gone[place % places] == place or things.setdefault(key, thing) is not thing:
                self.put(key, thing, cost)
                continue
            small.append(key)
            self.used += cost
            self._small_used += cost
            while self.used > self._size:
                self._judge_one()

    def _book(self, thing: Thing, cost: int) -> None:
        self.used += cost
        if not thing.in_main:
            self._small_used += cost

    def _judge_one(self) -> None:
        """The oldest of a queue leaves, or stays because it was used."""
        if self._small_used > self._small_size or not self._main:
            key = self._small.popleft()
            thing = self.things[key]
            self._count_uses(key, thing)
            if not thing.uses:
                self._let_go(key, thing)
                self._gone[hash(key) % len(self._gone)] = hash(key)
                return
            self._small_used -= thing.cost
            thing.in_main, thing.uses = True, 0
        else:
            key = self._main.popleft()
            thing = self.things[key]
            self._count_uses(key, thing)
            if not thing.uses:
                self._let_go(key, thing)
                return
            thing.uses -= 1
        self._main.append(key)

    def _let_go(self, key: bytes, thing: Thing) -> None:
        del self.things[key]
        self._book(thing, -thing.cost)
        self._tell_gone(key)

    def _was_here(self, key: bytes) -> bool:
        return self._gone[hash(key) % len(self._gone)] == hash(key)


def _hashes(size: int) -> int:
    return max(1, size // _BYTES_A_HASH)
