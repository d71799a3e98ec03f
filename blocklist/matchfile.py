"""The match file: 18-byte records (token, attributes) sorted by token, strictly increasing, nothing else.

Records are plain ``bytes`` everywhere, because a million small objects would cost more than the whole list. Two sets
are compared by walking both in step, so that only some hundred records are taken apart at a time.
"""

import hashlib
import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Set
from io import BytesIO
from itertools import chain, islice, pairwise, starmap
from operator import lt
from struct import iter_unpack

from blocklist.attributes import Attributes
from blocklist.errors import PublisherFault
from blocklist.limits import LIMITS
from blocklist.tokens import TOKEN_BYTES

RECORD_BYTES = 18

_STEP = 128  # records of each set looked at together: most such stretches of two versions are the same bytes
_HEAD_BYTES = 8
_SPAN = 4096 * RECORD_BYTES  # bytes whose order is checked at a time
_ABOVE_ALL = b"\xff" * (TOKEN_BYTES + 1)
_GOOD_LOW_BYTES = bytes(range(0, 256, 4))  # the two reserved bits are zero


def build(items: Iterable[tuple[bytes, Attributes]]) -> bytes:
    """Pack records, sorted. Entries with the same token become one record (``Attributes.merge``).

    Raises PublisherFault for an empty or too long list.
    """
    merged: dict[bytes, Attributes] = {}
    for token, attributes in items:
        known = merged.get(token)
        merged[token] = attributes if known is None else known.merge(attributes)
    _check_count(len(merged))
    return b"".join(token + merged[token].pack().to_bytes(2, "big") for token in sorted(merged))


def parse(data: bytes) -> bytes:
    """Check a decrypted full file and return it. Raises PublisherFault, which says the rule, never the record."""
    count, rest = divmod(len(data), RECORD_BYTES)
    if rest:
        raise PublisherFault("match_file", "the match file is not a whole number of records")
    _check_count(count)
    check_records(data)
    return data


def check_records(data: bytes) -> None:
    """Check the order and the attributes of whole records, possibly none. Raises PublisherFault."""
    # Each stretch takes the first record of the next along.
    stretches = (data[at : at + _SPAN + RECORD_BYTES] for at in range(0, len(data), _SPAN))
    if not all(map(_increasing, stretches)):
        raise PublisherFault("match_file", "the records are not strictly increasing")
    high, low = data[TOKEN_BYTES::RECORD_BYTES], data[TOKEN_BYTES + 1 :: RECORD_BYTES]
    if low.translate(None, _GOOD_LOW_BYTES):
        raise PublisherFault("match_file", "a record has a reserved attribute bit")
    if 0 in high and any(not first and second < 0x80 for first, second in zip(high, low, strict=True)):
        raise PublisherFault("match_file", "a record has no expiry")


