"""The answer table (answers.md), row by row, on the core alone."""

from __future__ import annotations

from itertools import pairwise

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest
from attrs import evolve

from resolver.core.config import ListPolicy, UpstreamConfig
from tests.resolver.core.world import CONFIG, N4, N6, World, ede, index_of, question, records, text

pytestmark = pytest.mark.usefixtures("twin")

SOA = "SOA . . 1 3600 600 86400 30"
REAL = "192.0.2.77"
MINTED = "ns example. 3600 SOA ns.example. host.example. 7 1800 900 604800 900"


def flags_of(answer: dns.message.Message) -> str:
    return dns.flags.to_text(answer.flags)


@pytest.mark.parametrize(
    ("name", "rtype", "lines", "codes"),
    [
        ("blk.example.", "A", [f"an blk.example. 30 IN A {N4}"], [4]),
        ("blk.example.", "AAAA", [f"an blk.example. 30 IN AAAA {N6}"], [4]),
        ("blk.example.", "HTTPS", [f"ns blk.example. 30 IN {SOA}"], [15]),
        ("blk.example.", "SVCB", [f"ns blk.example. 30 IN {SOA}"], [15]),
        ("bLk.ExAmPlE.", "A", [f"an bLk.ExAmPlE. 30 IN A {N4}"], [4]),
        ("www.blk.example.", "A", [f"an www.blk.example. 30 IN A {N4}"], [4]),
        ("a.b.c.blk.example.", "HTTPS", [f"ns a.b.c.blk.example. 30 IN {SOA}"], [15]),
        ("exact.example.", "A", [f"an exact.example. 30 IN A {N4}"], [4]),
        ("_8443._https.blk.example.", "HTTPS", [f"ns _8443._https.blk.example. 30 IN {SOA}"], [15]),
        ("_8443._https.exact.example.", "HTTPS", [f"ns _8443._https.exact.example. 30 IN {SOA}"], [15]),
        ("all.example.", "MX", [f"ns all.example. 30 IN {SOA}"], [15]),
        ("all.example.", "TYPE999", [f"ns all.example. 30 IN {SOA}"], [15]),
    ],
)
@pytest.mark.parametrize("flags", ["RD", "RD AD", "RD CD", ""])
def test_listed_names_get_the_policy_answer(
    name: str, rtype: str, lines: list[str], codes: list[int], flags: str
) -> None:
    """Rows 1-3, 6, 8-10, 13, 15: the same records whatever flag is set, twice, and nothing goes upstream."""
    world = World()
    for _ in range(2):
        answer = world.ask(name, rtype, flags)
        assert text(answer) == lines
        assert ede(answer) == codes
        assert answer.rcode() == dns.rcode.NOERROR
        assert set(flags_of(answer).split()) == {"QR", "RA", *flags.split()} - {"AD"}
        assert answer.question[0].name.to_text() == name
    assert world.sent == []


def test_do_is_echoed_and_nothing_is_added_without_edns() -> None:
    """Row 1: OPT only if the query had one; DO copied."""
    world = World()
    assert world.ask("blk.example", do=True).ednsflags & dns.flags.DO
    plain = world.ask("blk.example", edns=False)
    assert plain.edns == -1
    assert text(plain) == [f"an blk.example. 30 IN A {N4}"]


def test_without_an_ipv6_notice_address_aaaa_is_nodata() -> None:
    """Row 2: never the real address."""
    world = World(config=evolve(CONFIG, lists=(ListPolicy("demo", bytes(4)),)))
    assert text(world.ask("blk.example", "AAAA")) == [f"ns blk.example. 30 IN {SOA}"]


@pytest.mark.parametrize("rtype", ["A", "AAAA", "HTTPS", "SVCB"])
def test_dns_only_mode_answers_nodata_with_the_lists_code(rtype: str) -> None:
    """Rows 15, 23: NODATA + SOA + the configured EDE; relay mode answers the same without EDE."""
    lists = (ListPolicy("demo", bytes(4), bytes(16), ede=17),)
    world = World(config=evolve(CONFIG, answer_mode="dns-only", lists=lists))
    answer = world.ask("blk.example", rtype)
    assert text(answer) == [f"ns blk.example. 30 IN {SOA}"]
    assert ede(answer) == [17]
    relay = World(config=evolve(CONFIG, answer_mode="dns-only", relay=True)).ask("blk.example", rtype)
    assert text(relay) == [f"ns blk.example. 30 IN {SOA}"]
    assert ede(relay) == []


