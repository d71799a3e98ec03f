"""Two sets of records beside each other: the pure functions and those of the C extension, with the same cases."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocklist.record_sets import matches
from blocklist.records import Sets
from tests.blocklist.twins import SETS, both_sets, needs_native

WORDS = st.sampled_from([b"\0\x80", b"\1\0"])
# Many tokens share their first 8 bytes, some all but the last.
TOKENS = st.integers(0, 40).map(lambda n: (n // 3).to_bytes(8) + (n % 3).to_bytes(8))
RANDOM = st.binary(min_size=16, max_size=16)


def _packed(members: dict[bytes, bytes]) -> bytes:
    return b"".join(token + members[token] for token in sorted(members))


RECORDS = st.dictionaries(TOKENS | RANDOM, WORDS, max_size=40)
PREFIXES = st.sets((TOKENS | RANDOM).map(lambda token: token[:8]), max_size=6)


def compare(sets: Sets, one: dict[bytes, bytes], other: dict[bytes, bytes]) -> None:
    old, new, tokens = _packed(one), _packed(other), b"".join(sorted(other))
    assert sets.subtract(old, tokens) == _packed({t: w for t, w in one.items() if t not in other})
    assert sets.removed(old, new) == sets.subtract(old, tokens)
    assert sets.changed(old, new) == _packed({t: w for t, w in other.items() if one.get(t) != w})
    assert sets.merge(old, new) == _packed({**other, **one})
    assert sets.among(tokens, old) == b"".join(sorted(one.keys() & other.keys()))


@both_sets
@settings(max_examples=50)
@given(one=RECORDS, other=RECORDS)
def test_sets_of_records_are_sets(sets: Sets, one: dict[bytes, bytes], other: dict[bytes, bytes]) -> None:
    """Each function does what its name says, by Python's own dictionaries."""
    compare(sets, one, other)


@both_sets
@settings(max_examples=5)
@given(st.randoms(use_true_random=False))
def test_long_sets_are_compared_like_short_ones(sets: Sets, random: Random) -> None:
    """Some changes far apart in a set of thousands, and a small set beside a large one."""
    one = {number.to_bytes(16): b"\0\x80" for number in range(0, 6000, 2)}
    other = {number.to_bytes(16): b"\1\0" for number in random.sample(range(6000), 7)}
    for pair in ((one, other), (other, one), (one, {**one, **other})):
        compare(sets, *pair)


def outcome(sets: Sets, old: bytes, removals: bytes, additions: bytes) -> bytes | str:
    try:
        return sets.apply(old, removals, additions)
    except ValueError as error:
        return str(error)


@both_sets
@settings(max_examples=60)
@given(RECORDS, PREFIXES, RECORDS)
def test_a_delta_leads_where_it_says(
    sets: Sets, old: dict[bytes, bytes], prefixes: set[bytes], more: dict[bytes, bytes]
) -> None:
    """Removals of exactly one record and additions or updates, by dictionaries; what does not fit is told, by rank."""
    records, removals = _packed(old), b"".join(sorted(prefixes))
    gone = {token for token in old if token[:8] in prefixes}
    expected: bytes | str = _packed({**{t: w for t, w in old.items() if t not in gone}, **more})
    if any(matches(records, prefix) != 1 for prefix in prefixes):
        expected = "misfit"
    elif gone & more.keys():
        expected = "contradiction"
    assert outcome(sets, records, removals, _packed(more)) == expected


@needs_native
@given(st.lists(st.binary(min_size=18, max_size=18), max_size=12), PREFIXES, RECORDS)
def test_sets_in_disorder_break_nothing(noise: list[bytes], prefixes: set[bytes], more: dict[bytes, bytes]) -> None:
    """Nothing outside a set is read or written, whatever it holds: each function ends with whole records."""
    disorder, rest, other = b"".join(noise), b"".join(prefixes), SETS[1]
    results = [f(disorder, _packed(more)) for f in (other.removed, other.changed, other.merge)]
    results += [f(_packed(more), disorder) for f in (other.removed, other.changed, other.merge)]
    results.append(other.subtract(disorder, b"".join(more)))
    made = outcome(other, disorder, rest, _packed(more))
    results += [made] if isinstance(made, bytes) else []
    assert not any(len(each) % 18 for each in results)


@needs_native
def test_what_is_no_set_is_refused() -> None:
    """Whole items only: a cut record is an error and no other record."""
    other = SETS[1]
    for call in (other.subtract, other.removed, other.changed, other.merge, other.among):
        with pytest.raises(ValueError, match="whole number"):
            call(bytes(17), b"")
    with pytest.raises(ValueError, match="whole number"):
        other.apply(b"", bytes(7), b"")
