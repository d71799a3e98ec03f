"""How answers are made and to whom they are given."""

from __future__ import annotations

from ipaddress import ip_address

from resolver.settings.serving import LOCAL_PREFIXES
from tests.resolver.settings.samples import faults_of, full


def test_nobody_from_outside_is_served_by_default() -> None:
    """Loopback, private and shared addresses are; a public one is not."""
    served = ["127.0.0.1", "::1", "192.168.1.1", "100.64.0.1", "fd00::1"]
    assert all(any(ip_address(each) in prefix for prefix in LOCAL_PREFIXES) for each in served)
    assert not any(ip_address("192.0.3.1") in prefix for prefix in LOCAL_PREFIXES)


def test_an_unknown_special_use_zone_is_refused_with_the_nearest() -> None:
    """A switch that does nothing would be a false promise."""
    found = faults_of(full() | {"special_use": {"home.arp": False}})
    assert "Did you mean 'home.arpa'?" in found["special_use.home.arp"]
