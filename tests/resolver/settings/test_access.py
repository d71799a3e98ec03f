"""Who may ask, and how much."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from resolver.settings.access import LOCAL_PREFIXES
from tests.resolver.settings.samples import faults_of, full, read


def test_nobody_from_outside_is_served_by_default() -> None:
    """Loopback, private and shared addresses are; a public one is not."""
    served = ["127.0.0.1", "::1", "192.168.1.1", "100.64.0.1", "fd00::1"]
    assert all(any(ip_address(each) in prefix for prefix in LOCAL_PREFIXES) for each in served)
    assert not any(ip_address("192.0.3.1") in prefix for prefix in LOCAL_PREFIXES)


def test_defaults() -> None:
    """The limit and cookies are on, nothing is told of this node, and this machine itself is not limited."""
    settings = read(full())
    assert (settings.rate_limit.enabled, settings.rate_limit.queries, settings.rate_limit.burst) == (True, 1000, 10_000)
    assert [str(each) for each in settings.rate_limit.exempt] == ["127.0.0.0/8", "::1/128"]
    assert (settings.cookies.enabled, settings.cookies.secrets, settings.identity.nsid) == (True, None, None)


@pytest.mark.parametrize("nsid", ["", "two words", "x" * 101, "日本", 7])
def test_a_name_of_a_node_is_short_and_plain(nsid: object) -> None:
    """It goes into every answer that asks for it."""
    assert "identity.nsid" in faults_of(full() | {"identity": {"nsid": nsid}})
