"""The demo's zone."""

from __future__ import annotations

from pathlib import Path

import dns.name
import dns.zone
import pytest
from dnslib import QTYPE, DNSLabel

from resolver.app.demo_zone import Zone, redirected

TEXT = (Path(__file__).parents[3] / "resolver" / "app" / "demo.zone").read_text()
ZONE = Zone.from_text(TEXT)


def test_the_zone_file_reads_as_any_server_would_read_it() -> None:
    """dnspython, with `example.` as origin, finds the same names and number of records."""
    other = dns.zone.from_text("$TTL 300\n" + TEXT, origin="example.", relativize=False)
    theirs = {(name, rdata.rdtype, rdata.to_wire()) for name, _, rdata in other.iterate_rdatas()}
    mine = {
        (dns.name.from_text(str(each.rname)), each.rtype)
        for name in {str(key[0]) for key in theirs}
        for group in ZONE.find(DNSLabel(name)).records.values()
        for each in group
    }
    assert mine == {(name, rdtype) for name, rdtype, _ in theirs}


@pytest.mark.parametrize(
    ("name", "exists", "types"),
    [
        ("www.example.", True, {"A", "AAAA", "HTTPS"}),
        ("WWW.example.", True, {"A", "AAAA", "HTTPS"}),
        ("any.thing.blk.example.", True, {"A"}),
        ("_tcp.blk.example.", True, set()),
        ("other.example.", False, set()),
        ("www.test.", False, set()),
    ],
)
def test_names_are_found_as_an_authoritative_server_finds_them(name: str, exists: bool, types: set[str]) -> None:
    """By name in any case, by wildcard, as an empty name with others below, or not at all."""
    found = ZONE.find(DNSLabel(name))
    assert found.exists == exists
    assert {QTYPE[each] for each in found.records} == types


def test_a_wildcard_stops_at_a_name_that_exists() -> None:
    """RFC 4592: below ex.blk nothing comes from *.blk."""
    assert not ZONE.find(DNSLabel("other.ex.blk.example.")).exists


def test_a_dname_redirects_what_is_below_it() -> None:
    """RFC 6672: the labels above stay, the rest is replaced; the name itself is not redirected."""
    dname = ZONE.alias_above(DNSLabel("a.b.tree.example."))
    assert dname is not None
    assert str(redirected(DNSLabel("a.b.tree.example."), dname).rdata) == "a.b.blk.example."
    assert ZONE.alias_above(DNSLabel("tree.example.")) is None
