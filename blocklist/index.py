"""The compiled index: what workers map and ask. It holds tokens only, never a name.

One packed buffer for all lists of a host (`blocklist/compiling.py` makes it). Each list in it is a table of tokens: the
C extension's, or its pure twin.
"""

import copy
import mmap
from collections.abc import Callable, Collection, Iterable
from itertools import accumulate
from typing import Final

from attrs import frozen

import native
from blocklist.attributes import DAY_SECONDS
from blocklist.compiling import DESCRIPTOR, HEADER, MAGIC, compile_index
from blocklist.errors import IndexFault
from blocklist.token_table import EXEMPT, WORD_BITS, PureTokenTable, TokenTable

TABLE: Final[Callable[..., TokenTable]] = PureTokenTable if native.MODULE is None else native.MODULE.TokenTable

_WORD: Final = (1 << WORD_BITS) - 1


@frozen
class IndexedList:
    """A list in an index: its id and the number of its enforced records."""

    list_id: str
    entries: int


@frozen
class Match:
    """The verdict on a name: listed, or exempt (then list_number is -1 and the rest says nothing).

    ``fresh`` numbers the fresh records of all lists of one index from 0; -1 for any other.
    """

    exempt: bool
    list_number: int
    list_id: str
    all_types: bool
    test: bool
    not_after: float  # POSIX seconds of trusted time
    fresh: int = -1


_EXEMPT_MATCH: Final = Match(True, -1, "", False, False, 0.0)


class Index:
    """Read-only view of a compiled index; safe to share and to swap with one assignment.

    ``clock_offset`` + monotonic time is the trusted time that ``Match.not_after`` is compared with.
    Raises IndexFault for a buffer that is not an index: wrong magic, length, bounds or order.
    ``fresh_counts`` are the numbers of fresh records by list: ``Match.fresh`` runs through them in this order.
    ``tables`` are those of all lists, ``numbers`` say which of them decide, in order.
    """

    def __init__(self, buffer: bytes | mmap.mmap | memoryview, table: Callable[..., TokenTable] = TABLE) -> None:
        view = memoryview(buffer)
        if len(view) < HEADER.size:
            raise IndexFault("header")
        magic, clock_offset, count, length = HEADER.unpack_from(view)
        if magic != MAGIC or length != len(view) or HEADER.size + count * DESCRIPTOR.size > length:
            raise IndexFault("header")
        self.clock_offset: float = clock_offset
        offsets = range(HEADER.size, HEADER.size + count * DESCRIPTOR.size, DESCRIPTOR.size)
        self._lists = tuple(_List(view, offset, table) for offset in offsets)
        self._choose(range(count))
        self.tables = tuple(part.table for part in self._lists)
        self.lists = tuple(IndexedList(part.list_id, part.entries) for part in self._lists)
        self.fresh_counts = tuple(part.fresh for part in self._lists)
        self._first_fresh = tuple(accumulate(self.fresh_counts, initial=0))

    @classmethod
    def empty(cls) -> "Index":
        """Return an index without any list."""
        return cls(compile_index([], clock_offset=0.0))

    def only(self, list_ids: Collection[str]) -> "Index":
        """Return this index as if it held no other lists: it decides by these alone, and shares the buffer.

        Numbers of lists and of fresh records are those of the whole, and so are `lists` and `fresh_counts`.
        """
        part = copy.copy(self)
        part._choose(number for number in self.numbers if self._lists[number].list_id in list_ids)
        return part

    def _choose(self, numbers: Iterable[int]) -> None:
        self.numbers = tuple(numbers)
        self._finds = tuple((number, self._lists[number].table.find) for number in self.numbers)

    def match(self, wire: bytes, now: float) -> Match | None:
        """Decide one well-formed lower-case QNAME (root byte included) at monotonic ``now``; None is not listed.

        The most specific listing or exemption wins, an exemption wins at equal depth, an expired record never
        matches; of several lists, the first that no exemption beats.
        """
        trusted = now + self.clock_offset
        exempt = False
        for number, find in self._finds:
            found = find(wire, trusted)
            if found > 0:
                return self._match(number, found)
            exempt = exempt or found == EXEMPT
        return _EXEMPT_MATCH if exempt else None

    def _match(self, number: int, found: int) -> Match:
        part, record, word = self._lists[number], found >> WORD_BITS, found & _WORD
        fresh = part.table.fresh_place(record) if part.fresh else -1
        if fresh >= 0:
            fresh += self._first_fresh[number]
        return Match(False, number, part.list_id, bool(word & 8), bool(word & 4), part.expiry(word), fresh)


class _List:
    """One list inside the mapped buffer."""

    def __init__(self, view: memoryview, offset: int, table: Callable[..., TokenTable]) -> None:
        start, list_id, key, base_day, fresh, entries, exemptions = DESCRIPTOR.unpack_from(view, offset)
        self.list_id: str = list_id.rstrip(b"\0").decode(errors="replace")
        self.entries: int = entries
        self.fresh: int = fresh
        self._base_day: int = base_day
        try:
            self.table = table(
                view, start=start, key=key, base_day=base_day, fresh=fresh, entries=entries, exemptions=exemptions
            )
        except ValueError as error:
            raise IndexFault(str(error)) from None

    def expiry(self, word: int) -> int:
        """Return the POSIX second at which a record with this attribute word stops matching."""
        return (self._base_day + (word >> 7) + 1) * DAY_SECONDS
