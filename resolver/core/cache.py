"""Kept answers, bounded in bytes; `eviction.py` says which leave.

An entry older than the current generation is decided again before use: a new list needs no purge. The verdict on a
listed question stands under a keyed hash: no listed name is written down because somebody asked for it. Verdicts have
room of their own: one that displaced an answer would show later, as a cache miss (secrecy.md 6).
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from math import inf
from struct import Struct
from typing import Final, Protocol

from blocklist.index import Match
from resolver.core.answer import Answer
from resolver.core.body import Body
from resolver.core.eviction import USES_MAX, Kept, Noted, Shelf
from resolver.core.failing import Failing
from resolver.core.flights import Landed

_DIGEST_BYTES = 16
_VERDICT_SHARE = 16
"""Verdicts get one part in so many of the cache: 4,000 of the default size in a worker."""
_RECORD_COUNTS = Struct(">HHH")
_RECORD_COUNTS_AT = 6
_OVERHEAD_BYTES = 1000
"""What an entry costs beside its message: objects, dictionary slot, key."""
_RECORD_BYTES = 110
"""What each record costs beside its bytes: the place and the start of its TTL."""
_COPIES = 4
"""Message as received, body without OPT, with its TTLs of this second, and as rendered for one form of query."""
WEIGHTS: Final = (_COPIES, _RECORD_BYTES, _OVERHEAD_BYTES)
"""For who reckons `cost` by himself (`NativeFlights`)."""


class Entry(Kept):
    """One question's answer and how long it holds; all times are monotonic seconds.

    `due` is the moment the entry needs a look before use (a TTL ticks, the verdict or the whole entry ends).
    `event` is the counter cell to raise for a block event, 0 for none. `kept` is the upstream's message, empty for
    verdicts and failures. `failing` says that the last tries for a newer answer brought nothing. `fresh` is the match
    that blocks, if its list added it a short while ago. `view` is the number of the policy it is decided by. `stands`:
    no list changes the answer that does not list the question itself.
    """

    __slots__ = (
        "answer",
        "body",
        "due",
        "event",
        "failing",
        "fresh",
        "generation",
        "kept",
        "stands",
        "stored",
        "trust_ad",
        "until",
        "verdict_until",
        "view",
    )

    def __init__(
        self, generation: int, stored: float, until: float, kept: bytes = b"", trust_ad: bool = False, view: int = 0
    ) -> None:
        super().__init__()
        self.generation = generation
        self.stored = stored
        self.until = until
        self.kept = kept
        self.trust_ad = trust_ad
        self.view = view
        self.body: Body | None = None
        self.verdict_until = inf
        self.event = 0
        self.fresh: Match | None = None
        self.failing: Failing | None = None
        self.stands = False
        self.due = stored
        self.answer: Answer

    def hold(self, answer: Answer) -> None:
        """Serve this constant answer until the entry or its verdict ends."""
        self.body = None
        self.answer = answer
        self.due = min(self.until, self.verdict_until)

    def stand_in(self, answer: Answer, due: float) -> None:
        """Serve this after the entry's end, until a new look is due."""
        self.answer = answer
        self.due = min(due, self.verdict_until)

    def age(self, now: float) -> None:
        """Serve the body with its TTLs as they stand now, until they tick."""
        assert self.body is not None
        seconds = max(0, int(now - self.stored))
        self.answer = self.body.aged(seconds)
        self.due = min(self.until, self.verdict_until, self.stored + seconds + 1)


class Mirror(Protocol):
    """What serves a part of the cache by itself (`hit_path.py`): whatever it holds is on the shelf."""

    def put(self, key: bytes, entry: Entry) -> None:
        """An entry came, in the place of an older one, or what it says has changed."""

    def discard(self, key: bytes) -> None:
        """An entry left."""

    def count_uses(self, key: bytes, entry: Noted) -> None:
        """Bring `entry.uses` up to date."""


class Cache:
    """Entries by key, verdicts by `verdict_key`. Ended entries stay until others need room.

    `find` and `find_verdict` are the bare look-ups of the hot path; where answers land, `find` makes entries of them.
    """

    find: Callable[[bytes], Entry | None]

    def __init__(self, size: int, secret: bytes, mirror: Mirror) -> None:
        for_verdicts = size // _VERDICT_SHARE
        self._mirror = mirror
        self._shelf: Shelf[Entry | Landed] = Shelf(size - for_verdicts, mirror.count_uses, mirror.discard)
        self._verdicts: Shelf[Entry] = Shelf(for_verdicts)
        self._keyed = blake2b(digest_size=_DIGEST_BYTES, key=secret)
        self.find = self._shelf.things.get  # type: ignore[assignment]  # nothing has landed
        self.find_verdict = self._verdicts.things.get

    def __len__(self) -> int:
        return len(self._shelf.things) + len(self._verdicts.things)

    @property
    def used(self) -> int:
        """Bytes that all entries take, by our estimate."""
        return self._shelf.used + self._verdicts.used

    def entries(self) -> list[Entry | Landed]:
        """Return all but the verdicts, the one kept last at the end: a copy of references, 3 ms for 100,000."""
        return list(self._shelf.things.values())

    def verdict_key(self, key: bytes) -> bytes:
        """Return the keyed hash a listed question's verdict stands under."""
        state = self._keyed.copy()
        state.update(key)
        return state.digest()

    def put(self, key: bytes, entry: Entry) -> None:
        """Keep an entry, in the place of an older one of the same question; others leave at the bound in bytes."""
        self._shelf.put(key, entry, cost(key, entry))
        if key in self._shelf.things:
            self._mirror.put(key, entry)

    def let_land(self, made: Callable[[Landed], Entry]) -> None:
        """Take answers that the mirror has first from now on; `made` is the entry of one."""
        self._made = made
        self.find = self._find_or_make

    def put_landed(self, landed: Sequence[Landed]) -> None:
        """Keep these; the mirror has them already, and lets go what cannot be kept."""
        try:
            self._shelf.put_all(landed)
        except Exception:
            for each in landed:
                if each.key not in self._shelf.things:
                    self._mirror.discard(each.key)
            raise

    def entry_of(self, thing: Entry | Landed) -> Entry:
        """Return what it is looked at as."""
        if isinstance(thing, Entry):
            return thing
        entry = self._made(thing)
        entry.cost, entry.in_main, entry.uses = thing.cost, thing.in_main, thing.uses
        return entry

    def _find_or_make(self, key: bytes) -> Entry | None:
        thing = self._shelf.things.get(key)
        if thing is None or isinstance(thing, Entry):
            return thing
        entry = self._shelf.things[key] = self.entry_of(thing)
        return entry

    def changed(self, key: bytes, entry: Entry) -> None:
        """Tell the mirror what a kept entry says from now on."""
        self._mirror.count_uses(key, entry)
        self._mirror.put(key, entry)

    def put_verdict(self, key: bytes, entry: Entry) -> None:
        """Keep a verdict under its `verdict_key`; only other verdicts leave for it."""
        self._verdicts.put(key, entry, cost(key, entry))


def note_use(entry: Entry) -> None:
    """An entry answered a query; the hot path has these two lines in itself."""
    if entry.uses < USES_MAX:
        entry.uses += 1


def cost(key: bytes, entry: Entry) -> int:
    """Return the bytes of memory an entry takes once it was served (`test_memory.py` measures it)."""
    records = sum(_RECORD_COUNTS.unpack_from(entry.kept, _RECORD_COUNTS_AT)) if entry.kept else 0
    return len(key) + _COPIES * len(entry.kept) + _RECORD_BYTES * records + _OVERHEAD_BYTES
