"""Addresses, prefixes and URLs."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.settings.addresses import AddressKind, Endpoint, EndpointKind, NetworkKind, PathKind, UrlKind


@given(st.ip_addresses(), st.integers(1, 65535))
def test_an_endpoint_reads_what_it_writes(address: object, port: int) -> None:
    """Writing and reading an endpoint gives the same one, for both versions."""
    endpoint = Endpoint(str(address), port)
    assert EndpointKind().read(str(endpoint)) == endpoint
    assert endpoint.ip == address


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("127.0.0.1", "expected address:port"),
        ("::1:53", "expected address:port"),
        ("localhost:53", "expected address:port"),
        ("127.0.0.1:0", "port 0 is out of range"),
        ("127.0.0.1:65536", "port 65536 is out of range"),
        ("127.0.0.256:53", "127.0.0.256 is not an IP address"),
        ("[127.0.0.1]:53", "127.0.0.1 is not an IP address"),
        (53, "expected address:port"),
    ],
)
def test_what_is_no_endpoint_is_refused(text: object, message: str) -> None:
    """Both parts must be written out, with a real address and port."""
    with pytest.raises(ValueError) as caught:
        EndpointKind().read(text)
    assert message in str(caught.value)


def test_loopback_is_known_in_both_versions() -> None:
    """The default of trust_ad and the list URL rule stand on this."""
    assert Endpoint("127.0.0.53", 53).is_loopback
    assert Endpoint("::1", 53).is_loopback
    assert not Endpoint("192.0.2.1", 53).is_loopback


def test_addresses_are_of_the_wanted_version() -> None:
    """An IPv6 address is no `ipv4`."""
    assert AddressKind(6).read("2001:db8::1") == ip_address("2001:db8::1")
    for kind, value in ((AddressKind(4), "2001:db8::1"), (AddressKind(6), "192.0.2.1"), (AddressKind(4), 1)):
        with pytest.raises(ValueError, match="expected an IPv"):
            kind.read(value)


def test_prefixes_have_no_host_bits() -> None:
    """A prefix with host bits is a slip, and told so."""
    assert NetworkKind().read("192.0.2.0/24") == ip_network("192.0.2.0/24")
    with pytest.raises(ValueError, match="host bits are set"):
        NetworkKind().read("192.0.2.1/24")
    with pytest.raises(ValueError, match="expected a prefix"):
        NetworkKind().read(24)


@pytest.mark.parametrize("text", ["::ffff:0:0/96", "::ffff:192.0.2.0/120", "::ffff:192.0.2.1"])
def test_a_prefix_that_no_client_is_ever_in_is_refused(text: str) -> None:
    """IPv4 clients are known by their IPv4 address, so a rule for its mapped form would never be met."""
    with pytest.raises(ValueError, match="write the IPv4 prefix"):
        NetworkKind().read(text)
    assert NetworkKind().read("::/0") == ip_network("::/0")


_LIST_URL = UrlKind(plain_loopback=True, folder=True)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://list.example", "https://list.example/"),
        ("https://list.example/a/", "https://list.example/a/"),
        ("http://127.0.0.1:8081/", "http://127.0.0.1:8081/"),
        ("http://[::1]:8081/", "http://[::1]:8081/"),
    ],
)
def test_a_list_is_fetched_over_https_or_from_loopback(text: str, url: str) -> None:
    """Plain http is for loopback addresses; the folder gets its slash."""
    assert _LIST_URL.read(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "http://list.example/",
        "http://localhost/",
        "ftp://list.example/",
        "list.example",
        "https://",
        "https://name:word@list.example/",
        "https://list.example/?x",
        "https://list.example:99999/",
        "https://[::1/",
        7,
    ],
)
def test_other_list_urls_are_refused(text: object) -> None:
    """No plain http elsewhere (a name may point anywhere), no credentials, no query, nothing malformed."""
    with pytest.raises(ValueError, match="expected"):
        _LIST_URL.read(text)


def test_paths_are_texts() -> None:
    """Empty and impossible paths are refused."""
    for value in ("", " ", "a\0b", 3):
        with pytest.raises(ValueError, match="expected a path"):
            PathKind().read(value)
