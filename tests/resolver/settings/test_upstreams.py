"""Upstreams, their certificates' names, and forward zones."""

from __future__ import annotations

from typing import Any

import pytest

from resolver.settings import core_config
from tests.resolver.settings.samples import BASE, faults_of, full, read

SECURE = {"address": "192.0.2.53:853", "tls": {"name": "Dns.Example.", "ca": "isp-ca.pem"}}
STUB = {"zones": ["Corp.Example.", "10.in-addr.arpa"], "upstreams": [{"address": "192.0.2.99:53"}]}


def test_an_upstream_over_tls_has_a_name_and_maybe_authorities() -> None:
    """The name in A-label form, the file from the settings' folder; written out again they read the same."""
    settings = read(full() | {"upstreams": [SECURE]})
    tls = settings.upstreams[0].tls
    assert tls is not None
    assert (tls.name, tls.ca) == ("dns.example", BASE / "isp-ca.pem")
    assert core_config(settings).upstreams[0].tls
    assert read(settings.raw) == settings


@pytest.mark.parametrize(("written", "kept"), [("192.0.2.53", "192.0.2.53"), ("2001:DB8:0::53", "2001:db8::53")])
def test_a_certificate_may_carry_an_address(written: str, kept: str) -> None:
    """Addresses in canonical form."""
    tls = read(full() | {"upstreams": [SECURE | {"tls": {"name": written}}]}).upstreams[0].tls
    assert tls is not None
    assert (tls.name, tls.ca) == (kept, None)


@pytest.mark.parametrize("name", ["", "a..b", "a b", 7, None, "*.example"])
def test_what_no_certificate_carries_is_refused(name: object) -> None:
    """With the place and what was expected; a TLS upstream without a name, too."""
    faults = faults_of(full() | {"upstreams": [SECURE | {"tls": {"name": name}}]})
    assert "host name or IP address" in faults["upstreams[0].tls.name"]
    assert "host name" in faults_of(full() | {"upstreams": [SECURE | {"tls": {}}]})["upstreams[0].tls.name"]


def test_forward_sets_reach_the_core_by_places() -> None:
    """Each server once: those of `upstreams` first; a set may name servers of another."""
    data: dict[str, Any] = full()
    data["forward"] = [STUB, {"zones": ["lab.example"], "upstreams": [*STUB["upstreams"], *data["upstreams"]]}]
    config = core_config(read(data))
    assert [each.name for each in config.upstreams] == ["127.0.0.1:5301", "192.0.2.99:53"]
    assert config.recursors == 1
    assert [(each.zones, each.upstreams) for each in config.forward] == [
        (("corp.example", "10.in-addr.arpa"), (1,)),
        (("lab.example",), (1, 0)),
    ]


@pytest.mark.parametrize("zone", ["", ".", "a..b", "192.0.2.1", 10])
def test_what_is_no_zone_is_refused(zone: object) -> None:
    """The root belongs to `upstreams`."""
    assert "expected a zone" in faults_of(full() | {"forward": [STUB | {"zones": [zone]}]})["forward[0].zones[0]"]


@pytest.mark.parametrize("zone", ["onion", "x.onion", "localhost", "resolver.arpa", "_dns.resolver.arpa"])
def test_what_must_not_leave_is_refused(zone: str) -> None:
    """RFC 7686, RFC 6761, RFC 9462."""
    assert "never asked of others" in faults_of(full() | {"forward": [STUB | {"zones": [zone]}]})["forward[0].zones[0]"]


def test_a_zone_that_only_ends_alike_is_taken() -> None:
    """`notonion` is not below `onion`."""
    assert read(full() | {"forward": [STUB | {"zones": ["notonion"]}]}).forward[0].zones == ("notonion",)
