"""DoT and DoH of the real daemon: what its operator types, and a certificate that is renewed under its clients."""

from __future__ import annotations

import socket
import ssl
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import dns.message
import pytest

from tests.support.certificates import Authority
from tests.support.daemon import Daemon
from tests.support.transports import EVERY, Clients

pytestmark = pytest.mark.daemon

NOBODY = "127.0.0.1:9"  # as an upstream: what is asked here is answered without one


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon(tmp_path / "isp", NOBODY, []).encrypt()
    made.start()
    yield made
    assert made.stop() == 0, made.text()


def test_a_certificate_is_renewed_under_its_clients(daemon: Daemon) -> None:
    """READY names both services; a reload shows the new pair to new connections, a broken pair changes nothing."""
    assert f" dot=127.0.0.1:{daemon.dot_port} doh=https://127.0.0.1:{daemon.doh_port}/dns-query " in daemon.text()
    assert 0 < daemon.metric("mamori_certificate_not_after_timestamp_seconds") - time.time() <= 3600
    old = Authority(daemon.folder / "tls" / "old").issue(daemon.tls_name)

    daemon.ca.issue(daemon.tls_name, "second.example", ips=("127.0.0.1", "::1"))
    assert daemon.command("reload").returncode == 0
    assert "second.example" in shown(daemon)

    key = Path(daemon.settings["tls"]["key"])
    whole = key.read_bytes()
    key.write_bytes(old.key.read_bytes())
    refused = daemon.command("reload")
    assert refused.returncode != 0
    assert "tls.key: does not belong to the first certificate" in refused.stdout + refused.stderr
    assert "second.example" in shown(daemon)
    checked = daemon.run("check-config", str(daemon.config))
    assert checked.returncode == 78
    assert "tls.key" in checked.stderr
    key.write_bytes(whole)

    with Clients(daemon) as clients:
        for transport in EVERY:
            wire = clients.exchange(question().to_wire(), transport)
            assert wire is not None, transport
            assert dns.message.from_wire(wire).answer


def test_a_reload_loses_no_question_over_tls(daemon: Daemon) -> None:
    """What an open connection asks before the worker leaves is answered; then it is closed in order."""
    with connected(daemon) as secure:
        secure.settimeout(20)
        ask(secure)
        assert answered(secure)
        ask(secure)
        assert daemon.command("reload").returncode == 0
        assert answered(secure)
        assert secure.recv(1) == b""
    with connected(daemon) as secure:
        ask(secure)
        assert answered(secure)


def test_answers_over_tls_and_https_are_padded(daemon: Daemon) -> None:
    """RFC 8467: to a multiple of 468 bytes where the client pads, over the encrypted transports alone."""
    padded = question(pad=128)
    with Clients(daemon) as clients:
        sizes = {each: len(clients.exchange(padded.to_wire(), each) or b"") for each in EVERY}
    assert sizes["dot"] == sizes["doh"] == 468
    assert sizes["udp"] < 468
    assert sizes["tcp"] < 468


def question(pad: int = 0) -> dns.message.QueryMessage:
    made = dns.message.make_query("localhost", "A", use_edns=0, pad=pad)
    made.id = 0
    return made


def connected(daemon: Daemon) -> ssl.SSLSocket:
    context = daemon.trust()
    raw = socket.create_connection(("127.0.0.1", daemon.dot_port), 20)
    return context.wrap_socket(raw, server_hostname=daemon.tls_name)


def shown(daemon: Daemon) -> str:
    with connected(daemon) as secure:
        return str(secure.getpeercert())


def ask(secure: ssl.SSLSocket) -> None:
    wire = question().to_wire()
    secure.sendall(struct.pack("!H", len(wire)) + wire)


def answered(secure: ssl.SSLSocket) -> bool:
    size = struct.unpack("!H", secure.recv(2))[0]
    data = b""
    while len(data) < size and (more := secure.recv(size - len(data))):
        data += more
    return bool(dns.message.from_wire(data).answer)
