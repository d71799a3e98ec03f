"""Verified, mask, enforced."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from blocklist.attributes import Attributes
from blocklist.matchfile import tokens_of
from blocklist.trust.mask import Mask, attribute_counts, enforced, expiries

TOKENS = st.sets(st.binary(min_size=16, max_size=16), max_size=12)


def pack(tokens: set[bytes], days: int = 40) -> bytes:
    word = Attributes(days, 1).pack().to_bytes(2, "big")
    return b"".join(token + word for token in sorted(tokens))


@given(TOKENS, TOKENS, TOKENS)
def test_enforced_is_verified_minus_held_plus_kept(verified: set[bytes], held: set[bytes], kept: set[bytes]) -> None:
    """The enforced set is exactly that, sorted."""
    records = enforced(pack(verified), Mask(b"".join(sorted(held)), pack(kept), {}))
    assert list(tokens_of(records)) == sorted((verified - held) | kept)


def test_counts_by_attributes_and_end() -> None:
    """Records are counted by attribute word, and by the second they end."""
    records = pack({bytes(16)}, 1) + pack({b"\1" * 16, b"\2" * 16}, 2)
    assert sorted(attribute_counts(records).values()) == [1, 2]
    assert expiries(records, date(1970, 1, 1)) == {2 * 86400: 1, 3 * 86400: 2}


def test_mask_counts_what_waits() -> None:
    """Held tokens and kept records both wait for the NOC; an empty mask is false."""
    assert Mask(b"a" * 16, pack({b"b" * 16}), {"adds": 1}).entries == 2
    assert not Mask()
