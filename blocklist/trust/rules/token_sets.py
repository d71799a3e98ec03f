"""Small sets of tokens as sorted, packed bytes beside large sets of records: no object a record is ever made."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from struct import iter_unpack

from blocklist.matchfile import RECORD_BYTES
from blocklist.records import SETS
from blocklist.tokens import TOKEN_BYTES


def pack(tokens: Iterable[bytes]) -> bytes:
    """Return tokens in any order as a packed set."""
    return b"".join(sorted(set(tokens)))


def split(packed: bytes) -> list[bytes]:
    """Return the tokens of a packed set, in order."""
    return [token for (token,) in iter_unpack(f"{TOKEN_BYTES}s", packed)]


def union(*sets: bytes) -> bytes:
    """Return the tokens that are in any of the packed sets."""
    filled = [each for each in sets if each]
    if len(filled) < 2:
        return filled[0] if filled else b""
    return pack(token for each in filled for token in split(each))


def minus(tokens: bytes, others: bytes) -> bytes:
    """Return the tokens that are not in `others`, both packed."""
    if not tokens or not others:
        return tokens
    left_out = frozenset(split(others))
    return b"".join(token for token in split(tokens) if token not in left_out)


def among(tokens: bytes, records: bytes) -> bytes:
    """Return the tokens of a packed set that match records have."""
    return SETS.among(tokens, records) if tokens else b""


def holds(records: bytes, token: bytes) -> bool:
    """Return whether sorted match records have one of this token."""
    count = len(records) // RECORD_BYTES
    at = bisect_left(range(count), token, key=lambda number: _token(records, number))
    return at < count and _token(records, at) == token


def _token(records: bytes, number: int) -> bytes:
    return records[number * RECORD_BYTES : number * RECORD_BYTES + TOKEN_BYTES]
