"""The four ways to ask a server; the daemon's own listeners are asked in `test_probe`."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.message
import pytest

from resolver.cli.exchange import NoAnswer, Server, ask_server, authorities, certificate_alone
from resolver.settings.addresses import Endpoint
from tests.resolver.edge.fake_upstream import FakeUpstream
from tests.support.certificates import Authority

WIRE = dns.message.make_query("www.example", "A").to_wire()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("kind", ["udp", "tcp"])
def test_plain_ways(kind: str, host: str) -> None:
    """The answer to our question, and how long it took."""
    upstream = FakeUpstream(host)
    heard = ask_server(Server(kind, Endpoint(host, upstream.port)), WIRE)
    assert dns.message.from_wire(heard.wire).answer
    assert heard.milliseconds > 0
    upstream.close()


def test_nobody_and_silence_have_words() -> None:
    """Refused connections, and a server that never answers."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        nobody = Endpoint(*bound.getsockname())
        with pytest.raises(NoAnswer, match="nobody listens there"):
            ask_server(Server("tcp", nobody), WIRE)
        with pytest.raises(NoAnswer, match="nobody listens there"):
            ask_server(Server("udp", nobody), WIRE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(NoAnswer, match=r"no answer within 0\.2 s"):
            ask_server(Server("udp", Endpoint(*silent.getsockname())), WIRE, 0.2)


@contextmanager
def tls_server(folder: Path, speak: Callable[[ssl.SSLSocket], None]) -> Iterator[tuple[Endpoint, Authority]]:
    """One TLS connection is taken and spoken to."""
    authority = Authority(folder)
    issued = authority.issue("dns.isp.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    context.set_alpn_protocols(["h2", "dot"])
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            try:
                with context.wrap_socket(listening.accept()[0], server_side=True) as line:
                    speak(line)
            except OSError:
                return

        thread = threading.Thread(target=serve)
        thread.start()
        yield Endpoint(*listening.getsockname()), authority
        thread.join()


def echo_framed(line: ssl.SSLSocket) -> None:
    line.sendall(line.recv(1000))


def test_tls_is_verified_and_used(tmp_path: Path) -> None:
    """By the authority a file names; or by the one certificate that must be shown."""
    with tls_server(tmp_path, echo_framed) as (endpoint, authority):
        trust = authorities(authority.pem)
        assert ask_server(Server("dot", endpoint, "dns.isp.example", trust), WIRE).wire == WIRE
    with tls_server(tmp_path / "own", echo_framed) as (endpoint, _authority):
        trust = certificate_alone(tmp_path / "own" / "dns.isp.example.cert.pem")
        assert ask_server(Server("dot", endpoint, "dns.isp.example", trust), WIRE).wire == WIRE


@pytest.mark.parametrize("name", ["other.isp.example", "dns.isp.example"])
def test_another_name_or_an_unknown_authority_is_no_answer(tmp_path: Path, name: str) -> None:
    """The reason is the certificate."""
    with tls_server(tmp_path, echo_framed) as (endpoint, authority):
        trust = authorities(authority.pem if name.startswith("other") else None)
        with pytest.raises(NoAnswer, match="certificate is not good"):
            ask_server(Server("dot", endpoint, name, trust), WIRE)


@pytest.mark.parametrize("kind", ["dot", "doh"])
def test_a_server_that_closes_or_babbles_is_no_answer(tmp_path: Path, kind: str) -> None:
    """Nothing but a fault in words comes of it."""
    for speak in (lambda line: None, lambda line: line.sendall(b"\0\x02hello" * 9)):
        with tls_server(tmp_path, speak) as (endpoint, authority):
            server = Server(kind, endpoint, "dns.isp.example", authorities(authority.pem))
            with pytest.raises(NoAnswer):
                ask_server(server, WIRE)
