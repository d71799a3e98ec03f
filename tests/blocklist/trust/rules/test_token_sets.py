"""Packed sets of tokens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from blocklist.trust.rules.token_sets import among, holds, minus, pack, split, union
from tests.blocklist.trust.packed import numbers, records, tokens

SETS = st.sets(st.integers(0, 40), max_size=20)


@given(SETS, SETS, SETS)
def test_they_are_sets(first: set[int], second: set[int], third: set[int]) -> None:
    """Union, difference and what records have agree with Python's own sets, and stay sorted."""
    assert numbers(union(tokens(*first), tokens(*second), tokens(*third))) == first | second | third
    assert numbers(minus(tokens(*first), tokens(*second))) == first - second
    assert numbers(among(tokens(*first), records(second))) == first & second
    joined = union(tokens(*first), tokens(*second))
    assert joined == pack(reversed(split(joined)))


@given(SETS, st.integers(0, 41))
def test_single_token(known: set[int], number: int) -> None:
    """A token is found exactly when a record has it, at either end and in an empty set, too."""
    assert holds(records(known), tokens(number)) is (number in known)