def test_other_types_of_a_listed_name_are_forwarded_and_cleaned() -> None:
    """Rows 4, 13: MX kept, the addresses of listed hosts leave the additional section, others stay."""
    world = World(
        records(
            "an blk.example. 60 MX 10 mail.blk.example.",
            "an blk.example. 60 MX 20 mail.ok.example.",
            f"ar mail.blk.example. 60 A {REAL}",
            "ar mail.blk.example. 60 RRSIG A 8 3 60 20300101000000 20200101000000 1 example. AAAA",
            f"ar mail.ok.example. 60 A {REAL}",
        )
    )
    for _ in range(2):
        assert text(world.ask("blk.example", "MX")) == [
            "an blk.example. 60 IN MX 10 mail.blk.example.",
            "an blk.example. 60 IN MX 20 mail.ok.example.",
            f"ar mail.ok.example. 60 IN A {REAL}",
        ]
    assert len(world.sent) == 1


@pytest.mark.parametrize("rtype", ["MX", "TXT"])
def test_no_address_of_the_listed_name_itself_leaves_with_another_type(rtype: str) -> None:
    """Row 4: a listed name that is its own mail host; addresses nobody asked for in the answer section."""
    asked = "MX 10 blk.example." if rtype == "MX" else "TXT x"
    world = World(
        records(
            f"an blk.example. 60 {asked}",
            f"an blk.example. 60 A {REAL}",
            f"ar blk.example. 60 A {REAL}",
            "ar blk.example. 60 RRSIG A 8 3 60 20300101000000 20200101000000 1 example. AAAA",
        )
    )
    (only,) = text(world.ask("blk.example", rtype, do=True))
    assert only.startswith(f"an blk.example. 60 IN {rtype} ")


def test_signatures_of_a_listed_name_are_shown_to_who_asks_for_them() -> None:
    """Row 4: type RRSIG is forwarded like any other."""
    proof = "an blk.example. 60 RRSIG A 8 3 60 20300101000000 20200101000000 1 example. AAAA"
    assert len(text(World(records(proof)).ask("blk.example", "RRSIG"))) == 1


@pytest.mark.parametrize("edns", [True, False])
def test_nxdomain_of_a_listed_name_becomes_nodata(edns: bool) -> None:
    """Row 4: AD=0, the upstream's SOA with at most the answer TTL, no proof."""
    proof = "ns a.example. 900 NSEC z.example. A"
    world = World(records("nxdomain", "ad", MINTED, proof))
    answer = world.ask("blk.example", "TXT", "RD AD", edns=edns)
    assert answer.rcode() == dns.rcode.NOERROR
    assert text(answer) == ["ns example. 30 IN SOA ns.example. host.example. 7 1800 900 604800 900"]
    assert "AD" not in flags_of(answer)
    world = World(records("nxdomain"))
    assert text(world.ask("blk.example", "TXT")) == [f"ns blk.example. 30 IN {SOA}"]


@pytest.mark.parametrize("name", ["blk.example.", "ok.example."])
def test_any_is_a_hinfo(name: str) -> None:
    """Row 5: listed or not, no upstream query."""
    world = World()
    answer = world.ask(name, "ANY", "RD AD")
    assert text(answer) == [f'an {name} 3600 IN HINFO "RFC8482" ""']
    assert "AD" not in flags_of(answer)
    assert world.sent == []