def _increasing(records: bytes) -> bool:
    """Tell whether the tokens rise strictly: by their first 8 bytes as numbers, and only if two are equal, by all."""
    heads = bytearray(len(records) // RECORD_BYTES * _HEAD_BYTES)
    for at in range(_HEAD_BYTES):
        heads[at::_HEAD_BYTES] = records[at::RECORD_BYTES]
    numbers = array("Q", bytes(heads))
    if sys.byteorder == "little":
        numbers.byteswap()
    return all(map(lt, numbers, islice(numbers, 1, None))) or all(starmap(lt, pairwise(tokens_of(records))))


def set_digest(records: bytes) -> str:
    """Return ``set_sha256``: lower-hex SHA-256 of the records."""
    return hashlib.sha256(records).hexdigest()


def tokens_of(records: bytes) -> Iterator[bytes]:
    """Yield the tokens in order."""
    return _split(records, "16s2x")


def basis_rows(records: bytes) -> frozenset[int]:
    """Return the rows of the basis table that the records use."""
    return frozenset(low >> 4 & 7 for low in set(records[TOKEN_BYTES + 1 :: RECORD_BYTES]))


def packed_tokens(records: bytes) -> bytes:
    """Return the tokens alone, packed in order."""
    tokens = bytearray(len(records) // RECORD_BYTES * TOKEN_BYTES)
    for at in range(TOKEN_BYTES):
        tokens[at::TOKEN_BYTES] = records[at::RECORD_BYTES]
    return bytes(tokens)


def subtract(records: bytes, tokens: bytes) -> bytes:
    """Return the records without those whose token is among the packed, sorted ``tokens``; possibly none are left."""
    if not tokens:
        return records
    return _joined(_lacking(mine, set(_split(theirs, "16s"))) for mine, theirs in _walk(records, tokens, TOKEN_BYTES))


def added(old: bytes, new: bytes) -> bytes:
    """Return the records of ``new`` whose token is not in ``old``."""
    return removed(new, old)


def removed(old: bytes, new: bytes) -> bytes:
    """Return the records of ``old`` whose token is not in ``new``."""
    if not new:
        return old
    return _joined(_lacking(mine, set(tokens_of(theirs))) for mine, theirs in _walk(old, new) if mine != theirs)


def changed(old: bytes, new: bytes) -> bytes:
    """Return the records of ``new`` that are not in ``old``: additions, and tokens with other attributes."""
    if not old:
        return new
    return _joined(
        b"".join(sorted(set(_split(theirs, "18s")).difference(_split(mine, "18s"))))
        for mine, theirs in _walk(old, new)
        if mine != theirs
    )


def merge(records: bytes, more: bytes) -> bytes:
    """Return the union of two sets; of a token in both, the first set's record."""
    if not records or not more:
        return records or more
    return _joined(_union(mine, theirs) for mine, theirs in _walk(records, more))


def _lacking(records: bytes, tokens: Set[bytes]) -> bytes:
    if not tokens:
        return records
    return b"".join(record for record in _split(records, "18s") if record[:TOKEN_BYTES] not in tokens)


def _union(records: bytes, more: bytes) -> bytes:
    if not more:
        return records
    joined = {record[:TOKEN_BYTES]: record for each in (more, records) for record in _split(each, "18s")}
    return b"".join(joined[token] for token in sorted(joined))


def _joined(parts: Iterable[bytes]) -> bytes:
    """Join without holding all parts beside the result: they come to as much again."""
    whole = BytesIO()
    whole.writelines(parts)
    return whole.getvalue()


def _split(packed: bytes, form: str) -> Iterator[bytes]:
    return chain.from_iterable(iter_unpack(form, packed))


def _walk(left: bytes, right: bytes, right_width: int = RECORD_BYTES) -> Iterator[tuple[bytes, bytes]]:
    """Yield both sorted sets in stretches of the same tokens, at most ``_STEP`` items of each at a time."""
    from_left, from_right = 0, 0
    left_end, right_end = len(left) // RECORD_BYTES, len(right) // right_width
    left_token, right_token = _tokens_in(left, RECORD_BYTES), _tokens_in(right, right_width)
    while from_left < left_end or from_right < right_end:
        to_left, to_right = min(from_left + _STEP, left_end), min(from_right + _STEP, right_end)
        left_border, right_border = left_token(to_left) or _ABOVE_ALL, right_token(to_right) or _ABOVE_ALL
        if left_border > right_border:
            to_left = bisect_left(range(to_left), right_border, from_left, key=left_token)
        elif left_border < right_border:
            to_right = bisect_left(range(to_right), left_border, from_right, key=right_token)
        stretch = right[from_right * right_width : to_right * right_width]
        yield left[from_left * RECORD_BYTES : to_left * RECORD_BYTES], stretch
        from_left, from_right = to_left, to_right


def _tokens_in(packed: bytes, width: int) -> Callable[[int], bytes]:
    """Return what gives the token of the item with a number; nothing behind the last."""
    return lambda at: packed[at * width : at * width + TOKEN_BYTES]


def _check_count(count: int) -> None:
    if not count:
        raise PublisherFault("empty_list", "an empty list is refused")
    if count > LIMITS.entries:
        raise PublisherFault("match_file", f"more than {LIMITS.entries} records")
