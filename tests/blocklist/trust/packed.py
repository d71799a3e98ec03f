"""Small sets for tests of the pure rules: a token is a number, a record a token with attributes."""

from __future__ import annotations

from collections.abc import Iterable

from blocklist.attributes import Attributes
from blocklist.tokens import TOKEN_BYTES
from blocklist.trust.rules.token_sets import split


def tokens(*numbers: int) -> bytes:
    """A packed set of tokens."""
    return b"".join(number.to_bytes(TOKEN_BYTES, "big") for number in sorted(set(numbers)))


def records(numbers: Iterable[int], days: int = 40) -> bytes:
    """A packed set of records."""
    word = Attributes(days, 1).pack().to_bytes(2, "big")
    return b"".join(token + word for token in split(tokens(*numbers)))


def numbers(packed: bytes) -> set[int]:
    """The tokens of a packed set, as numbers."""
    return {int.from_bytes(token, "big") for token in split(packed)}
