"""Nothing of an upstream's message is lost but OPT: not the first time, not from the cache (answers.md)."""

from __future__ import annotations

import struct
from collections import Counter

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset
import pytest
from attrs import define, evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.core import codes
from tests.resolver.core.world import CONFIG, World, ede, question, records, text

pytestmark = pytest.mark.usefixtures("twin")

NAMES = st.sampled_from(
    [
        "ok.example.",
        "OK.Example.",
        "w.ok.example.",
        "*.ok.example.",
        "far.test.",
        ".",
        r"\000\255.example.",
        "x" * 63 + ".example.",
    ]
)
RDATA = st.sampled_from(
    [
        ("A", "192.0.2.1"),
        ("AAAA", "2001:db8::1"),
        ("NS", "ns.far.test."),
        ("CNAME", "a.far.test."),
        ("DNAME", "far.test."),
        ("SOA", "Ns.Far.Test. mail.far.test. 1 2 3 4 500"),
        ("MX", "10 mx.far.test."),
        ("TXT", '"" "a b" "\\000\\255"'),
        ("SRV", "1 2 443 srv.far.test."),
        ("NAPTR", '1 2 "u" "sip" "!^.*$!x!" .'),
        ("HTTPS", "1 . alpn=h2,h3 ipv4hint=192.0.2.7"),
        ("SVCB", "0 svc.far.test."),
        ("CAA", '0 issue "ca.test"'),
        ("DS", "1 13 2 " + "ab" * 32),
        ("RRSIG", "A 13 2 300 20300101000000 20200101000000 1 far.test. " + "AAAA" * 16),
        ("NSEC", "b.far.test. A RRSIG NSEC TYPE65280"),
        ("NSEC3", "1 1 0 - 2vptu5timamqttgl4luu9kg21e0aor3s A"),
        ("TYPE65280", r"\# 5 c00c000102"),
        ("TYPE1234", r"\# 0"),
    ]
)
LABELS = ("an", "ns", "ar")
Line = tuple[str, str, str, bytes]
TTL = st.integers(1, 2**31 - 1) | st.sampled_from([1, 30, 86_400, 86_401])


@st.composite
def responses(draw: st.DrawFn) -> Upstream:
    """Any records in any section, under any flags and rcode that count as an answer."""
    sections: list[list[tuple[str, int, str, str]]] = [[], [], []]
    for _ in range(draw(st.integers(1, 12))):
        rtype, rdata = draw(RDATA)
        sections[draw(st.integers(0, 2))].append((draw(NAMES), draw(TTL), rtype, rdata))
    reasons = draw(st.lists(st.tuples(st.integers(0, 40), st.sampled_from([None, "why", "日本"])), max_size=3))
    return Upstream(sections, draw(st.sampled_from([0, 3])), draw(st.booleans()), reasons)


@define
class Upstream:
    """What an upstream says to every question."""

    sections: list[list[tuple[str, int, str, str]]]
    rcode: int
    ad: bool
    reasons: list[tuple[int, str | None]]

    def __call__(self, query: dns.message.Message) -> bytes:
        response = dns.message.make_response(query, recursion_available=True)
        response.set_rcode(dns.rcode.Rcode(self.rcode))
        response.flags |= dns.flags.AA | (dns.flags.AD if self.ad else 0)
        for section, lines in zip(
            (response.answer, response.authority, response.additional), self.sections, strict=True
        ):
            for name, ttl, rtype, rdata in lines:
                section.append(dns.rrset.from_text(name, ttl, "IN", rtype, rdata))
        options = [dns.edns.EDEOption(code, reason) for code, reason in self.reasons]
        response.use_edns(0, ednsflags=query.ednsflags, options=options)
        return response.to_wire()

    def lines(self) -> Counter[Line]:
        """The records as a client should see them."""
        return Counter(
            (label, name.lower(), rtype, dns.rdata.from_text("IN", rtype, rdata).to_digestable())
            for label, lines in zip(LABELS, self.sections, strict=True)
            for name, _, rtype, rdata in lines
        )

    def largest_ttl(self) -> int:
        return max(ttl for lines in self.sections for _, ttl, _, _ in lines)


def seen(message: dns.message.Message) -> Counter[Line]:
    """The records of a message, whatever their order and the letter case of names."""
    return Counter(
        (label, rrset.name.to_text().lower(), dns.rdatatype.to_text(rrset.rdtype), rdata.to_digestable())
        for label, section in zip(LABELS, (message.answer, message.authority, message.additional), strict=True)
        for rrset in section
        for rdata in rrset
    )


def read(wire: bytes | None) -> dns.message.Message:
    assert wire is not None
    return dns.message.from_wire(wire, one_rr_per_rrset=True)


