"""Server cookies in C, against the vectors of RFC 9018 appendix A and against Python's."""

from __future__ import annotations

import dns.edns
import dns.message
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core import codes
from resolver.core.access import packed_address
from resolver.core.answer import positive
from resolver.core.cookies import Cookies
from resolver.core.limits import Limits
from tests.native.paths import ADDRESS, NEEDS_NATIVE, Path

pytestmark = NEEDS_NATIVE

OLD, NEW = "e5e973e5a6b2a43f48e7dc849e37bfcf", "445536bcd2513298075a5d379663c962"


def cookie_from(secret: bytes, client: bytes, address: bytes, now: int) -> bytes:
    """The COOKIE option of an answer."""
    path = Path()
    path.c.use_cookie_secrets([secret, bytes(16)])
    path.c.remember(0, address, path.client)
    path.keep(b"\4test\0\0\1\0\1\0", positive(codes.A, 30, bytes(4)))
    query = dns.message.make_query("test", "A", use_edns=0, options=[dns.edns.GenericOption(10, client)])
    answer = dns.message.from_wire(path.c.answer(query.to_wire(), address, path.doors[0], 0.0, now))
    return answer.options[0].to_wire() or b""


@pytest.mark.parametrize(
    ("secret", "client", "host", "now", "server"),
    [
        (OLD, "2464c4abcf10c957", "198.51.100.100", 1559731985, "010000005cf79f111f8130c3eee29480"),
        (OLD, "2464c4abcf10c957", "198.51.100.100", 1559734385, "010000005cf7a871d4a564a1442aca77"),
        (OLD, "fc93fc62807ddb86", "203.0.113.203", 1559734700, "010000005cf7a9acf73a7810aca2381e"),
        (NEW, "22681ab97d52c298", "2001:db8:220:1:59de:d0f4:8769:82b8", 1559741961, "010000005cf7c609a6bb79d16625507a"),
    ],
)
def test_cookies_are_those_of_the_vectors(secret: str, client: str, host: str, now: int, server: str) -> None:
    """A client's cookie, an address and a moment make the server cookie of the RFC."""
    made = cookie_from(bytes.fromhex(secret), bytes.fromhex(client), packed_address(host), now)
    assert made.hex() == client + server


@given(
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=8, max_size=8),
    st.binary(min_size=4, max_size=4)
    | st.binary(min_size=16, max_size=16)
    | st.just(bytes(10) + b"\xff\xff" + ADDRESS),
    st.integers(0, 2**32 - 1),
)
def test_cookies_are_pythons(secret: bytes, client: bytes, address: bytes, now: int) -> None:
    """For every secret, address and moment both make the same."""
    assert cookie_from(secret, client, address, now) == Cookies([secret], lambda: now, Limits()).fresh(client, address)
