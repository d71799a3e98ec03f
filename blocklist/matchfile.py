"""The match file: 18-byte records (token, attributes) sorted by token, strictly increasing, nothing else.

Records are plain ``bytes`` everywhere, because a million small objects would cost more than the whole list.
"""

import hashlib
from collections.abc import Iterable, Set
from itertools import pairwise, starmap
from operator import lt
from struct import iter_unpack

from blocklist.attributes import Attributes
from blocklist.errors import PublisherFault
from blocklist.limits import LIMITS
from blocklist.tokens import TOKEN_BYTES

RECORD_BYTES = 18

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
    if not all(starmap(lt, pairwise(iter_unpack("16s2x", data)))):
        raise PublisherFault("match_file", "the records are not strictly increasing")
    high, low = data[TOKEN_BYTES::RECORD_BYTES], data[TOKEN_BYTES + 1 :: RECORD_BYTES]
    if low.translate(None, _GOOD_LOW_BYTES):
        raise PublisherFault("match_file", "a record has a reserved attribute bit")
    if 0 in high and any(not first and second < 0x80 for first, second in zip(high, low, strict=True)):
        raise PublisherFault("match_file", "a record has no expiry")
    return data


def set_digest(records: bytes) -> str:
    """Return ``set_sha256``: lower-hex SHA-256 of the records."""
    return hashlib.sha256(records).hexdigest()


def tokens_of(records: bytes) -> list[bytes]:
    """Return the tokens in order."""
    return [token for (token,) in iter_unpack("16s2x", records)]


def basis_rows(records: bytes) -> frozenset[int]:
    """Return the rows of the basis table that the records use."""
    return frozenset(low >> 4 & 7 for low in set(records[TOKEN_BYTES + 1 :: RECORD_BYTES]))


def subtract(records: bytes, tokens: Set[bytes]) -> bytes:
    """Return the records without those whose token is in ``tokens``; the result may be empty."""
    if not tokens:
        return records
    return b"".join(record for (record,) in iter_unpack("18s", records) if record[:TOKEN_BYTES] not in tokens)


def _check_count(count: int) -> None:
    if not count:
        raise PublisherFault("empty_list", "an empty list is refused")
    if count > LIMITS.entries:
        raise PublisherFault("match_file", f"more than {LIMITS.entries} records")
