"""The match file: 18-byte records (token, attributes) sorted by token, strictly increasing, nothing else.

Records are plain ``bytes`` everywhere, because a million small objects would cost more than the whole list.
"""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain
from struct import iter_unpack
from typing import Final

from blocklist.attributes import Attributes
from blocklist.errors import PublisherFault
from blocklist.limits import LIMITS
from blocklist.record_tables import NO_EXPIRY, NOT_INCREASING, RESERVED_BIT
from blocklist.record_tables import RECORD_BYTES as RECORD_BYTES
from blocklist.records import SETS, TABLES

_RULES: Final = {
    NOT_INCREASING: "the records are not strictly increasing",
    RESERVED_BIT: "a record has a reserved attribute bit",
    NO_EXPIRY: "a record has no expiry",
}


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
    if rule := TABLES.check_records(data):
        raise PublisherFault("match_file", _RULES[rule])


def set_digest(records: bytes) -> str:
    """Return ``set_sha256``: lower-hex SHA-256 of the records."""
    return hashlib.sha256(records).hexdigest()


def tokens_of(records: bytes) -> Iterator[bytes]:
    """Yield the tokens in order."""
    return chain.from_iterable(iter_unpack("16s2x", records))


def basis_rows(records: bytes) -> frozenset[int]:
    """Return the rows of the basis table that the records use."""
    return frozenset(word >> 4 & 7 for word in TABLES.word_counts(records))


def packed_tokens(records: bytes) -> bytes:
    """Return the tokens alone, packed in order."""
    return TABLES.packed_tokens(records)


def subtract(records: bytes, tokens: bytes) -> bytes:
    """Return the records without those whose token is among the packed, sorted ``tokens``; possibly none are left."""
    return SETS.subtract(records, tokens) if tokens else records


def added(old: bytes, new: bytes) -> bytes:
    """Return the records of ``new`` whose token is not in ``old``."""
    return removed(new, old)


def removed(old: bytes, new: bytes) -> bytes:
    """Return the records of ``old`` whose token is not in ``new``."""
    return SETS.removed(old, new) if new else old


def changed(old: bytes, new: bytes) -> bytes:
    """Return the records of ``new`` that are not in ``old``: additions, and tokens with other attributes."""
    return SETS.changed(old, new) if old else new


def merge(records: bytes, more: bytes) -> bytes:
    """Return the union of two sets; of a token in both, the first set's record."""
    return SETS.merge(records, more) if records and more else records or more


def _check_count(count: int) -> None:
    if not count:
        raise PublisherFault("empty_list", "an empty list is refused")
    if count > LIMITS.entries:
        raise PublisherFault("match_file", f"more than {LIMITS.entries} records")
