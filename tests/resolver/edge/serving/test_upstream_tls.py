"""Who an upstream over TLS must be: handshakes in memory, with certificates of an authority of our own."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import define, field
from OpenSSL import SSL
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.protocols.tls import TLSMemoryBIOFactory

from resolver.core.trouble import Trouble
from resolver.edge.limits import UpstreamLimits
from resolver.edge.serving.upstream_connection import Connection, TlsConnection
from resolver.edge.serving.upstream_tls import StrictTls
from tests.support.certificates import Issued, authority

LIMITS = UpstreamLimits()


@define(eq=False)
class FakeOwner:
    limits: UpstreamLimits = LIMITS
    gone: list[Connection] = field(factory=list)

    def seconds(self) -> float:
        return 0.0

    def carried_out(self) -> None:
        """Nobody waits."""

    def lost(self, connection: Connection) -> None:
        self.gone.append(connection)


class Server:
    """The other end: Python's own TLS, between two buffers."""

    def __init__(self, shown: Issued, change: Callable[[ssl.SSLContext], None]) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(shown.certificate, shown.key)
        context.sni_callback = self._heard  # type: ignore[assignment]
        change(context)
        self.to_us, self.from_us = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.names: list[str | None] = []
        self._tls = context.wrap_bio(self.to_us, self.from_us, server_side=True)

    def _heard(self, _: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        self.names.append(name)

    def turn(self, data: bytes) -> bytes:
        self.to_us.write(data)
        try:
            self._tls.do_handshake()
        except ssl.SSLError:
            return self.from_us.read()
        return self.from_us.read()


def shake(
    tls: StrictTls, shown: Issued, change: Callable[[ssl.SSLContext], None] = lambda _: None
) -> tuple[Trouble, bool, list[str | None]]:
    """One handshake: the trouble found, whether the connection came up, and the names the server was asked for."""
    owner = FakeOwner()
    connection = TlsConnection(owner)
    factory = Factory.forProtocol(Protocol)
    factory.buildProtocol = lambda addr: connection  # type: ignore[method-assign]
    protocol = TLSMemoryBIOFactory(tls, True, factory, clock=MemoryReactorClock()).buildProtocol(None)
    transport = StringTransport()
    protocol.makeConnection(transport)
    server = Server(shown, change)
    for _ in range(8):
        data = transport.value()
        transport.clear()
        answer = server.turn(data)
        if answer and not transport.disconnected:
            protocol.dataReceived(answer)
    is_up = connection.has_room(0.0) and not transport.disconnecting and not transport.disconnected
    return connection.trouble, is_up, server.names


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


def test_the_right_name_under_the_right_authority_is_believed(folder: Path) -> None:
    """A host name, asked for by SNI; an address, which is no server name; a wildcard."""
    ours = authority(folder / "right")
    shown = ours.issue("dns.example", "*.pool.example", ips=["192.0.2.53", "2001:db8::53"])
    for name in ("dns.example", "a.pool.example"):
        assert shake(StrictTls(name, ours.pem), shown) == (Trouble.NONE, True, [name])
    for name in ("192.0.2.53", "2001:db8::53"):
        assert shake(StrictTls(name, ours.pem), shown) == (Trouble.NONE, True, [None])


@pytest.mark.parametrize("name", ["other.example", "example", "sub.dns.example", "192.0.2.54", "2001:db8::54"])
def test_another_name_is_refused(folder: Path, name: str) -> None:
    """However near; a name in the certificate's subject alone is none."""
    ours = authority(folder / "other")
    assert shake(StrictTls(name, ours.pem), ours.issue("dns.example", ips=["192.0.2.53"]))[:2] == (
        Trouble.WRONG_NAME,
        False,
    )


def test_an_address_written_as_a_name_is_no_address(folder: Path) -> None:
    """dNSName 192.0.2.53 does not vouch for the address."""
    ours = authority(folder / "text")
    assert shake(StrictTls("192.0.2.53", ours.pem), ours.issue("192.0.2.53"))[:2] == (Trouble.WRONG_NAME, False)


def test_another_authority_is_not_believed(folder: Path) -> None:
    """Neither a stranger's, nor ours where the system's are asked, nor the same name with another key."""
    ours, stranger = authority(folder / "ours"), authority(folder / "stranger")
    shown = ours.issue("dns.example")
    assert shake(StrictTls("dns.example", stranger.pem), shown)[:2] == (Trouble.UNTRUSTED, False)
    assert shake(StrictTls("dns.example", None), shown)[:2] == (Trouble.UNTRUSTED, False)


def test_a_certificate_out_of_date_is_refused(folder: Path) -> None:
    """With a reason of its own: the clock may be wrong."""
    ours = authority(folder / "old")
    assert shake(StrictTls("dns.example", ours.pem), ours.issue("dns.example", expired=True))[:2] == (
        Trouble.OUT_OF_DATE,
        False,
    )


def test_tls_below_1_2_is_not_spoken(folder: Path) -> None:
    """TLS 1.2 and 1.3 are; a server that has 1.1 only gets no connection."""
    ours = authority(folder / "versions")
    shown = ours.issue("dns.example")
    tls = StrictTls("dns.example", ours.pem)

    def only(version: ssl.TLSVersion) -> Callable[[ssl.SSLContext], None]:
        def change(context: ssl.SSLContext) -> None:
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = version

        return change

    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert shake(tls, shown, only(version))[:2] == (Trouble.NONE, True)
    with pytest.warns(DeprecationWarning):
        assert not shake(tls, shown, only(ssl.TLSVersion.TLSv1_1))[1]


def test_a_file_without_authorities_is_refused(folder: Path) -> None:
    """Missing, or not PEM."""
    for content in (None, b"no certificate"):
        path = folder / "empty.pem"
        path.unlink(missing_ok=True)
        if content:
            path.write_bytes(content)
        with pytest.raises(OSError, match="cannot be read"):
            StrictTls("dns.example", path)


def test_openssl_numbers_are_as_we_name_them() -> None:
    """X509_V_ERR_CERT_NOT_YET_VALID and _HAS_EXPIRED, as pyOpenSSL has them."""
    assert (SSL.X509VerificationCodes.ERR_CERT_NOT_YET_VALID, SSL.X509VerificationCodes.ERR_CERT_HAS_EXPIRED) == (9, 10)
