"""Special-use names; whole answers are shown in test_rows.py."""

from __future__ import annotations

import pytest

from blocklist.names import to_wire
from resolver.core import codes
from resolver.core.special_use import ALL_ZONES, NEVER_FORWARDED, REVERSE_ZONES, SpecialUse

EVERY = SpecialUse(ALL_ZONES)


@pytest.mark.parametrize("zone", sorted(ALL_ZONES - NEVER_FORWARDED))
def test_each_zone_has_a_switch_of_its_own(zone: str) -> None:
    """On: answered here, below it too; off: forwarded."""
    only, without = SpecialUse(frozenset({zone})), SpecialUse(ALL_ZONES - {zone})
    for name in (zone, f"x.{zone}"):
        assert only.answer(to_wire(name), codes.A) is not None
        assert without.answer(to_wire(name), codes.A) is None


def test_resolver_arpa_has_no_switch() -> None:
    """It is about this very resolver; without encrypted ways in it holds nothing (RFC 9462)."""
    none = SpecialUse(frozenset())
    for name, rcode in (
        ("resolver.arpa", codes.NOERROR),
        ("_dns.resolver.arpa", codes.NOERROR),
        ("x.resolver.arpa", codes.NXDOMAIN),
    ):
        answer = none.answer(to_wire(name), codes.SVCB)
        assert answer is not None
        assert (answer.rcode, answer.counts) == (rcode, (0, 1, 0))


@pytest.mark.parametrize("zone", ["invalid", "test", "onion", "alt"])
def test_trees_that_do_not_exist_say_so(zone: str) -> None:
    """NXDOMAIN for the apex, below it, and DS."""
    for name, qtype in ((zone, codes.A), (f"a.b.{zone}", codes.TXT), (zone, codes.DS)):
        answer = EVERY.answer(to_wire(name), qtype)
        assert answer is not None
        assert answer.rcode == codes.NXDOMAIN


@pytest.mark.parametrize("zone", ["home.arpa", *REVERSE_ZONES])
def test_served_zones_have_an_apex(zone: str) -> None:
    """SOA and NS at the apex, NODATA for others there, DS left to the parent, NXDOMAIN below."""
    apex = to_wire(zone)
    soa, ns, other = (EVERY.answer(apex, qtype) for qtype in (codes.SOA, codes.NS, codes.TXT))
    assert soa is not None
    assert ns is not None
    assert other is not None
    assert (soa.counts, ns.counts, other.counts) == ((1, 0, 0), (1, 0, 0), (0, 1, 0))
    assert EVERY.answer(apex, codes.DS) is None
    below = EVERY.answer(to_wire(f"9.{zone}"), codes.PTR)
    assert below is not None
    assert below.rcode == codes.NXDOMAIN


def test_loopback_addresses_are_localhost() -> None:
    """PTR of 127.0.0.1 and ::1; the names between apex and them exist."""
    for name in ("1.0.0.127.in-addr.arpa", "1." + "0." * 31 + "ip6.arpa"):
        answer = EVERY.answer(to_wire(name), codes.PTR)
        assert answer is not None
        assert answer.counts == (1, 0, 0)
    between = EVERY.answer(to_wire("0.127.in-addr.arpa"), codes.PTR)
    assert between is not None
    assert between.rcode == codes.NOERROR


def test_ordinary_names_are_not_special() -> None:
    """`example`, public reverse zones, and names that only look alike."""
    for name in ("example", "localhost.example", "notonion", "8.8.8.8.in-addr.arpa", "15.172.in-addr.arpa", "arpa"):
        assert EVERY.answer(to_wire(name), codes.A) is None
    assert EVERY.answer(b"\0", codes.NS) is None
