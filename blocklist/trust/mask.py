"""Verified and enforced: the signed set of a version, and what of it this host does not follow (yet).

Enforced = verified − `held` + `kept`: `held` are added tokens a guard set aside, `kept` are records whose removal the
removal guard set aside. Everything here is pure; the sets are packed match records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Final

from attrs import frozen

from blocklist.attributes import expiry_instant
from blocklist.matchfile import RECORD_BYTES, merge, subtract
from blocklist.tokens import TOKEN_BYTES


@frozen
class Mask:
    """What guards set aside of one version, and by which guard how many."""

    held: bytes = b""  # packed 16-byte tokens, sorted
    kept: bytes = b""  # records, sorted
    held_by: Mapping[str, int] = {}  # guard name: how many entries it hit

    @property
    def entries(self) -> int:
        """Return how many entries wait for `accept` or `rollback`."""
        return len(self.held) // TOKEN_BYTES + len(self.kept) // RECORD_BYTES

    def __bool__(self) -> bool:
        return bool(self.entries)


NO_MASK: Final = Mask()


def enforced(verified: bytes, mask: Mask) -> bytes:
    """Return the records to enforce, sorted."""
    return merge(subtract(verified, mask.held), mask.kept)


def attribute_counts(records: bytes) -> Counter[int]:
    """Return how many records have each attribute word."""
    high, low = records[TOKEN_BYTES::RECORD_BYTES], records[TOKEN_BYTES + 1 :: RECORD_BYTES]
    words: Counter[int] = Counter()
    for (first, second), count in Counter(zip(high, low, strict=True)).items():
        words[first << 8 | second] += count
    return words


def expiries(records: bytes, base_date: date) -> dict[float, int]:
    """Return how many records end at each time (POSIX)."""
    ends: Counter[float] = Counter()
    for word, count in attribute_counts(records).items():
        ends[expiry_instant(base_date, word >> 7)] += count
    return dict(ends)