def test_rd0_is_refused_for_all_but_listed_names() -> None:
    """Row 6: also when the answer is cached, and not for the prefixes allowed to."""
    world = World(records(f"an ok.example. 60 A {REAL}"))
    assert world.ask("ok.example").rcode() == dns.rcode.NOERROR
    assert world.ask("ok.example", flags="").rcode() == dns.rcode.REFUSED
    assert world.ask("ex.blk.example", flags="").rcode() == dns.rcode.REFUSED
    allowed = World(records(f"an ok.example. 60 A {REAL}"), config=evolve(CONFIG, allow_rd0=CONFIG.allow))
    answer = allowed.ask("ok.example", flags="")
    assert text(answer) == [f"an ok.example. 60 IN A {REAL}"]
    assert "RD" not in flags_of(answer)


@pytest.mark.parametrize("rtype", ["DS", "DNSKEY"])
@pytest.mark.parametrize("name", ["blk.example", "all.example"])
def test_the_parents_proof_is_never_touched(rtype: str, name: str) -> None:
    """Row 7: DS and DNSKEY at a listed name stay truthful, NXDOMAIN included."""
    world = World(records("nxdomain", "ad", MINTED, "ns a.example. 900 NSEC z.example. A"))
    answer = world.ask(name, rtype, do=True)
    assert answer.rcode() == dns.rcode.NXDOMAIN
    assert len(answer.authority) == 2


@pytest.mark.parametrize(
    "name", ["notblk.example.", "blk.example.example.", "child.exact.example.", "ex.blk.example.", "x.ex.blk.example."]
)
def test_names_beside_the_list_are_untouched(name: str) -> None:
    """Rows 9-11: the real answer, no EDE."""
    world = World(records(f"an {name} 60 A {REAL}"))
    answer = world.ask(name)
    assert text(answer) == [f"an {name} 60 IN A {REAL}"]
    assert ede(answer) == []
    assert "AA" not in flags_of(answer)


@pytest.mark.parametrize(
    ("flags", "do", "trusted", "expected"),
    [("RD", False, True, False), ("RD AD", False, True, True), ("RD", True, True, True), ("RD AD", True, False, False)],
)
def test_ad_needs_a_client_that_asks_and_an_upstream_that_is_trusted(
    flags: str, do: bool, trusted: bool, expected: bool
) -> None:
    """Row 11: on a miss and on a hit."""
    config = evolve(CONFIG, upstreams=(UpstreamConfig("one", trust_ad=trusted),))
    world = World(records("ad", f"an ok.example. 60 A {REAL}"), config=config)
    for _ in range(2):
        assert ("AD" in flags_of(world.ask("ok.example", flags=flags, do=do))) is expected


def chain(length: int, last: str = "blk.example.", ttl: int = 60) -> list[str]:
    """Aliases from www.ok.example to `last` over so many hops, last hop first, with an address at the end."""
    names = ["www.ok.example.", *(f"hop{number}.ok.example." for number in range(1, length)), last]
    aliases = [f"an {owner} {ttl} CNAME {target}" for owner, target in pairwise(names)]
    return [f"an {last} 60 A {REAL}", *reversed(aliases)]


@pytest.mark.parametrize("hops", [1, 8, 16])
@pytest.mark.parametrize("do", [False, True])
@pytest.mark.parametrize("rtype", ["A", "AAAA", "HTTPS"])
def test_an_alias_to_a_listed_name_is_blocked_without_showing_the_chain(hops: int, do: bool, rtype: str) -> None:
    """Row 12: owner = QNAME, in any order, cached and not; the TTL never counts down."""
    world = World(records(*chain(hops)))
    expected = {
        "A": [f"an www.ok.example. 30 IN A {N4}"],
        "AAAA": [f"an www.ok.example. 30 IN AAAA {N6}"],
        "HTTPS": [f"ns www.ok.example. 30 IN {SOA}"],
    }[rtype]
    for _ in range(3):
        answer = world.ask("www.ok.example", rtype, do=do)
        assert text(answer) == expected
        assert ede(answer) == [15 if rtype == "HTTPS" else 4]
        world.pass_time(5)
    assert len(world.sent) == 1


