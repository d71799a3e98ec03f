"""How long an answer stays fresh, with dnspython as the second opinion."""

from __future__ import annotations

import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.freshness import freshness

TTLS = st.integers(0, 2**31 - 1)


def answer(
    *records: tuple[str, int, str, str], authority: tuple[tuple[str, int, str, str], ...] = (), rcode: str = "NOERROR"
) -> bytes:
    message = dns.message.make_response(dns.message.make_query("www.a.example", "A", use_edns=0))
    message.set_rcode(dns.rcode.from_text(rcode))
    message.answer = [dns.rrset.from_text(owner, ttl, "IN", kind, data) for owner, ttl, kind, data in records]
    message.authority = [dns.rrset.from_text(owner, ttl, "IN", kind, data) for owner, ttl, kind, data in authority]
    return message.to_wire()


def soa(ttl: int, minimum: int) -> tuple[str, int, str, str]:
    return ("a.example.", ttl, "SOA", f"ns.a.example. root.a.example. 1 2 3 4 {minimum}")


@given(st.lists(TTLS, min_size=1, max_size=4))
def test_the_smallest_ttl_of_the_answer_counts(ttls: list[int]) -> None:
    """Whatever servers are named in the other sections, and behind compressed names."""
    records = [(f"n{number}.a.example.", ttl, "CNAME", "www.a.example.") for number, ttl in enumerate(ttls)]
    assert freshness(answer(*records, authority=(("a.example.", 1, "NS", "ns.a.example."),))) == min(ttls)


@given(TTLS, TTLS, TTLS, st.sampled_from(["NOERROR", "NXDOMAIN"]))
def test_a_negative_answer_behind_an_alias_lives_no_longer(alias: int, ttl: int, minimum: int, rcode: str) -> None:
    """RFC 2308 section 2: what is kept of it is the alias and the absence; an HTTP cache keeps both or none."""
    record = ("www.a.example.", alias, "CNAME", "gone.a.example.")
    assert freshness(answer(record, authority=(soa(ttl, minimum),), rcode=rcode)) == min(alias, ttl, minimum)


def test_a_name_that_does_not_exist_without_soa_is_not_fresh() -> None:
    """Not behind an alias either (RFC 2308 section 5)."""
    assert freshness(answer(("www.a.example.", 60, "CNAME", "gone.a.example."), rcode="NXDOMAIN")) == 0


@given(TTLS, TTLS, st.sampled_from(["NOERROR", "NXDOMAIN"]))
def test_a_negative_answer_lives_as_its_soa_says(ttl: int, minimum: int, rcode: str) -> None:
    """RFC 8484 section 5.1 and RFC 2308 section 5."""
    before = ("a.example.", 5, "NS", "ns.a.example.")
    assert freshness(answer(authority=(before, soa(ttl, minimum)), rcode=rcode)) == min(ttl, minimum)


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "FORMERR", "NOTIMP"])
def test_a_failure_is_never_fresh(rcode: str) -> None:
    """A client asks again, whatever records came along."""
    assert freshness(answer(("www.a.example.", 60, "A", "192.0.2.1"), rcode=rcode)) == 0


def test_a_negative_answer_without_soa_is_not_fresh() -> None:
    """Nobody said how long it holds."""
    assert freshness(answer()) == 0


def test_a_ttl_with_its_first_bit_set_is_none() -> None:
    """RFC 2181 section 8."""
    wire = answer(("www.a.example.", 0x7FFF_FFFF, "A", "192.0.2.1"))
    assert freshness(wire.replace(b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff")) == 0


@given(st.binary(max_size=80), st.integers(0, 200))
def test_what_cannot_be_read_is_not_fresh(junk: bytes, cut: int) -> None:
    """A message cut short or made up never raises."""
    whole = answer(("www.a.example.", 60, "A", "192.0.2.1"), ("www.a.example.", 60, "TXT", '"x"'))
    assert freshness(whole[: min(cut, len(whole) - 1)]) in (0, 60)  # cut in the OPT behind the answer it is readable
    assert freshness(junk) >= 0
