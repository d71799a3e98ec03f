"""Deltas: how one version's match records become the next one's, within one epoch.

Plain form: 4-byte big-endian number of removals, 4-byte number of additions, the removals (8-byte token prefixes, each
of exactly one record), the additions (whole 18-byte records; one whose token is there already is an update). Both
strictly increasing. The sorted records are spliced, never sorted again.
"""

from itertools import pairwise
from struct import Struct, iter_unpack
from typing import Final

from blocklist.errors import PublisherFault
from blocklist.limits import LIMITS
from blocklist.matchfile import RECORD_BYTES, changed, check_records, removed
from blocklist.record_sets import PREFIX_BYTES, matches
from blocklist.records import SETS

_COUNTS = Struct(">II")
_MISFITS: Final = {
    "misfit": "a removal of the delta does not fit exactly one record",
    "contradiction": "the delta removes and updates the same record",
}


def make(old: bytes, new: bytes) -> bytes | None:
    """Return the delta from ``old`` to ``new`` records.

    None when nothing changes, or when a prefix would fit two records of ``old``: subscribers then take the full file.
    """
    gone = [token[:PREFIX_BYTES] for (token,) in iter_unpack("16s2x", removed(old, new))]
    additions = changed(old, new)
    if not gone and not additions:
        return None
    if any(matches(old, prefix) != 1 for prefix in gone):
        return None
    return _COUNTS.pack(len(gone), len(additions) // RECORD_BYTES) + b"".join(gone) + additions


def apply(records: bytes, delta: bytes) -> bytes:
    """Return the records a delta leads to. Raises PublisherFault ``delta`` for one that is malformed or does not fit.

    Whether they are the right ones, only ``set_sha256`` tells.
    """
    removals, additions = _read(delta)
    try:
        result = SETS.apply(records, removals, additions)
    except ValueError as error:
        raise PublisherFault("delta", _MISFITS[str(error)]) from None
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


def _read(delta: bytes) -> tuple[bytes, bytes]:
    """Return the prefixes and the records of a delta, each checked by itself."""
    count, _ = changes(delta)
    middle = _COUNTS.size + count * PREFIX_BYTES
    removals, additions = delta[_COUNTS.size : middle], delta[middle:]
    if any(low >= high for low, high in pairwise(iter_unpack(f"{PREFIX_BYTES}s", removals))):
        raise PublisherFault("delta", "the removals of the delta are not strictly increasing")
    try:
        check_records(additions)
    except PublisherFault as fault:
        raise PublisherFault("delta", f"the additions of the delta: {fault}") from None
    return removals, additions
