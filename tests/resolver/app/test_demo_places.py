"""Where the demo listens and whom it asks."""

from __future__ import annotations

import socket

import pytest

from resolver.app.demo_places import DemoFault, places_from, require_free
from resolver.settings.addresses import Endpoint
from tests.support.ports import free_port


def test_the_defaults() -> None:
    """5300, 8080 and 9153, with the demo's own upstream."""
    places = places_from({})
    assert (places.dns, places.notice, places.metrics, places.upstream) == (5300, 8080, 9153, None)
    assert places.hosts[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("192.0.2.1", Endpoint("192.0.2.1", 53)),
        ("192.0.2.1:5301", Endpoint("192.0.2.1", 5301)),
        ("2001:db8::1", Endpoint("2001:db8::1", 53)),
        ("[2001:db8::1]", Endpoint("2001:db8::1", 53)),
        ("[2001:db8::1]:5301", Endpoint("2001:db8::1", 5301)),
    ],
)
def test_upstream_takes_an_address_with_or_without_port(text: str, endpoint: Endpoint) -> None:
    """Port 53 where none is given, for both versions."""
    assert places_from({"UPSTREAM": text}).upstream == endpoint


@pytest.mark.parametrize(
    "environ",
    [
        {"DNS_PORT": "0"},
        {"DNS_PORT": "many"},
        {"METRICS_PORT": "65536"},
        {"DNS_PORT": "5300", "NOTICE_PORT": "5300"},
        {"UPSTREAM": "resolver.example"},
        {"UPSTREAM": "192.0.2.1:0"},
    ],
)
def test_what_cannot_be_used_is_a_fault_that_names_the_variable(environ: dict[str, str]) -> None:
    """The operator reads which variable to change."""
    with pytest.raises(DemoFault, match=next(iter(environ))):
        places_from(environ)


def test_a_port_in_use_is_told_with_the_way_out() -> None:
    """Before anything starts, with a command that would work."""
    ports = [free_port() for _ in range(3)]
    environ = dict(zip(("DNS_PORT", "NOTICE_PORT", "METRICS_PORT"), map(str, ports), strict=True))
    require_free(places_from(environ))
    with socket.socket() as other:
        other.bind(("127.0.0.1", ports[1]))
        with pytest.raises(DemoFault, match=rf"port {ports[1]} on 127\.0\.0\.1 is in use.*NOTICE_PORT="):
            require_free(places_from(environ))
