"""Access rules."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.access import Access, Prefixes
from resolver.core.config import default_allow

ACCESS = Access(default_allow(), (ip_network("192.0.2.0/28"),))


@pytest.mark.parametrize(
    ("host", "admitted"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("100.64.0.1", True),
        ("198.51.100.1", False),
        ("::1", True),
        ("fe80::1%eth0", True),
        ("2001:db8::1", False),
        ("::ffff:10.0.0.1", True),
        ("::ffff:198.51.100.1", False),
        ("no address", False),
    ],
)
def test_only_allowed_prefixes_are_served(host: str, admitted: bool) -> None:
    """Defaults: loopback, private, shared and link-local; mapped and scoped forms are understood."""
    assert ACCESS.admits(host) is admitted


def test_rd0_has_prefixes_of_its_own() -> None:
    """Nobody by default; the monitoring prefix when set."""
    assert ACCESS.admits_rd0("192.0.2.5")
    assert not ACCESS.admits_rd0("127.0.0.1")


_HOSTS = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
_PREFIXES = st.lists(st.tuples(_HOSTS, st.integers(0, 32)), max_size=40)


@given(_HOSTS, _PREFIXES)
def test_a_set_of_prefixes_finds_what_each_of_them_holds(
    host: IPv4Address | IPv6Address, drawn: list[tuple[IPv4Address | IPv6Address, int]]
) -> None:
    """As asking every prefix in turn would."""
    networks = [ip_network(f"{address}/{length}", strict=False) for address, length in drawn]
    mapped = getattr(host, "ipv4_mapped", None) or host
    assert (str(host) in Prefixes(networks)) is any(mapped in network for network in networks)
