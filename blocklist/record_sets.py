"""Two sets of match records beside each other: the pure twin of the half of native/core/records.c that compares.

Both are walked in step, so that only some hundred records are taken apart at a time.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Set
from io import BytesIO
from itertools import chain
from struct import iter_unpack
from typing import Final

from blocklist.record_tables import RECORD_BYTES, packed_tokens
from blocklist.tokens import TOKEN_BYTES

PREFIX_BYTES: Final = 8  # of a token, as a removal of a delta names it

_STEP: Final = 128  # records of each set looked at together: most such stretches of two versions are the same bytes
_ABOVE_ALL: Final = b"\xff" * (TOKEN_BYTES + 1)
_WALK_SHARE: Final = 8  # of the records, about


def subtract(records: bytes, tokens: bytes) -> bytes:
    """Return the records without those whose token is among the packed, sorted ``tokens``."""
    return _joined(_lacking(mine, set(_split(theirs, "16s"))) for mine, theirs in _walk(records, tokens, TOKEN_BYTES))


def removed(old: bytes, new: bytes) -> bytes:
    """Return the records of ``old`` whose token is not in ``new``."""
    parts = _walk(old, new)
    return _joined(_lacking(mine, set(_split(theirs, "16s2x"))) for mine, theirs in parts if mine != theirs)


def changed(old: bytes, new: bytes) -> bytes:
    """Return the records of ``new`` that are not in ``old``: additions, and tokens with other attributes."""
    return _joined(
        b"".join(sorted(set(_split(theirs, "18s")).difference(_split(mine, "18s"))))
        for mine, theirs in _walk(old, new)
        if mine != theirs
    )


def merge(records: bytes, more: bytes) -> bytes:
    """Return the union of two sets; of a token in both, the first set's record."""
    return _joined(_union(mine, theirs) for mine, theirs in _walk(records, more))


def among(tokens: bytes, records: bytes) -> bytes:
    """Return the tokens of a packed, sorted set that some record has."""
    if len(tokens) * _WALK_SHARE > len(records):  # to walk both is less than to search for each
        return packed_tokens(removed(records, subtract(records, tokens)))
    return b"".join(token for token in _split(tokens, "16s") if _has(records, _position(records, token), token))


def apply(records: bytes, removals: bytes, additions: bytes) -> bytes:
    """Return the records without those of the packed 8-byte prefixes, and with the additions in place of their like.

    Raises ValueError ``misfit`` for a removal that fits no record or two, ``contradiction`` for one that is updated.
    """
    return b"".join(_spliced(records, _edits(records, removals, additions)))


def _edits(records: bytes, removals: bytes, additions: bytes) -> list[tuple[int, int, bytes]]:
    """Return what to put in place of which records, as (start, end, records), in order."""
    edits = []
    for prefix in _split(removals, f"{PREFIX_BYTES}s"):
        if matches(records, prefix) != 1:
            raise ValueError("misfit")
        at = _position(records, prefix)
        edits.append((at, at + 1, b""))
    for record in _split(additions, f"{RECORD_BYTES}s"):
        token = record[:TOKEN_BYTES]
        at = _position(records, token)
        edits.append((at, at + _has(records, at, token), record))
    return sorted(edits)


def _spliced(records: bytes, edits: Iterable[tuple[int, int, bytes]]) -> Iterator[bytes | memoryview]:
    view, done = memoryview(records), 0
    for start, end, put in edits:
        if start < done:
            raise ValueError("contradiction")
        yield view[done * RECORD_BYTES : start * RECORD_BYTES]
        yield put
        done = end
    yield view[done * RECORD_BYTES :]


def matches(records: bytes, prefix: bytes) -> int:
    """Return how many records start with a prefix: 0, 1, or 2 for more than one."""
    at = _position(records, prefix)
    return _has(records, at, prefix) + _has(records, at + 1, prefix)


def _position(records: bytes, start: bytes) -> int:
    """Return the number of the first record that is not below ``start``."""
    size = len(start)
    return bisect_left(
        range(len(records) // RECORD_BYTES), start, key=lambda at: records[at * RECORD_BYTES : at * RECORD_BYTES + size]
    )


def _has(records: bytes, at: int, start: bytes) -> bool:
    return records.startswith(start, at * RECORD_BYTES)


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
