"""Deltas: how one version's match records become the next one's, within one epoch.

Plain form: 4-byte big-endian number of removals, 4-byte number of additions, the removals (8-byte token prefixes, each
of exactly one record), the additions (whole 18-byte records; one whose token is there already is an update). Both
strictly increasing. The sorted records are spliced, never sorted again.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import pairwise
from struct import Struct, iter_unpack

from blocklist.errors import PublisherFault
from blocklist.limits import LIMITS
from blocklist.matchfile import RECORD_BYTES, changed, check_records, removed
from blocklist.tokens import TOKEN_BYTES

PREFIX_BYTES = 8
_COUNTS = Struct(">II")


def make(old: bytes, new: bytes) -> bytes | None:
    """Return the delta from ``old`` to ``new`` records.

    None when nothing changes, or when a prefix would fit two records of ``old``: subscribers then take the full file.
    """
    gone = [token[:PREFIX_BYTES] for (token,) in iter_unpack("16s2x", removed(old, new))]
    additions = changed(old, new)
    if not gone and not additions:
        return None
    if any(_matches(old, prefix) != 1 for prefix in gone):
        return None
    return _COUNTS.pack(len(gone), len(additions) // RECORD_BYTES) + b"".join(gone) + additions


def apply(records: bytes, delta: bytes) -> bytes:
    """Return the records a delta leads to. Raises PublisherFault ``delta`` for one that is malformed or does not fit.

    Whether they are the right ones, only ``set_sha256`` tells.
    """
    removals, additions = _read(delta)
    result = b"".join(_spliced(records, _edits(records, removals, additions)))
    if not 0 < len(result) <= LIMITS.entries * RECORD_BYTES:
        raise PublisherFault("delta", "the delta leads to an empty or too long list")
    return result


def changes(delta: bytes) -> tuple[int, int]:
    """Return the numbers of removals and of additions with updates. Raises PublisherFault ``delta``."""
    if len(delta) >= _COUNTS.size:
        removals, additions = _COUNTS.unpack_from(delta)
        if len(delta) == _COUNTS.size + removals * PREFIX_BYTES + additions * RECORD_BYTES:
            return removals, additions
    raise PublisherFault("delta", "the delta is not as long as its counts say")


def _read(delta: bytes) -> tuple[list[bytes], bytes]:
    """Return the prefixes and the records of a delta, each checked by itself."""
    count, _ = changes(delta)
    middle = _COUNTS.size + count * PREFIX_BYTES
    removals = [prefix for (prefix,) in iter_unpack(f"{PREFIX_BYTES}s", delta[_COUNTS.size : middle])]
    if any(low >= high for low, high in pairwise(removals)):
        raise PublisherFault("delta", "the removals of the delta are not strictly increasing")
    additions = delta[middle:]
    try:
        check_records(additions)
    except PublisherFault as fault:
        raise PublisherFault("delta", f"the additions of the delta: {fault}") from None
    return removals, additions


def _edits(records: bytes, removals: Iterable[bytes], additions: bytes) -> list[tuple[int, int, bytes]]:
    """Return what to put in place of which records, as (start, end, records), in order."""
    edits = []
    for prefix in removals:
        if _matches(records, prefix) != 1:
            raise PublisherFault("delta", "a removal of the delta does not fit exactly one record")
        at = _position(records, prefix)
        edits.append((at, at + 1, b""))
    for (record,) in iter_unpack(f"{RECORD_BYTES}s", additions):
        token = record[:TOKEN_BYTES]
        at = _position(records, token)
        edits.append((at, at + _has(records, at, token), record))
    return sorted(edits)


def _spliced(records: bytes, edits: Iterable[tuple[int, int, bytes]]) -> Iterator[bytes | memoryview]:
    view, done = memoryview(records), 0
    for start, end, put in edits:
        if start < done:
            raise PublisherFault("delta", "the delta removes and updates the same record")
        yield view[done * RECORD_BYTES : start * RECORD_BYTES]
        yield put
        done = end
    yield view[done * RECORD_BYTES :]


def _matches(records: bytes, prefix: bytes) -> int:
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
