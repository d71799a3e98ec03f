"""How answers are made."""

from __future__ import annotations

from tests.resolver.settings.samples import faults_of, full


def test_an_unknown_special_use_zone_is_refused_with_the_nearest() -> None:
    """A switch that does nothing would be a false promise."""
    found = faults_of(full() | {"special_use": {"home.arp": False}})
    assert "Did you mean 'home.arpa'?" in found["special_use.home.arp"]
