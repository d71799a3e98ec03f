"""Which upstreams a question goes to."""

from __future__ import annotations

import dns.name
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from blocklist.names import to_wire
from resolver.core import codes
from resolver.core.config import ForwardSet, UpstreamConfig
from resolver.core.forward_zones import ForwardZones
from tests.resolver.core.world import CONFIG

CONFIGURED = evolve(
    CONFIG,
    upstreams=tuple(map(UpstreamConfig, ("one", "two", "three", "four"))),
    recursors=2,
    forward=(
        ForwardSet(("corp.example", "10.in-addr.arpa"), (2,)),
        ForwardSet(("lab.corp.example",), (3, 0)),
    ),
)
ZONES = {zone: each.upstreams for each in CONFIGURED.forward for zone in each.zones}
LABEL = st.sampled_from(["corp", "example", "lab", "10", "in-addr", "arpa", "xcorp", "a"])


def test_the_nearest_zone_wins_and_all_else_goes_to_the_recursors() -> None:
    """Apex, below it, beside it."""
    zones = ForwardZones(CONFIGURED)
    table = {
        "corp.example": (2,),
        "a.b.corp.example": (2,),
        "lab.corp.example": (3, 0),
        "x.lab.corp.example": (3, 0),
        "notcorp.example": (0, 1),
        "example": (0, 1),
        "1.2.10.in-addr.arpa": (2,),
    }
    for name, upstreams in table.items():
        assert zones.upstreams(to_wire(name), codes.A) == upstreams, name
        assert zones.covers(to_wire(name), codes.A) == (upstreams != (0, 1)), name


def test_a_ds_is_asked_of_the_parent() -> None:
    """The apex' own DS lies above it, a deeper one below (RFC 4035 section 3.1.4.1)."""
    zones = ForwardZones(CONFIGURED)
    assert zones.upstreams(to_wire("corp.example"), codes.DS) == (0, 1)
    assert not zones.covers(to_wire("corp.example"), codes.DS)
    assert zones.upstreams(to_wire("lab.corp.example"), codes.DS) == (2,)
    assert zones.upstreams(to_wire("x.lab.corp.example"), codes.DS) == (3, 0)
    assert zones.upstreams(b"\0", codes.DS) == (0, 1)


@pytest.mark.parametrize("name", ["resolver.arpa", "_dns.resolver.arpa", "x.y.resolver.arpa"])
def test_a_set_for_arpa_leaves_resolver_arpa_here(name: str) -> None:
    """Who asks this very resolver about itself is answered by no other, whatever zone is forwarded (RFC 9462)."""
    zones = ForwardZones(evolve(CONFIGURED, forward=(ForwardSet(("arpa",), (2,)),)))
    assert zones.covers(to_wire("10.in-addr.arpa"), codes.A)
    assert not zones.covers(to_wire(name), codes.SVCB)


def test_without_forward_sets_everyone_is_a_recursor() -> None:
    """The usual configuration."""
    zones = ForwardZones(evolve(CONFIGURED, recursors=None, forward=()))
    assert zones.upstreams(to_wire("corp.example"), codes.A) == (0, 1, 2, 3)
    assert not zones.covers(to_wire("corp.example"), codes.A)


@given(st.lists(LABEL, max_size=6), st.sampled_from([codes.A, codes.DS]))
def test_it_agrees_with_dnspython(labels: list[str], qtype: int) -> None:
    """The longest zone that dnspython calls an ancestor of the name (of its parent, for DS)."""
    name = dns.name.Name([label.encode() for label in labels] + [b""])
    owner = name.parent() if qtype == codes.DS and labels else name
    above = [zone for zone in ZONES if owner.is_subdomain(dns.name.from_text(zone))]
    expected = ZONES[max(above, key=len)] if above else (0, 1)
    assert ForwardZones(CONFIGURED).upstreams(name.to_wire(), qtype) == expected
