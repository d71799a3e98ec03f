"""Verified, mask, enforced."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from blocklist.attributes import Attributes
from blocklist.matchfile import packed_tokens, tokens_of
from blocklist.trust.rules.mask import BREAKER, Mask, enforced, expiries
from tests.blocklist.trust.packed import numbers, records, tokens

TOKENS = st.sets(st.binary(min_size=16, max_size=16), max_size=12)


def pack(tokens: set[bytes], days: int = 40) -> bytes:
    word = Attributes(days, 1).pack().to_bytes(2, "big")
    return b"".join(token + word for token in sorted(tokens))


@given(TOKENS, TOKENS, TOKENS)
def test_enforced_is_verified_minus_held_plus_kept(verified: set[bytes], held: set[bytes], kept: set[bytes]) -> None:
    """The enforced set is exactly that, sorted."""
    through = enforced(pack(verified), Mask(b"".join(sorted(held)), pack(kept), {}))
    assert list(tokens_of(through)) == sorted((verified - held) | kept)


def test_counts_by_end() -> None:
    """Records are counted by the second they end."""
    packed = pack({bytes(16)}, 1) + pack({b"\1" * 16, b"\2" * 16}, 2)
    assert expiries(packed, date(1970, 1, 1)) == {2 * 86400: 1, 3 * 86400: 2}


def test_mask_counts_what_waits() -> None:
    """Held tokens and kept records both wait for the NOC; an empty mask is false."""
    assert Mask(b"a" * 16, pack({b"b" * 16}), {"adds": 1, "removals": 1}).entries == 2
    assert not Mask()


def test_rejected_mask_waits_for_nobody() -> None:
    """What was held stays out and what was kept stays in, without a guard that alarms."""
    rejecting = Mask(tokens(1, 2), records({3}), {"adds": 2, "removals": 1}, tokens(4)).rejecting()
    assert (numbers(rejecting.rejected), rejecting.entries, dict(rejecting.held_by)) == ({1, 2, 4}, 0, {})
    assert bool(rejecting)
    assert numbers(packed_tokens(enforced(records({1, 2, 4, 5}), rejecting))) == {3, 5}


def test_more_is_held_by_canary_or_breaker() -> None:
    """Tokens come on top of what a guard held, and are counted under their own word."""
    mask = Mask(tokens(1), b"", {"adds": 1}).with_held(BREAKER, tokens(2, 3))
    assert (numbers(mask.held), dict(mask.held_by)) == ({1, 2, 3}, {"adds": 1, "breaker": 2})


def test_next_version_is_judged_anew_but_for_the_breaker_and_the_noc() -> None:
    """What a size guard held is judged again with the next version; canary, breaker and NOC keep their word."""
    assert not Mask(tokens(1), records({2}), {"adds": 1, "removals": 1}).carried(records({1, 3}))
    breaker = Mask(tokens(1, 2, 3), b"", {"breaker": 3}).carried(records({1, 2, 9}))
    assert (numbers(breaker.held), dict(breaker.held_by)) == ({1, 2}, {"breaker": 2})
    assert not Mask(tokens(1), b"", {"breaker": 1}).carried(records({9}))
    noc = Mask(b"", records({7, 8}), {}, tokens(1, 2)).carried(records({2, 8}))
    assert (numbers(noc.rejected), numbers(packed_tokens(noc.kept)), noc.entries) == ({2}, {7}, 0)