def test_the_alias_answer_takes_the_smallest_original_ttl() -> None:
    """Row 12: TTL 7 of one alias is what is shown, to the end of the entry."""
    world = World(
        records(
            "an www.ok.example. 600 CNAME b.ok.example.",
            "an b.ok.example. 7 CNAME blk.example.",
            "an blk.example. 9 A 0.0.0.1",
        )
    )
    for _ in range(3):
        assert text(world.ask("www.ok.example")) == [f"an www.ok.example. 7 IN A {N4}"]
        world.pass_time(2)


@pytest.mark.parametrize("synthesized", [True, False])
def test_a_dname_into_a_listed_tree_is_blocked(synthesized: bool) -> None:
    """Row 12: with and without the synthesized CNAME."""
    lines = ["an ok.example. 60 DNAME blk.example."]
    if synthesized:
        lines.append("an www.ok.example. 60 CNAME www.blk.example.")
    world = World(records(*lines, f"an www.blk.example. 60 A {REAL}"))
    assert text(world.ask("www.ok.example")) == [f"an www.ok.example. 30 IN A {N4}"]


def test_long_and_looping_chains_are_servfail() -> None:
    """Row 12: 17 hops, and a circle."""
    assert World(records(*chain(17, "ok2.example."))).ask("www.ok.example").rcode() == dns.rcode.SERVFAIL
    loop = records("an www.ok.example. 60 CNAME b.example.", "an b.example. 60 CNAME www.ok.example.")
    assert World(loop).ask("www.ok.example").rcode() == dns.rcode.SERVFAIL


def test_an_exempt_qname_is_not_checked_further_and_cname_queries_are_real() -> None:
    """Row 12: the chain of an exempt name passes; a CNAME-type query shows the alias."""
    lines = ["an x.ex.blk.example. 60 CNAME blk.example.", f"an blk.example. 60 A {REAL}"]
    assert text(World(records(*lines)).ask("x.ex.blk.example"))[1] == f"an blk.example. 60 IN A {REAL}"
    alias = World(records("an www.ok.example. 60 CNAME blk.example."))
    assert text(alias.ask("www.ok.example", "CNAME")) == ["an www.ok.example. 60 IN CNAME blk.example."]


@pytest.mark.parametrize("rdata", ["0 blk.example.", "1 blk.example. alpn=h2 ipv4hint=192.0.2.9"])
def test_a_service_record_that_leads_to_a_listed_name_is_nodata(rdata: str) -> None:
    """Row 13: AliasMode and ServiceMode; the owner itself as `.` stays."""
    world = World(records(f"an ok.example. 60 HTTPS {rdata}"))
    assert text(world.ask("ok.example", "HTTPS")) == [f"ns ok.example. 30 IN {SOA}"]
    own = World(records("an ok.example. 60 HTTPS 1 . alpn=h2"))
    assert text(own.ask("ok.example", "HTTPS")) == ['an ok.example. 60 IN HTTPS 1 . alpn="h2"']


def test_the_full_ttl_is_shown_on_every_repeat() -> None:
    """Row 16: a policy answer carries no trace of another client's query."""
    world = World()
    for _ in range(4):
        assert world.ask("blk.example").answer[0].ttl == 30
        world.pass_time(7.5)


@pytest.mark.parametrize("rtype", ["A", "MX"])
def test_a_new_list_takes_effect_on_the_next_query(rtype: str) -> None:
    """Row 17: cached, then listed, then withdrawn, without asking upstream again."""
    rdata = REAL if rtype == "A" else "10 mail.late.example."
    extra = [] if rtype == "A" else [f"ar mail.late.example. 60 A {REAL}"]
    world = World(records(f"an www.late.example. 60 {rtype} {rdata}", *extra))
    before = text(world.ask("www.late.example", rtype))
    world.forwarder.set_index(index_of(["late.example"]), 2)
    during = text(world.ask("www.late.example", rtype))
    assert during == ([f"an www.late.example. 30 IN A {N4}"] if rtype == "A" else before[:1])
    world.forwarder.set_index(index_of(), 3)
    assert text(world.ask("www.late.example", rtype)) == before
    assert len(world.sent) == 1


