"""The rules that are compared: ours is the product's own shelf, the others are written here."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

from resolver.core.eviction import USES_MAX, Kept, Shelf


class Item(Kept):
    """A kept answer that ends."""

    __slots__ = ("until",)

    def __init__(self, until: float) -> None:
        super().__init__()
        self.until = until


class Rule(Protocol):
    """A cache bounded in bytes."""

    def find(self, key: bytes) -> Item | None:
        """Return what is kept."""

    def use(self, key: bytes, item: Item) -> None:
        """It answered a query."""

    def put(self, key: bytes, item: Item, cost: int) -> None:
        """Keep it; others leave."""


class S3Fifo:
    """What the resolver does."""

    def __init__(self, size: int) -> None:
        self._shelf: Shelf[Item] = Shelf(size)

    def find(self, key: bytes) -> Item | None:
        return self._shelf.things.get(key)

    def use(self, key: bytes, item: Item) -> None:
        if item.uses < USES_MAX:
            item.uses += 1

    def put(self, key: bytes, item: Item, cost: int) -> None:
        self._shelf.put(key, item, cost)


class Lru:
    """The least recently used leaves."""

    def __init__(self, size: int) -> None:
        self._size, self._used = size, 0
        self._items: OrderedDict[bytes, Item] = OrderedDict()

    def find(self, key: bytes) -> Item | None:
        return self._items.get(key)

    def use(self, key: bytes, item: Item) -> None:
        self._items.move_to_end(key)

    def put(self, key: bytes, item: Item, cost: int) -> None:
        old = self._items.pop(key, None)
        self._used += cost - (old.cost if old else 0)
        item.cost = cost
        self._items[key] = item
        while self._used > self._size:
            self._used -= self._items.popitem(last=False)[1].cost


class Sieve:
    """One queue, and a hand that spares what was used since it last came by (Zhang and others, NSDI 2024)."""

    def __init__(self, size: int) -> None:
        self._size, self._used = size, 0
        self._items: dict[bytes, Item] = {}
        self._newer: dict[bytes, bytes | None] = {}
        self._older: dict[bytes, bytes | None] = {}
        self._newest: bytes | None = None
        self._oldest: bytes | None = None
        self._hand: bytes | None = None

    def find(self, key: bytes) -> Item | None:
        return self._items.get(key)

    def use(self, key: bytes, item: Item) -> None:
        item.uses = 1

    def put(self, key: bytes, item: Item, cost: int) -> None:
        old = self._items.get(key)
        item.cost = cost
        self._items[key] = item
        self._used += cost - (old.cost if old else 0)
        if old is None:
            self._enter(key)
        else:
            item.uses = old.uses
        while self._used > self._size:
            self._let_one_go()

    def _enter(self, key: bytes) -> None:
        self._older[key], self._newer[key] = self._newest, None
        if self._newest is not None:
            self._newer[self._newest] = key
        self._newest = key
        self._oldest = key if self._oldest is None else self._oldest

    def _let_one_go(self) -> None:
        key = self._hand or self._oldest
        assert key is not None
        while self._items[key].uses:
            self._items[key].uses = 0
            key = self._newer[key] or self._oldest
            assert key is not None
        newer, older = self._newer.pop(key), self._older.pop(key)
        if newer is not None:
            self._older[newer] = older
        if older is not None:
            self._newer[older] = newer
        self._newest = older if newer is None else self._newest
        self._oldest = newer if older is None else self._oldest
        self._hand = newer
        self._used -= self._items.pop(key).cost


RULES = {"lru": Lru, "sieve": Sieve, "s3fifo": S3Fifo}
