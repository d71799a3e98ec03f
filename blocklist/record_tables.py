"""What is looked at in every record of a set: the pure twin of the half of native/core/records.c that takes one set.

Records are plain ``bytes`` everywhere, because a million small objects would cost more than the whole list.
"""

import hashlib
import sys
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from itertools import chain, islice, pairwise, starmap
from operator import lt
from struct import iter_unpack
from typing import Final

from blocklist.tokens import TOKEN_BYTES

RECORD_BYTES: Final = 18
BUCKETS: Final = 65_536

# What `check_records` finds, in this order.
GOOD: Final = 0
NOT_INCREASING: Final = 1
RESERVED_BIT: Final = 2
NO_EXPIRY: Final = 3

_HEAD_BYTES: Final = 8
_SPAN: Final = 4096 * RECORD_BYTES  # bytes whose order is checked at a time
_GOOD_LOW_BYTES: Final = bytes(range(0, 256, 4))  # the two reserved bits are zero
_USUAL_BUCKET: Final = 64  # records of a bucket; a list of a million has 15 in each


def check_records(records: bytes) -> int:
    """Return the first rule that any of the records breaks, GOOD for none."""
    # Each stretch takes the first record of the next along.
    stretches = (records[at : at + _SPAN + RECORD_BYTES] for at in range(0, len(records), _SPAN))
    if not all(map(_increasing, stretches)):
        return NOT_INCREASING
    high, low = records[TOKEN_BYTES::RECORD_BYTES], records[TOKEN_BYTES + 1 :: RECORD_BYTES]
    if low.translate(None, _GOOD_LOW_BYTES):
        return RESERVED_BIT
    endless = 0 in high and any(not first and second < 0x80 for first, second in zip(high, low, strict=True))
    return NO_EXPIRY if endless else GOOD


def _increasing(records: bytes) -> bool:
    """Tell whether the tokens rise strictly: by their first 8 bytes as numbers, and only if two are equal, by all."""
    heads = bytearray(len(records) // RECORD_BYTES * _HEAD_BYTES)
    for at in range(_HEAD_BYTES):
        heads[at::_HEAD_BYTES] = records[at::RECORD_BYTES]
    numbers = array("Q", bytes(heads))
    if sys.byteorder == "little":
        numbers.byteswap()
    return all(map(lt, numbers, islice(numbers, 1, None))) or all(starmap(lt, pairwise(_tokens(records))))


def directory(records: bytes) -> bytes:
    """Return 65,537 native 32-bit numbers: bucket b, by the first two token bytes, is records [d[b], d[b + 1])."""
    count = len(records) // RECORD_BYTES
    prefixes = bytearray(count * 2)
    prefixes[0::2], prefixes[1::2] = records[0::RECORD_BYTES], records[1::RECORD_BYTES]
    sorted_prefixes = array("H", bytes(prefixes))
    if sys.byteorder == "little":
        sorted_prefixes.byteswap()
    bounds = array("I", [0])
    low = 0
    for prefix in range(1, BUCKETS):
        high = min(low + _USUAL_BUCKET, count)
        if high > low and sorted_prefixes[high - 1] < prefix:  # far more records in it than in others
            high = count
        low = bisect_left(sorted_prefixes, prefix, low, high)
        bounds.append(low)
    bounds.append(count)
    return bounds.tobytes()


def packed_tokens(records: bytes) -> bytes:
    """Return the tokens alone, packed in order."""
    tokens = bytearray(len(records) // RECORD_BYTES * TOKEN_BYTES)
    for at in range(TOKEN_BYTES):
        tokens[at::TOKEN_BYTES] = records[at::RECORD_BYTES]
    return bytes(tokens)


def word_counts(records: bytes) -> dict[int, int]:
    """Return how many records have each attribute word."""
    words = bytearray(len(records) // RECORD_BYTES * 2)
    words[0::2], words[1::2] = records[TOKEN_BYTES::RECORD_BYTES], records[TOKEN_BYTES + 1 :: RECORD_BYTES]
    counted = Counter(memoryview(words).cast("H"))  # read in this machine's byte order: a third of the time
    return {int.from_bytes(word.to_bytes(2, sys.byteorder)): count for word, count in counted.items()}


def tokens_of_names(key: bytes, tag: bytes, wires: Iterable[bytes]) -> list[bytes]:
    """Return the tokens of lower-case wire names under a 32-byte key, in order."""
    empty = hashlib.blake2b(tag, digest_size=TOKEN_BYTES, key=key)  # keyed once, and copied for each

    def token(wire: bytes) -> bytes:
        state = empty.copy()
        state.update(wire)
        return state.digest()

    return list(map(token, wires))


def _tokens(records: bytes) -> Iterable[bytes]:
    return chain.from_iterable(iter_unpack("16s2x", records))
