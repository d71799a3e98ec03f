"""The compiled index: what workers map and ask. It holds tokens only, never a name.

One packed buffer for all lists of a host (`blocklist/compiling.py` makes it). A look-up hashes the name and each suffix
and searches one bucket, a few records long.
"""

import copy
import hashlib
import mmap
from bisect import bisect_left
from collections.abc import Collection
from itertools import accumulate, islice
from operator import ge, gt
from typing import Final

from attrs import frozen

from blocklist.attributes import DAY_SECONDS
from blocklist.compiling import (
    ALIGNMENT,
    DESCRIPTOR,
    DIRECTORY_BYTES,
    HEADER,
    MAGIC,
    NUMBER_BYTES,
    compile_index,
)
from blocklist.errors import IndexFault
from blocklist.matchfile import RECORD_BYTES
from blocklist.tokens import DOMAIN_TAG, HOST_TAG, TOKEN_BYTES

_EXEMPT: Final = -1  # beside finds, which are 0 (nothing) or positive
_WORD_BITS: Final = 16
_WORD: Final = (1 << _WORD_BITS) - 1


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
    """

    def __init__(self, buffer: bytes | mmap.mmap | memoryview) -> None:
        view = memoryview(buffer)
        if len(view) < HEADER.size:
            raise IndexFault("header")
        magic, clock_offset, count, length = HEADER.unpack_from(view)
        if magic != MAGIC or length != len(view) or HEADER.size + count * DESCRIPTOR.size > length:
            raise IndexFault("header")
        self.clock_offset: float = clock_offset
        offsets = range(HEADER.size, HEADER.size + count * DESCRIPTOR.size, DESCRIPTOR.size)
        self._lists = tuple(_List(view, offset) for offset in offsets)
        self._numbered = tuple(enumerate(self._lists))
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
        part._numbered = tuple(each for each in self._numbered if each[1].list_id in list_ids)
        return part

    def match(self, wire: bytes, now: float) -> Match | None:
        """Decide one well-formed lower-case QNAME (root byte included) at monotonic ``now``; None is not listed.

        The most specific listing or exemption wins, an exemption wins at equal depth, an expired record never
        matches; of several lists, the first that no exemption beats.
        """
        trusted = now + self.clock_offset
        starts = []
        start = 0
        while wire[start]:
            starts.append(start)
            start += wire[start] + 1
        exempt = False
        for number, part in self._numbered:
            found = part.find(wire, starts, trusted)
            if found > 0:
                return self._match(number, part, found)
            exempt = exempt or found == _EXEMPT
        return _EXEMPT_MATCH if exempt else None

    def _match(self, number: int, part: "_List", found: int) -> Match:
        record, word = found >> _WORD_BITS, found & _WORD
        fresh = part.fresh_place(record) if part.fresh else -1
        if fresh >= 0:
            fresh += self._first_fresh[number]
        return Match(False, number, part.list_id, bool(word & 8), bool(word & 4), part.expiry(word), fresh)


class _List:
    """One list inside the mapped buffer."""

    def __init__(self, view: memoryview, offset: int) -> None:
        start, list_id, key, base_day, fresh, entries, exemptions = DESCRIPTOR.unpack_from(view, offset)
        self.entries: int = entries
        self.fresh: int = fresh
        self._base_day: int = base_day
        numbers = start + DIRECTORY_BYTES
        records = numbers + fresh * NUMBER_BYTES
        exempt = records + entries * RECORD_BYTES
        if start % ALIGNMENT or exempt + exemptions * TOKEN_BYTES > len(view):
            raise IndexFault("bounds")
        self.list_id: str = list_id.rstrip(b"\0").decode(errors="replace")
        self._directory = view[start:numbers].cast("I")
        bounds = self._directory.tolist()
        if bounds[0] != 0 or bounds[-1] != entries or any(map(gt, bounds, islice(bounds, 1, None))):
            raise IndexFault("directory")
        self._fresh = view[numbers:records].cast("I")
        if fresh and (self._fresh[-1] >= entries or any(map(ge, self._fresh, islice(self._fresh, 1, None)))):
            raise IndexFault("fresh")
        self._records = view[records:exempt]
        self._exempt = frozenset(
            bytes(view[at : at + TOKEN_BYTES]) for at in range(exempt, exempt + exemptions * TOKEN_BYTES, TOKEN_BYTES)
        )
        # Keyed states are copied for each look-up: half the cost of keying anew.
        self._host = hashlib.blake2b(HOST_TAG, digest_size=TOKEN_BYTES, key=key)
        self._domain = hashlib.blake2b(DOMAIN_TAG, digest_size=TOKEN_BYTES, key=key)

    def find(self, wire: bytes, starts: list[int], trusted: float) -> int:
        """Return the winning record as number << 16 | attribute word, _EXEMPT, or 0."""
        exempt, domain = self._exempt, self._domain
        state = self._host.copy()
        state.update(wire)
        token = state.digest()
        if token in exempt:
            return _EXEMPT
        listed = self._record(token, trusted)
        for start in starts:
            state = domain.copy()
            state.update(wire[start:])
            token = state.digest()
            if token in exempt:
                return _EXEMPT
            if listed:
                return listed
            listed = self._record(token, trusted)
            if listed:
                return listed
        return listed

    def expiry(self, word: int) -> int:
        """Return the POSIX second at which a record with this attribute word stops matching."""
        return (self._base_day + (word >> 7) + 1) * DAY_SECONDS

    def fresh_place(self, record: int) -> int:
        """Return the place of a record's number among the fresh ones, -1 when it is not there."""
        place = bisect_left(self._fresh, record)
        return place if place < self.fresh and self._fresh[place] == record else -1

    def _record(self, token: bytes, trusted: float) -> int:
        """Return a token's record as number << 16 | attribute word, 0 when there is none or it has expired."""
        bucket = token[0] << 8 | token[1]
        low, high = self._directory[bucket], self._directory[bucket + 1]
        if low == high:
            return 0
        records = self._records[low * RECORD_BYTES : high * RECORD_BYTES].tobytes()
        at = records.find(token)
        while at > 0 and at % RECORD_BYTES:  # across two records: a chance of 2**-128, or a forger's
            at = records.find(token, at + 1)
        if at < 0:
            return 0
        word = records[at + TOKEN_BYTES] << 8 | records[at + TOKEN_BYTES + 1]
        return (low + at // RECORD_BYTES) << _WORD_BITS | word if trusted < self.expiry(word) else 0
