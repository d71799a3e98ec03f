"""Discovery of designated resolvers, read by dnspython."""

from __future__ import annotations

from ipaddress import ip_address

import dns.flags
import dns.message
import dns.rdtypes.svcbbase as svcb
from attrs import evolve

from resolver.core.ddr import Designated
from tests.resolver.core.world import CONFIG, World

NAME = "resolver.isp.example"
ADDRESSES = (ip_address("192.0.2.1"), ip_address("2001:db8::1"))
DOT = Designated(NAME, "dot", 853, addresses=ADDRESSES)
DOH = Designated(NAME, "h2", 8443, "/dns-query{?dns}", ADDRESSES[:1])
Key = svcb.ParamKey


def world(*designated: Designated) -> World:
    return World(config=evolve(CONFIG, designated=designated))


def test_each_service_is_a_record_in_order() -> None:
    """RFC 9461: name, alpn, port and hints; DoH its path. AA is set, and nothing goes upstream."""
    here = world(DOT, DOH)
    answer = here.ask("_dns.resolver.arpa", "SVCB")
    assert answer.flags & dns.flags.AA
    dot, doh = sorted(answer.answer[0], key=lambda rdata: rdata.priority)
    assert [str(each.target) for each in (dot, doh)] == [f"{NAME}."] * 2
    assert dot.params[Key.ALPN].ids == (b"dot",)
    assert dot.params[Key.PORT].port == 853
    assert dot.params[Key.IPV4HINT].addresses == ("192.0.2.1",)
    assert dot.params[Key.IPV6HINT].addresses == ("2001:db8::1",)
    assert set(doh.params) == {Key.ALPN, Key.PORT, Key.IPV4HINT, Key.DOHPATH}
    assert doh.params[Key.ALPN].ids == (b"h2",)
    assert doh.params[Key.DOHPATH].value == b"/dns-query{?dns}"
    assert not here.sent


def test_addresses_come_along() -> None:
    """Each once, as A and AAAA of the name."""
    additional = world(DOT, DOH).ask("_dns.resolver.arpa", "SVCB").additional
    assert [rrset.to_text().split(" ", 2)[2] for rrset in additional] == ["IN A 192.0.2.1", "IN AAAA 2001:db8::1"]


def test_a_service_at_all_addresses_has_no_hints() -> None:
    """A wildcard is no address a client could use: it looks the name up."""
    answer = world(evolve(DOT, addresses=())).ask("_dns.resolver.arpa", "SVCB")
    assert set(answer.answer[0][0].params) == {Key.ALPN, Key.PORT}
    assert not answer.additional


def test_nothing_else_is_there() -> None:
    """NODATA for other types and without services, NXDOMAIN beside it; all with SOA, none forwarded."""
    here = world(DOT)
    for name, rtype, rcode in (
        ("_dns.resolver.arpa", "A", 0),
        ("resolver.arpa", "SVCB", 0),
        ("x.resolver.arpa", "SVCB", 3),
    ):
        answer = here.ask(name, rtype)
        assert (answer.rcode(), answer.answer, len(answer.authority)) == (rcode, [], 1)
    assert world().ask("_dns.resolver.arpa", "SVCB").answer == []
    assert not here.sent


def test_another_name_of_ours_is_forwarded() -> None:
    """`_dns.` below the resolver's name is for the zone it stands in."""
    here = world(DOT)
    here.ask(f"_dns.{NAME}", "SVCB")
    assert len(here.sent) == 1
