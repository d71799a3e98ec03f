"""How an index is put together; what it answers is in `test_index.py`."""

from __future__ import annotations

import tracemalloc
from datetime import date

import pytest

from blocklist.compiling import ListImage, _fresh_numbers, compile_index
from blocklist.errors import OperatorFault
from blocklist.records import TABLES

KEY = bytes(32)
BASE = date(2026, 10, 1)


def image(records: bytes, *, list_id: str = "demo", fresh: bytes = b"") -> ListImage:
    return ListImage(list_id, KEY, BASE, records, frozenset(), fresh)


def packed(*tokens: int) -> bytes:
    """Tokens by their numbers, joined."""
    return b"".join(token.to_bytes(16, "big") for token in tokens)


def test_a_list_id_must_fit() -> None:
    """The operator hears of it before a worker does."""
    with pytest.raises(OperatorFault, match="64 bytes"):
        compile_index([image(b"", list_id="x" * 65)], clock_offset=0.0)


def test_fresh_tokens_become_the_numbers_of_their_records() -> None:
    """Neighbours in one bucket are told apart, and tokens that are not enforced are left out."""
    tokens = (3, 4, 2**112, 2**127, 2**127 + 1)
    records = b"".join(packed(token) + b"\xf0\x00" for token in tokens)
    fresh = image(records, fresh=packed(1, 4, 5, 2**127 + 1, 2**128 - 1))
    directory = memoryview(TABLES.directory(records)).cast("I")
    assert memoryview(_fresh_numbers(fresh, directory)).cast("I").tolist() == [1, 4]


def test_a_large_list_is_copied_once() -> None:
    """Beside the list and the index there is room for little more than the directory."""
    records = b"".join(number.to_bytes(4, "big") * 4 + b"\xf0\x00" for number in range(0, 2**32, 2**15))
    tracemalloc.start()
    length = len(compile_index([image(records)], clock_offset=0.0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert length <= peak < length + 1_500_000
