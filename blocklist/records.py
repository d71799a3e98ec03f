"""Sets of match records at their fastest: the C extension's functions where it is there, else the pure ones.

Sets are packed and sorted by token, strictly increasing; callers have checked that. Only ``bytes`` are taken.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Protocol, cast

import native
from blocklist import record_sets, record_tables


class Tables(Protocol):
    """What is looked at in every record of one set (`blocklist/record_tables.py`)."""

    def check_records(self, records: bytes, /) -> int:
        """Return the first rule that any of the records breaks."""

    def directory(self, records: bytes, /) -> bytes:
        """Return where each bucket begins."""

    def packed_tokens(self, records: bytes, /) -> bytes:
        """Return the tokens alone."""

    def word_counts(self, records: bytes, /) -> Mapping[int, int]:
        """Return how many records have each attribute word."""

    def tokens_of_names(self, key: bytes, tag: bytes, wires: Iterable[bytes], /) -> list[bytes]:
        """Return the tokens of names."""


class Sets(Protocol):
    """What two sets are compared and joined with (`blocklist/record_sets.py`)."""

    def subtract(self, records: bytes, tokens: bytes, /) -> bytes:
        """Return the records without those of some tokens."""

    def removed(self, old: bytes, new: bytes, /) -> bytes:
        """Return the records of the first set whose token is not in the second."""

    def changed(self, old: bytes, new: bytes, /) -> bytes:
        """Return the records of the second set that are not in the first."""

    def merge(self, records: bytes, more: bytes, /) -> bytes:
        """Return the union."""

    def among(self, tokens: bytes, records: bytes, /) -> bytes:
        """Return the tokens that some record has."""

    def apply(self, records: bytes, removals: bytes, additions: bytes, /) -> bytes:
        """Return what a delta leads to."""


TABLES: Final = cast(Tables, record_tables if native.MODULE is None else native.MODULE)
SETS: Final = cast(Sets, record_sets if native.MODULE is None else native.MODULE)
