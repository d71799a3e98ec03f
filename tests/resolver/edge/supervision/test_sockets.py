"""Listening sockets on loopback."""

from __future__ import annotations

import socket
import stat
from contextlib import closing
from pathlib import Path

import pytest

from resolver.edge.supervision.sockets import (
    ListenFault,
    check_free,
    control_socket,
    hint_socket,
    http_socket,
    slot_sockets,
)
from resolver.settings.addresses import Endpoint, Place
from tests.support.ports import free_port


@pytest.fixture(params=["127.0.0.1", "::1"])
def endpoint(request: pytest.FixtureRequest) -> Endpoint:
    return Endpoint(str(request.param), free_port())


def _udp(endpoint: Endpoint) -> socket.socket:
    client = socket.socket(socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET, socket.SOCK_DGRAM)
    client.connect((endpoint.host, endpoint.port))
    return client


def places(*endpoints: Endpoint) -> list[Place]:
    """UDP and TCP on each."""
    return [Place(kind, endpoint) for endpoint in endpoints for kind in ("udp", "tcp")]


def test_nothing_waits_before_a_slot_is_opened(endpoint: Endpoint) -> None:
    """Queries before the opening are dropped by the kernel, TCP is refused; afterwards both wait for the worker."""
    slot = slot_sockets(places(endpoint))
    udp, tcp = (each.socket for each in slot.listeners)
    with closing(slot), _udp(endpoint) as client:
        client.send(b"early")
        with pytest.raises(BlockingIOError):
            udp.recv(10)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((endpoint.host, endpoint.port), timeout=5)
        slot.open()
        client.send(b"late")
        udp.setblocking(True)
        udp.settimeout(5)
        assert udp.recv(10) == b"late"
        with socket.create_connection((endpoint.host, endpoint.port), timeout=5):
            tcp.setblocking(True)
            tcp.accept()[0].close()


def test_a_port_taken_between_binding_and_opening_is_told(endpoint: Endpoint) -> None:
    """Linux lets another program listen where we are only bound; to begin to listen then fails, with the remedy."""
    slot = slot_sockets([Place("tcp", endpoint)])
    with closing(slot), http_socket(endpoint), pytest.raises(ListenFault, match=r"TCP .*another program.*ss -tlnp"):
        slot.open()


def test_slots_share_an_address_and_describe_themselves(endpoint: Endpoint) -> None:
    """Two slots bind the same address; order and number of descriptors match the description."""
    with closing(slot_sockets(places(endpoint))) as one, closing(slot_sockets(places(endpoint))) as two:
        expected = [{"kind": "udp", "address": str(endpoint)}, {"kind": "tcp", "address": str(endpoint)}]
        assert one.describe() == two.describe() == expected
        assert len({*one.filenos(), *two.filenos()}) == 4


def test_address_of_another_program_is_found_and_explained(endpoint: Endpoint) -> None:
    """A port in use, even one its holder would share, is told with address and remedy."""
    with closing(slot_sockets(places(endpoint))), pytest.raises(ListenFault, match=r"UDP .*another program.*ss -ulnp"):
        check_free(places(endpoint))
    check_free(places(endpoint))


def test_address_this_machine_has_not_is_explained() -> None:
    """An address of somebody else names the remedy."""
    with pytest.raises(ListenFault, match=r"192\.0\.2\.7:5353.*no such address"):
        slot_sockets(places(Endpoint("192.0.2.7", 5353)))


def test_half_made_slot_leaves_nothing_open(endpoint: Endpoint) -> None:
    """When the second address fails, the first one's sockets are closed."""
    with pytest.raises(ListenFault):
        slot_sockets(places(endpoint, Endpoint("192.0.2.7", 5353)))
    check_free(places(endpoint))


def test_ipv6_wildcard_leaves_ipv4_alone() -> None:
    """`::` means IPv6 only, so that both wildcards can be listed."""
    port = free_port()
    with closing(slot_sockets(places(Endpoint("::", port), Endpoint("0.0.0.0", port)))) as slot:
        assert len(slot.listeners) == 4


def test_http_socket_is_not_shared(endpoint: Endpoint) -> None:
    """A second daemon on the same metrics port is refused."""
    with http_socket(endpoint), pytest.raises(ListenFault, match=r"TCP .*another program"):
        http_socket(endpoint)


def test_control_socket_is_ours_alone_and_replaces_a_leftover(tmp_path: Path) -> None:
    """Mode 0600; the file of a killed daemon is no obstacle; a bad folder is explained."""
    path = tmp_path / "control.sock"
    control_socket(path).close()
    with control_socket(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(ListenFault, match="check the folder"):
        control_socket(tmp_path / "missing" / "control.sock")


def test_push_hints_have_a_port_to_themselves(endpoint: Endpoint) -> None:
    """A second holder is told; a datagram arrives."""
    with closing(hint_socket(endpoint)) as ours, _udp(endpoint) as client:
        with pytest.raises(ListenFault, match="another program"):
            hint_socket(endpoint)
        client.send(b"")
        ours.settimeout(5)
        assert ours.recvmsg(0)[0] == b""