@settings(max_examples=25)
@given(
    responses(),
    st.sampled_from(["A", "TXT", "TYPE65280", "SVCB"]),
    st.booleans(),
    st.sampled_from(["RD", "RD CD", "RD AD"]),
)
def test_every_record_arrives_and_arrives_again(upstream: Upstream, rtype: str, do: bool, flags: str) -> None:
    """All sections, types, EDE; AD only for who wants it; the second answer is the first, byte for byte but the id."""
    world = World(upstream)
    wire = question("ok.example", rtype, flags, do=do)
    first = world.raw(wire, transport=1)
    message = read(first)
    if message.rcode() == dns.rcode.SERVFAIL:  # aliases that loop
        return
    assert message.rcode() == upstream.rcode
    assert bool(message.flags & dns.flags.AD) is (upstream.ad and (do or "AD" in flags))
    assert not message.flags & dns.flags.AA
    assert ede(message) == [code for code, _ in upstream.reasons]
    assert seen(message) == upstream.lines()
    ttls = [rrset.ttl for section in message.sections[1:] for rrset in section]
    assert max(ttls) <= min(upstream.largest_ttl(), CONFIG.max_ttl)
    asked = len(world.sent)
    second = world.raw(b"zz" + wire[2:], transport=1)
    assert first is not None
    assert second is not None
    if len(world.sent) == asked:  # it was kept
        assert second[2:] == first[2:]
    assert seen(read(second)) == seen(message)


@pytest.mark.parametrize("lines", [10, 240])
def test_sixty_kilobytes_of_text_are_relayed_over_tcp_and_cut_over_udp(lines: int) -> None:
    """TC from the upstream leads to TCP; the client gets all of it over TCP, twice, and TC over UDP."""
    rdata = [f"{'x' * 250}{number}" for number in range(lines)]

    def upstream(query: dns.message.Message) -> dns.message.Message:
        response = dns.message.make_response(query, recursion_available=True)
        if not world.sent[-1].transport:
            response.flags |= dns.flags.TC
        else:
            response.answer.append(dns.rrset.from_text_list("ok.example.", 60, "IN", "TXT", rdata))
        return response

    world = World(lambda query: upstream(query).to_wire(max_size=65_535))
    for _ in range(2):
        assert len(read(world.raw(question("ok.example", "TXT"), transport=1)).answer) == lines
    assert read(world.raw(question("ok.example", "TXT"))).flags & dns.flags.TC
    assert len(world.sent) == 2


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        (("nxdomain", "ns example. 90 SOA a.example. b.example. 1 2 3 4 60"), 60),
        (("ns example. 50 SOA a.example. b.example. 1 2 3 4 60",), 50),
        (("an ok.example. 40 CNAME no.example.", "ns example. 90 SOA a.example. b.example. 1 2 3 4 60"), 40),
        (
            ("nxdomain", "an ok.example. 90 CNAME no.example.", "ns example. 90 SOA a.example. b.example. 1 2 3 4 60"),
            60,
        ),
        (("nxdomain", "ns example. 90000 SOA a.example. b.example. 1 2 3 4 90000"), 10_800),
        (("nxdomain",), 0),
        (("ns example. 90 NS a.example.",), 0),
        (("an ok.example. 40 CNAME no.example.",), 0),
    ],
)
def test_what_is_not_there_is_kept_as_its_soa_says(lines: tuple[str, ...], kept: int) -> None:
    """RFC 2308 sections 2, 3 and 5: also behind an alias, three hours at most, and without SOA not at all."""
    world = World(records(*lines), config=evolve(CONFIG, stale=0, prefetch=False))
    first = text(world.ask("ok.example"))
    world.pass_time(max(0.0, kept - 0.5))
    world.ask("ok.example")
    assert len(world.sent) == (1 if kept else 2)
    world.pass_time(0.6)
    assert text(world.ask("ok.example")) == first
    assert len(world.sent) == (2 if kept else 3)


def test_an_answer_that_would_outgrow_a_message_is_an_error() -> None:
    """Thousands of names in RDATA point to one long name; behind OPT is a record, so that all is written anew: 1 MB."""

    def reply(query: dns.message.Message) -> bytes:
        question = query.question[0].name.to_wire() + struct.pack(">HH", 15, 1)
        owner, first = b"\xc0\x0c", 12 + len(question) + 14
        long_name = (b"\x3c" + b"x" * 60) * 3 + b"\0"
        records = [owner + struct.pack(">HHIHH", 15, 1, 300, 2 + len(long_name), 10) + long_name]
        records += [owner + struct.pack(">HHIHHH", 15, 1, 300, 4, 10, 0xC000 | first)] * 3900
        behind = b"\0" + struct.pack(">HHIH", 41, 1232, 0, 0) + owner + struct.pack(">HHIH", 1, 1, 300, 4) + bytes(4)
        counts = struct.pack(">HHHHHH", query.id, 0x8180, 1, len(records), 0, 2)
        return counts + question + b"".join(records) + behind

    world = World(reply)
    answer = world.ask("many.example", "MX", transport=codes.TCP)
    assert (answer.rcode(), answer.flags & dns.flags.TC) == (dns.rcode.SERVFAIL, 0)
