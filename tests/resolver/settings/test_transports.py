"""What DoT and DoH are told, and what they need beside it."""

from __future__ import annotations

from typing import Any

import pytest

from resolver.settings.addresses import Endpoint, Place
from tests.resolver.settings.samples import faults_of, full, read

TLS = {"certificate": "cert.pem", "key": "key.pem", "name": "Resolver.ISP.example."}


def encrypted(**more: Any) -> dict[str, Any]:
    return full() | {"dot": {"listen": ["127.0.0.1:853"]}, "doh": {"listen": ["[::1]:443"]}, "tls": TLS} | more


def test_places_hold_every_way_in() -> None:
    """Plain ones first, in the order of the file."""
    places = read(encrypted()).places
    assert [each.kind for each in places] == ["udp", "tcp", "udp", "tcp", "dot", "doh"]
    assert places[-2:] == (Place("dot", Endpoint("127.0.0.1", 853)), Place("doh", Endpoint("::1", 443)))


def test_the_name_is_kept_as_certificates_are_compared() -> None:
    """In lower case, without the final dot."""
    tls = read(encrypted()).tls
    assert tls is not None
    assert tls.name == "resolver.isp.example"
    assert tls.certificate.name == "cert.pem"


@pytest.mark.parametrize("name", ["", "resolver", "192.0.2.1", "a_b.example", "-a.example", "*.isp.example", "a..b", 7])
def test_what_no_certificate_holds_is_no_name(name: object) -> None:
    """An address, a single label and a wildcard among them."""
    assert "expected a host's name" in faults_of(encrypted(tls=TLS | {"name": name}))["tls.name"]


@pytest.mark.parametrize("path", ["/", "/dns-query", "/a/b_c/~d.e/", "/q@1"])
def test_a_path_needs_no_escapes(path: str) -> None:
    """It is compared byte for byte."""
    assert read(encrypted(doh={"listen": ["127.0.0.1:443"], "path": path})).doh.path == path


@pytest.mark.parametrize(
    "path", ["", "dns-query", "/dns query", "/a%20b", "/a?b", "/a{?dns}", "/é", "//", "/" + "a" * 100]
)
def test_other_paths_are_refused(path: str) -> None:
    """A template's end among them: it is added where clients are told."""
    assert "expected a path" in faults_of(encrypted(doh={"listen": ["127.0.0.1:443"], "path": path}))["doh.path"]


@pytest.mark.parametrize("section", ["dot", "doh"])
def test_encryption_needs_a_certificate(section: str) -> None:
    """Said once, with what is to be named."""
    found = faults_of(full() | {section: {"listen": ["127.0.0.1:853"]}})
    assert found == {"tls": f"required by {section}.listen: certificate, key and name that clients verify"}


@pytest.mark.parametrize(
    ("change", "path", "taken"),
    [
        ({"dot": {"listen": ["127.0.0.1:5300"]}}, "dot.listen", "listen"),
        ({"dot": {"listen": ["127.0.0.1:853", "127.0.0.1:853"]}}, "dot.listen", "dot.listen"),
        ({"doh": {"listen": ["127.0.0.1:853"]}}, "doh.listen", "dot.listen"),
        ({"doh": {"listen": ["127.0.0.1:9153"]}}, "doh.listen", "metrics.listen"),
    ],
)
def test_two_services_cannot_share_a_port(change: dict[str, Any], path: str, taken: str) -> None:
    """Which one holds it already is named."""
    assert f"is taken by {taken}" in faults_of(encrypted(**change))[path]


def test_a_prefix_cannot_be_allowed_more_than_all() -> None:
    """Nor fewer than one, nor half an address."""
    assert "lower it" in faults_of(encrypted(connections={"most": 100}))["connections.per_prefix"]
    found = faults_of(encrypted(connections={"per_prefix": 0, "ipv4_prefix": 33, "ipv6_prefix": 8}))
    assert set(found) == {"connections.per_prefix", "connections.ipv4_prefix", "connections.ipv6_prefix"}