def test_a_withdrawn_name_is_asked_upstream_at_once() -> None:
    """Row 17: a verdict of an older generation is not used."""
    world = World(records(f"an blk.example. 60 A {REAL}"))
    assert text(world.ask("blk.example"))[0].endswith(N4)
    world.forwarder.set_index(index_of(), 2)
    assert text(world.ask("blk.example")) == [f"an blk.example. 60 IN A {REAL}"]


def test_a_listing_ends_with_its_own_date_without_a_new_list() -> None:
    """Workers compare not_after on a listed hit: expiry needs no living updater."""
    world = World(records(f"an blk.example. 60 A {REAL}"), index=index_of(["blk.example"], days=1))
    world.now = 86_390.0  # the listing's last day ends at monotonic 86,400
    assert text(world.ask("blk.example"))[0].endswith(N4)
    world.pass_time(11)
    assert text(world.ask("blk.example")) == [f"an blk.example. 60 IN A {REAL}"]


def test_an_upstream_that_is_down_hurts_no_listed_and_no_cached_name() -> None:
    """Row 22: listed as ever, cached as ever, others SERVFAIL + EDE 22; the failure is cached."""
    world = World(records(f"an ok.example. 60 A {REAL}"))
    world.ask("ok.example")
    world.upstream = lambda _: None
    assert text(world.ask("blk.example")) == [f"an blk.example. 30 IN A {N4}"]
    assert text(world.ask("ok.example")) == [f"an ok.example. 60 IN A {REAL}"]
    peer = object()
    assert world.forwarder.receive_query(question("new.example"), "127.0.0.1", world.door(), peer, world.now) is None
    world.pump()
    world.pass_time(3)
    answer = dns.message.from_wire(world.late[peer][0])
    assert answer.rcode() == dns.rcode.SERVFAIL
    assert ede(answer) == [22]
    sent = len(world.sent)
    assert world.ask("new.example").rcode() == dns.rcode.SERVFAIL
    assert len(world.sent) == sent


@pytest.mark.parametrize(
    ("name", "rtype", "rcode", "first"),
    [
        ("localhost.", "A", "NOERROR", "an localhost. 10800 IN A 127.0.0.1"),
        ("x.localhost.", "AAAA", "NOERROR", "an x.localhost. 10800 IN AAAA ::1"),
        ("localhost.", "MX", "NOERROR", "ns localhost. 10800 IN SOA"),
        ("abc.onion.", "A", "NXDOMAIN", "ns onion. 10800 IN SOA"),
        ("printer.home.arpa.", "A", "NXDOMAIN", "ns home.arpa. 10800 IN SOA"),
        ("home.arpa.", "A", "NOERROR", "ns home.arpa. 10800 IN SOA"),
        ("_dns.resolver.arpa.", "SVCB", "NOERROR", "ns resolver.arpa. 10800 IN SOA"),
        ("1.0.0.10.in-addr.arpa.", "PTR", "NXDOMAIN", "ns 10.in-addr.arpa. 10800 IN SOA"),
    ],
)
def test_special_names_are_answered_here(name: str, rtype: str, rcode: str, first: str) -> None:
    """Row 24: as their RFCs say, AD=0, nothing sent upstream."""
    world = World()
    answer = world.ask(name, rtype, "RD AD")
    assert dns.rcode.to_text(answer.rcode()) == rcode
    assert text(answer)[0].startswith(first)
    assert "AD" not in flags_of(answer)
    assert world.sent == []


def test_a_zone_that_is_switched_off_is_forwarded() -> None:
    """Row 24: `invalid` has its switch off here; `home.arpa` DS always goes to the real parent."""
    world = World(records("nxdomain"))
    world.ask("x.invalid")
    world.ask("home.arpa", "DS", do=True)
    assert len(world.sent) == 2


def test_a_listed_name_below_a_special_one_is_blocked_in_all_types() -> None:
    """The list comes before special-use names, and nothing of them is sent upstream."""
    world = World(index=index_of(["blk.onion"]))
    assert text(world.ask("blk.onion")) == [f"an blk.onion. 30 IN A {N4}"]
    assert text(world.ask("blk.onion", "TXT")) == [f"ns blk.onion. 30 IN {SOA}"]
    assert world.sent == []
