"""One list inside a mapped index, and how a name is looked up in it: the pure twin of native/core/token_table.c.

A look-up hashes the name and each suffix, and searches one bucket of each, a few records long.
"""

import hashlib
from bisect import bisect_left
from itertools import islice
from operator import ge, gt
from typing import Final, Protocol

from blocklist.attributes import DAY_SECONDS
from blocklist.compiling import ALIGNMENT, DIRECTORY_BYTES, NUMBER_BYTES
from blocklist.matchfile import RECORD_BYTES
from blocklist.tokens import DOMAIN_TAG, HOST_TAG, TOKEN_BYTES

EXEMPT: Final = -1  # beside finds, which are 0 (nothing) or positive
WORD_BITS: Final = 16


class TokenTable(Protocol):
    """What both twins are."""

    def find(self, wire: bytes, trusted: float, /) -> int:
        """Decide a name."""

    def fresh_place(self, record: int, /) -> int:
        """Number a fresh record."""


class PureTokenTable:
    """Keeps the buffer alive; ``start`` is where the list's section begins in it.

    Raises ValueError ``bounds``, ``directory``, ``fresh`` or ``exemptions``. The order of the records is the word of
    who compiled them.
    """

    def __init__(
        self, buffer: memoryview, *, start: int, key: bytes, base_day: int, fresh: int, entries: int, exemptions: int
    ) -> None:
        self._fresh_count, self._base_day = fresh, base_day
        numbers = start + DIRECTORY_BYTES
        records = numbers + fresh * NUMBER_BYTES
        exempt = records + entries * RECORD_BYTES
        if start % ALIGNMENT or exempt + exemptions * TOKEN_BYTES > len(buffer):
            raise ValueError("bounds")
        self._directory = buffer[start:numbers].cast("I")
        bounds = self._directory.tolist()
        if bounds[0] != 0 or bounds[-1] != entries or any(map(gt, bounds, islice(bounds, 1, None))):
            raise ValueError("directory")
        self._fresh = buffer[numbers:records].cast("I")
        if fresh and (self._fresh[-1] >= entries or any(map(ge, self._fresh, islice(self._fresh, 1, None)))):
            raise ValueError("fresh")
        self._records = buffer[records:exempt]
        ends = range(exempt, exempt + exemptions * TOKEN_BYTES, TOKEN_BYTES)
        tokens = [bytes(buffer[at : at + TOKEN_BYTES]) for at in ends]
        if any(map(ge, tokens, islice(tokens, 1, None))):
            raise ValueError("exemptions")
        self._exempt = frozenset(tokens)
        # Keyed states are copied for each look-up: half the cost of keying anew.
        self._host = hashlib.blake2b(HOST_TAG, digest_size=TOKEN_BYTES, key=key)
        self._domain = hashlib.blake2b(DOMAIN_TAG, digest_size=TOKEN_BYTES, key=key)

    def find(self, wire: bytes, trusted: float) -> int:
        """Decide a lower-case wire name: its record as number << 16 | attribute word, EXEMPT, or 0 for nothing.

        The most specific listing or exemption wins, an exemption at equal depth; a record that has expired at
        ``trusted`` (POSIX) is none.
        """
        exempt, domain = self._exempt, self._domain
        state = self._host.copy()
        state.update(wire)
        token = state.digest()
        if token in exempt:
            return EXEMPT
        listed = self._record(token, trusted)
        start = 0
        while wire[start]:
            state = domain.copy()
            state.update(wire[start:])
            token = state.digest()
            if token in exempt:
                return EXEMPT
            if listed:
                return listed
            listed = self._record(token, trusted)
            if listed:
                return listed
            start += wire[start] + 1
        return listed

    def fresh_place(self, record: int) -> int:
        """Return the place of a record's number among the fresh ones, -1 when it is not there."""
        place = bisect_left(self._fresh, record)
        return place if place < self._fresh_count and self._fresh[place] == record else -1

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
        expiry = (self._base_day + (word >> 7) + 1) * DAY_SECONDS
        return (low + at // RECORD_BYTES) << WORD_BITS | word if trusted < expiry else 0
