"""Server cookies, against the vectors of RFC 9018 appendix A."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.access import packed_address
from resolver.core.cookies import Cookies, is_cookie
from resolver.core.limits import Limits

FIRST = "e5e973e5a6b2a43f48e7dc849e37bfcf"
OLD, NEW = "dd3bdf9344b678b185a6f5cb60fca715", "445536bcd2513298075a5d379663c962"
V4, V6 = "198.51.100.100", "2001:db8:220:1:59de:d0f4:8769:82b8"
CLIENT = "2464c4abcf10c957"
FRESH = [
    (FIRST, CLIENT, V4, 1559731985, "010000005cf79f111f8130c3eee29480"),
    (FIRST, CLIENT, V4, 1559734385, "010000005cf7a871d4a564a1442aca77"),
    (FIRST, "fc93fc62807ddb86", "203.0.113.203", 1559734700, "010000005cf7a9acf73a7810aca2381e"),
    (NEW, "22681ab97d52c298", V6, 1559741961, "010000005cf7c609a6bb79d16625507a"),
]  # fmt: skip


def cookies(*secrets: str, now: float) -> Cookies:
    return Cookies([bytes.fromhex(secret) for secret in secrets], lambda: now, Limits())


@pytest.mark.parametrize(("secret", "client", "host", "now", "server"), FRESH)
def test_cookies_are_those_of_the_vectors(secret: str, client: str, host: str, now: int, server: str) -> None:
    """Byte for byte, so that servers of several makers agree; and each is taken back at once."""
    ours = cookies(secret, now=now)
    whole = ours.fresh(bytes.fromhex(client), packed_address(host))
    assert whole.hex() == client + server
    assert ours.holds(whole, packed_address(host))


def test_a_cookie_with_other_reserved_bytes_is_taken() -> None:
    """RFC 9018 A.3: they stand in the hash as they came."""
    whole = bytes.fromhex("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5")
    assert cookies(FIRST, now=1559727985).holds(whole, packed_address("203.0.113.203"))


def test_a_cookie_under_the_secret_before_is_taken() -> None:
    """RFC 9018 A.4: while secrets roll over both count; the answer is under the newest."""
    whole = bytes.fromhex("22681ab97d52c298010000005cf7c57926556bd0934c72f8")
    assert cookies(NEW, OLD, now=1559741961).holds(whole, packed_address(V6))
    assert not cookies(NEW, now=1559741961).holds(whole, packed_address(V6))


@pytest.mark.parametrize(("age", "good"), [(0, True), (3600, True), (3601, False), (-300, True), (-301, False)])
@pytest.mark.parametrize("stamp", [1_790_000_000, 2**32 - 100])
def test_a_cookie_is_good_for_an_hour(stamp: int, age: int, good: bool) -> None:
    """And five minutes ahead, for clocks that differ; also when 32 bits of seconds wrap (RFC 9018 section 4.3)."""
    whole = cookies(NEW, now=stamp).fresh(bytes.fromhex(CLIENT), packed_address(V4))
    assert cookies(NEW, now=stamp + age).holds(whole, packed_address(V4)) is good


@given(st.integers(0, 23), st.integers(1, 255))
def test_no_changed_byte_goes_unseen(place: int, change: int) -> None:
    """Client cookie, version, time or hash."""
    ours = cookies(NEW, now=1_790_000_000)
    whole = bytearray(ours.fresh(bytes.fromhex(CLIENT), packed_address(V4)))
    whole[place] ^= change
    assert not ours.holds(bytes(whole), packed_address(V4))


def test_a_cookie_belongs_to_an_address() -> None:
    """IPv4-mapped is the same one; another is not, and neither is half a cookie."""
    ours = cookies(NEW, now=1_790_000_000)
    whole = ours.fresh(bytes.fromhex(CLIENT), packed_address(V4))
    assert ours.holds(whole, packed_address(f"::ffff:{V4}"))
    assert not ours.holds(whole, packed_address("198.51.100.101"))
    assert not ours.holds(whole, packed_address(V6))
    assert not ours.holds(whole[:8], packed_address(V4))


def test_lengths() -> None:
    """RFC 7873 section 4: eight bytes, alone or with eight to thirty-two of the server."""
    assert [length for length in range(60) if is_cookie(bytes(length))] == [8, *range(16, 41)]
