"""Answers in words; dnspython makes them."""

from __future__ import annotations

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.cli.answer_words import EDE, Said, agree, read_answer


def wire(*records: str, rcode: int = 0, flags: str = "", errors: tuple[tuple[int, str], ...] = ()) -> bytes:
    answer = dns.message.make_response(dns.message.make_query("www.example", "A", use_edns=0), recursion_available=True)
    answer.flags |= dns.flags.from_text(flags)
    options = [dns.edns.EDEOption(code, text or None) for code, text in errors]
    answer.use_edns(0, options=options)
    answer.set_rcode(dns.rcode.Rcode(rcode))
    for record in records:
        name, ttl, kind, data = record.split(None, 3)
        answer.answer.append(dns.rrset.from_text(name, int(ttl), "IN", kind, data))
    return answer.to_wire()


def said(*records: str, **more: object) -> Said:
    read = read_answer(wire(*records, **more))  # type: ignore[arg-type]
    assert read is not None
    return read


def test_all_of_an_answer_is_told() -> None:
    """Code, flags, records and extended errors in words, also those above 15 and those with a text."""
    told = said("WWW.example. 300 A 192.0.2.1", flags="AD", errors=((4, ""), (15, "by the \x1b[31mlist")))
    assert told.facts() == {
        "rcode": "NOERROR",
        "flags": ["rd", "ra", "ad"],
        "answer": ["www.example. IN A 192.0.2.1"],
        "errors": ["4 Forged Answer", "15 Blocked: by the ?[31mlist"],
    }
    assert said(rcode=16).rcode == "BADVERS"
    assert said(rcode=3).rcode == "NXDOMAIN"
    assert said(errors=((999, ""),)).errors == ("999 unknown to this version",)
    assert EDE[22] == "No Reachable Authority"


def test_lifetimes_case_and_order_are_no_difference() -> None:
    """Everything else is."""
    one = said("www.example. 300 A 192.0.2.1", "www.example. 300 A 192.0.2.2")
    other = said("www.EXAMPLE. 7 A 192.0.2.2", "www.example. 7 A 192.0.2.1")
    assert agree([one, other, one])
    for different in (said(), said(rcode=3), said("www.example. 300 A 192.0.2.1")):
        assert not agree([one, different])
    assert not agree([one, said("www.example. 300 A 192.0.2.1", "www.example. 300 A 192.0.2.2", errors=((4, ""),))])


def test_an_answer_cut_over_udp_agrees_with_the_whole() -> None:
    """But for another response code."""
    assert agree([said(flags="TC"), said("www.example. 300 A 192.0.2.1")])
    assert not agree([said(flags="TC", rcode=2), said("www.example. 300 A 192.0.2.1")])


@given(st.binary(max_size=200))
def test_whatever_comes_back_raises_nothing(data: bytes) -> None:
    """It is read, or it is not."""
    read = read_answer(data)
    assert read is None or isinstance(read, Said)


@pytest.mark.parametrize("cut", range(12, 40))
def test_half_an_answer_raises_nothing(cut: int) -> None:
    """Cut anywhere."""
    read_answer(wire("www.example. 300 A 192.0.2.1")[:cut])
