"""How long and in which form an upstream's message is kept."""

from __future__ import annotations

import dns.message
import pytest
from attrs import evolve

from resolver.core import codes
from resolver.core.message import Message, read_message
from resolver.core.reply import as_nodata, body_of, chain_ttl, is_negative, lifetime, without
from tests.resolver.core.world import CONFIG, question, records

SOA = "ns example. 500 SOA a.example. b.example. 1 2 3 4 200"


def message(*lines: str, rtype: str = "A") -> Message:
    reply = records(*lines)(dns.message.from_wire(question("a.example", rtype)))
    assert isinstance(reply, dns.message.Message)
    return read_message(reply.to_wire())


@pytest.mark.parametrize(
    ("lines", "negative", "seconds"),
    [
        (("an a.example. 60 A 192.0.2.1", "ar b.example. 50 A 192.0.2.1"), False, 50),
        (("an a.example. 0 A 192.0.2.1",), False, 0),
        (("an a.example. 999999 A 192.0.2.1",), False, 86_400),
        (("nxdomain", SOA), True, 200),
        ((SOA,), True, 200),
        (("an a.example. 60 CNAME b.example.", SOA), True, 60),
        (("nxdomain",), True, 0),
        ((), True, 0),
        (("nxdomain", "ns example. 90000 SOA a.example. b.example. 1 2 3 4 90000"), True, 10_800),
        (("ns example. 90 NS a.example.",), True, 0),
    ],
)
def test_lifetime_is_the_lowest_ttl_and_by_soa_when_negative(
    lines: tuple[str, ...], negative: bool, seconds: int
) -> None:
    """RFC 2308: a negative answer without SOA is not kept; with one, min(TTL, MINIMUM), bounded."""
    assert is_negative(message(*lines)) is negative
    assert lifetime(message(*lines), CONFIG) == seconds


def test_a_floor_keeps_longer_but_never_what_has_no_ttl() -> None:
    """`min_ttl` lengthens the stay in the cache; the TTLs shown are the upstream's."""
    config = evolve(CONFIG, min_ttl=30)
    short = message("an a.example. 5 A 192.0.2.1")
    assert lifetime(short, config) == 30
    assert body_of(short, config, trust_ad=False).ttls[0][1] == 5
    assert lifetime(message("an a.example. 0 A 192.0.2.1"), config) == 0


def test_an_alias_question_is_positive() -> None:
    """A CNAME query answered by a CNAME exists."""
    assert not is_negative(message("an a.example. 60 CNAME b.example.", rtype="CNAME"))


@pytest.mark.parametrize("rtype", ["CNAME", "DNAME", "RRSIG"])
def test_an_alias_question_without_one_is_negative(rtype: str) -> None:
    """It is kept by its SOA like any other NODATA (RFC 2308)."""
    assert lifetime(message(SOA, rtype=rtype), CONFIG) == 200


def test_the_negative_soa_does_not_outlive_the_answer() -> None:
    """RFC 2308 section 5: SOA TTL 500, MINIMUM 200, shown 200."""
    body = body_of(message("nxdomain", SOA), CONFIG, trust_ad=False)
    assert [ttl for _, ttl in body.ttls] == [200]


def test_aa_is_cleared_and_ad_needs_trust() -> None:
    """A forwarder is no authority."""
    signed = message("ad", "an a.example. 60 A 192.0.2.1")
    signed.flags |= codes.AA
    assert body_of(signed, CONFIG, trust_ad=True).flags == codes.QR | codes.RA | codes.AD
    assert body_of(signed, CONFIG, trust_ad=False).flags == codes.QR | codes.RA


def test_records_behind_opt_are_moved_soundly() -> None:
    """OPT in the middle of the additional section is taken out and the rest still points right."""
    query = question("a.example")
    opt = query[-11:]
    late = b"\1z\0\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
    pointing = b"\xc0" + bytes([len(query) - 11 + 11]) + b"\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\2"
    data = query[:2] + b"\x81\x80" + query[4:10] + b"\0\3" + query[12:-11] + opt + late + pointing
    body = body_of(read_message(data), CONFIG, trust_ad=False)
    assert body.counts == (0, 0, 2)
    assert body.sections.count(b"\1z\0") == 1
    assert b"\0\x29" not in body.sections


def test_left_out_records_are_gone() -> None:
    """The others keep their TTLs."""
    one = message("an a.example. 60 A 192.0.2.1", "ar b.example. 50 A 192.0.2.1")
    body = without(one, body_of(one, CONFIG, trust_ad=False), one.records[1:])
    assert (body.counts, [ttl for _, ttl in body.ttls]) == ((1, 0, 0), [60])


def test_nodata_keeps_the_soa_and_drops_the_proof() -> None:
    """NXDOMAIN, AD, NSEC and its RRSIG go; aliases stay; an own SOA when there was none."""
    nsec = "ns z.example. 500 NSEC a.example. A"
    one = message("nxdomain", "ad", "an a.example. 60 CNAME c.example.", SOA, nsec)
    body = as_nodata(one, body_of(one, CONFIG, trust_ad=True), 30)
    assert (body.rcode, body.flags & codes.AD, body.counts) == (codes.NOERROR, 0, (1, 1, 0))
    shown = [{int.from_bytes(body.aged(age).sections[at : at + 4]) for at, _ in body.ttls} for age in (0, 30, 40, 60)]
    assert shown == [{30}, {30}, {20}, {0}]
    bare = message("nxdomain")
    assert as_nodata(bare, body_of(bare, CONFIG, trust_ad=True), 30).counts == (0, 1, 0)


def test_nodata_counts_what_stays_in_authority_beside_an_own_soa() -> None:
    """An odd NXDOMAIN with NS records and without SOA still becomes a sound message."""
    one = message("nxdomain", "ns example. 90 NS a.example.")
    assert as_nodata(one, body_of(one, CONFIG, trust_ad=True), 30).counts == (0, 2, 0)


def test_the_chain_ttl_counts_aliases_and_services_only() -> None:
    """The address at the end does not matter."""
    lines = ("an a.example. 60 CNAME b.example.", "an b.example. 40 CNAME c.example.", "an c.example. 5 A 192.0.2.1")
    assert chain_ttl(message(*lines)) == 40


def test_a_synthesized_alias_counts_with_the_ttl_of_its_dname() -> None:
    """A CNAME made from a DNAME may come with TTL 0; what its zone said is the DNAME's TTL."""
    lines = ("an example. 50 DNAME blk.test.", "an a.example. 0 CNAME a.blk.test.", "an a.blk.test. 5 A 192.0.2.1")
    assert chain_ttl(message(*lines)) == 50
