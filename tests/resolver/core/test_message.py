"""Walking upstream messages: what dnspython wrote is found, anything else is the declared error."""

from __future__ import annotations

import contextlib

import dns.edns
import dns.message
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.message import read_message
from resolver.core.names import WireFault
from tests.resolver.core.world import records

LINES = (
    "an a.example. 60 CNAME b.example.",
    "an b.example. 61 A 192.0.2.1",
    "ns example. 62 SOA ns.example. host.example. 1 2 3 4 5",
    "ar ns.example. 63 AAAA 2001:db8::1",
    "ar ns.example. 64 SRV 1 2 3 x.example.",
)


def response(*lines: str, edns: bool = True) -> bytes:
    query = dns.message.make_query("A.example", "A", use_edns=0 if edns else False)
    reply = records(*lines)(query)
    assert isinstance(reply, dns.message.Message)
    if edns:
        reply.use_edns(0, options=[dns.edns.EDEOption(3)])
    return reply.to_wire()


def test_every_record_is_found_with_its_place() -> None:
    """Sections, owners in lower case, TTLs and their offsets, RDATA freed of compression."""
    data = response(*LINES)
    message = read_message(data)
    assert [(one.section, one.rtype, one.ttl) for one in message.records] == [
        (0, 5, 60),
        (0, 1, 61),
        (1, 6, 62),
        (2, 28, 63),
        (2, 33, 64),
    ]
    assert message.records[0].owner == b"\1a\7example\0"
    assert message.records[0].rdata == b"\1b\7example\0"
    for one in message.records:
        assert data[one.ttl_offset : one.ttl_offset + 4] == one.ttl.to_bytes(4)
    assert message.edns is not None
    assert message.opt_span is not None
    assert message.opt_span[1] == len(data)


def test_a_ttl_with_the_top_bit_is_zero() -> None:
    """RFC 2181 section 8."""
    data = bytearray(response("an a.example. 60 A 192.0.2.1", edns=False))
    data[-10] = 0x80
    assert read_message(bytes(data)).records[0].ttl == 0


def test_extended_rcodes_are_put_together() -> None:
    """BADVERS is 16: four bits in the header, the rest in OPT."""
    query = dns.message.make_query("a.example", "A", use_edns=0)
    reply = dns.message.make_response(query)
    reply.use_edns(0)
    reply.set_rcode(16)
    assert read_message(reply.to_wire()).rcode == 16


@given(st.integers(0, 400))
def test_every_cut_is_a_fault(cut: int) -> None:
    """A message ends where its counts say, not before."""
    data = response(*LINES)
    with pytest.raises(WireFault):
        read_message(data[: cut % len(data)])


@given(st.lists(st.tuples(st.integers(12, 200), st.integers(0, 255)), max_size=8), st.binary(max_size=4))
def test_damage_is_read_or_the_declared_error(changes: list[tuple[int, int]], behind: bytes) -> None:
    """No IndexError, no endless walk, no struct error, whatever bytes change."""
    data = bytearray(response(*LINES))
    for offset, value in changes:
        data[offset % len(data)] = value
    try:
        message = read_message(bytes(data) + behind)
    except WireFault:
        return
    assert not behind
    assert all(one.start < one.ttl_offset < one.end <= len(data) for one in message.records)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_the_declared_error(data: bytes) -> None:
    """The same from nothing."""
    with contextlib.suppress(WireFault):
        read_message(data)


def test_two_opt_and_opt_elsewhere_are_faults() -> None:
    """OPT stands once, in the additional section, at the root."""
    data = response(edns=True)
    opt = data[-17:]
    assert opt[:3] == b"\0\0\x29"
    twice = data[:10] + b"\0\2" + data[12:] + opt
    as_answer = data[:6] + b"\0\1\0\0\0\0" + data[12:]
    for bad in (twice, as_answer):
        with pytest.raises(WireFault):
            read_message(bad)
