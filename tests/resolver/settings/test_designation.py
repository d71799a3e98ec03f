"""From the encrypted ways in to what is told of them."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from resolver.core.ddr import Designated
from resolver.settings.core import core_config
from tests.resolver.settings.samples import full, read

NAME = "resolver.isp.example"
TLS = {"certificate": "cert.pem", "key": "key.pem", "name": NAME}


def designated(**settings: Any) -> tuple[Designated, ...]:
    return core_config(read(full() | settings)).designated


def test_dot_then_doh_each_port_once() -> None:
    """With the addresses it listens on."""
    dot = {"listen": ["192.0.2.1:853", "[2001:db8::1]:853", "192.0.2.1:8853"]}
    doh = {"listen": ["192.0.2.1:443"], "path": "/q"}
    v4, v6 = ip_address("192.0.2.1"), ip_address("2001:db8::1")
    assert designated(dot=dot, doh=doh, tls=TLS) == (
        Designated(NAME, "dot", 853, addresses=(v4, v6)),
        Designated(NAME, "dot", 8853, addresses=(v4,)),
        Designated(NAME, "h2", 443, "/q{?dns}", (v4,)),
    )


def test_a_wildcard_is_no_address() -> None:
    """Then none is told: half of them would be taken for all."""
    (service,) = designated(dot={"listen": ["0.0.0.0:853", "[2001:db8::1]:853"]}, tls=TLS)
    assert service.addresses == ()


def test_nothing_encrypted_nothing_told() -> None:
    """As before."""
    assert designated() == ()
    assert designated(tls=TLS) == ()
