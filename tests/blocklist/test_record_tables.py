"""What is looked at in every record: the pure functions and those of the C extension, with the same cases."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.names import to_wire
from blocklist.record_tables import GOOD, NO_EXPIRY, NOT_INCREASING, RESERVED_BIT
from blocklist.records import Tables
from blocklist.tokens import domain_token, host_token
from tests.blocklist.twins import TABLES, both_tables, needs_native

# Few and close values, so that order, equal heads and equal words all occur.
BYTE = st.sampled_from([0, 1, 0x7F, 0x80, 0xFF])
HEAD = st.lists(BYTE, min_size=2, max_size=2).map(bytes)
TOKEN = st.builds(lambda head, tail: head + bytes(13) + bytes([tail]), HEAD, BYTE) | st.binary(min_size=16, max_size=16)
WORD = st.sampled_from([b"\x00\x80", b"\x1e\x00", b"\x00\x7c", b"\x80\x01", b"\xff\xfc", b"\x00\x02"])
RECORD = st.builds(lambda token, word: token + word, TOKEN, WORD)
SORTED = st.dictionaries(TOKEN, WORD, max_size=30).map(lambda set_: b"".join(t + set_[t] for t in sorted(set_)))


@needs_native
@given(SORTED | st.lists(RECORD, max_size=12).map(b"".join))
def test_both_twins_see_the_same(records: bytes) -> None:
    """For sets in order and in disorder: the same broken rule, tokens and counts; in order, the same directory."""
    pure, other = TABLES
    assert other.check_records(records) == pure.check_records(records)
    assert other.packed_tokens(records) == pure.packed_tokens(records)
    assert other.word_counts(records) == pure.word_counts(records)
    if pure.check_records(records) != NOT_INCREASING:
        assert other.directory(records) == pure.directory(records)


@both_tables
@pytest.mark.parametrize(
    ("records", "rule"),
    [
        (b"", GOOD),
        (bytes(16) + b"\0\x80" + b"\1" * 16 + b"\xff\xfc", GOOD),
        (b"\1" * 16 + b"\0\x80" + bytes(16) + b"\0\x01", NOT_INCREASING),
        (bytes(16) + b"\0\x80" + bytes(16) + b"\1\0", NOT_INCREASING),
        (bytes(16) + b"\0\x80" + bytes(15) + b"\1\0\x01", RESERVED_BIT),
        (bytes(16) + b"\0\x02", RESERVED_BIT),
        (bytes(16) + b"\0\x7c", NO_EXPIRY),
    ],
)
def test_the_first_rule_that_is_broken_is_told(tables: Tables, records: bytes, rule: int) -> None:
    """Order before reserved bits before expiry, wherever in the set they are broken."""
    assert tables.check_records(records) == rule


@both_tables
@pytest.mark.parametrize(
    "sizes",
    [{}, {0: 1}, {0xFFFF: 1}, {0: 300, 0xFFFF: 300}, {1: 64, 2: 65, 3: 63}, {0x1234: 500}, {7: 1, 8: 500, 9: 1}],
    ids=str,
)
def test_the_directory_counts_buckets_of_any_size(tables: Tables, sizes: dict[int, int]) -> None:
    """Far more records in one bucket than in others, and none in most: keyed tokens never are so, a forger's may be."""
    records = b"".join(prefix.to_bytes(2, "big") * 9 * size for prefix, size in sizes.items())
    directory = memoryview(tables.directory(records)).cast("I").tolist()
    filled = {at: high - low for at, (low, high) in enumerate(pairwise(directory)) if high > low}
    assert (filled, directory[0], len(directory)) == (sizes, 0, 65_537)


@both_tables
@pytest.mark.parametrize("name", ["a.test", "x" * 63 + "." + "y" * 63 + "." + "z" * 60 + ".test"])
def test_tokens_of_names_are_those_of_the_format(tables: Tables, name: str) -> None:
    """Short names and names of more than one block of BLAKE2b, in the order they come in."""
    key, wires = bytes(range(32)), [to_wire(name), b"\0"]
    assert tables.tokens_of_names(key, b"H", wires) == [host_token(key, wire) for wire in wires]
    assert tables.tokens_of_names(key, b"D", iter(wires)) == [domain_token(key, wire) for wire in wires]


@needs_native
def test_what_is_no_set_or_name_is_refused() -> None:
    """The C functions take whole records in bytes that nobody can change, and names of at most 255 bytes."""
    tables = TABLES[1]
    for broken in (bytes(17), bytes(19)):
        with pytest.raises(ValueError, match="whole number"):
            tables.check_records(broken)
    with pytest.raises(TypeError):
        tables.packed_tokens(bytearray(18))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="255"):
        tables.tokens_of_names(bytes(32), b"H", [bytes(256)])
    with pytest.raises(ValueError, match="32 bytes"):
        tables.tokens_of_names(bytes(31), b"H", [])
    with pytest.raises(TypeError):
        tables.tokens_of_names(bytes(32), b"H", ["a"])  # type: ignore[list-item]
