"""What TLS we offer, seen by Python's own client without a network."""

from __future__ import annotations

import contextlib
import gc
import ssl
from pathlib import Path
from weakref import ref

import pytest
from OpenSSL import SSL
from twisted.internet.address import IPv4Address
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from resolver.core.codes import DOT
from resolver.core.door import Door
from resolver.edge.limits import TcpLimits
from resolver.edge.serving.stream import Streams
from resolver.edge.serving.tcp import TcpConnection
from resolver.edge.serving.tls import DOT_PROTOCOL, H2_PROTOCOL, HTTP1_PROTOCOL, POST_QUANTUM, TlsDoor, make_context
from tests.resolver.edge.stream_bench import StreamBench, Transport
from tests.support.certificates import Authority, Issued

NAME = "resolver.test"


class World:
    """An authority, and clients that believe it."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.issued = self.authority.issue(NAME)

    def door(self, *protocols: bytes) -> TlsDoor:
        made = TlsDoor(protocols or (DOT_PROTOCOL,))
        made.renew(*pem(self.issued))
        return made

    def client(self, *protocols: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.authority.pem))
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context


def pem(issued: Issued) -> tuple[bytes, bytes]:
    return issued.certificate.read_bytes(), issued.key.read_bytes()


class Talk:
    """Both ends of one connection in memory."""

    def __init__(self, door: TlsDoor, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> None:
        self._to_client, self._to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = context.wrap_bio(self._to_client, self._to_server, server_hostname=NAME, session=session)
        self.server = door.serverConnectionForTLS(None)  # type: ignore[arg-type]
        self.server.set_accept_state()

    def shake_hands(self) -> Talk:
        """SSLError as the client sees it."""
        for _ in range(4):
            with contextlib.suppress(ssl.SSLWantReadError):
                self.client.do_handshake()
            self.carry()
        self.client.do_handshake()
        return self

    def carry(self) -> None:
        """Bring what both have said to the other."""
        if said := self._to_server.read():
            self.server.bio_write(said)
        with contextlib.suppress(SSL.Error):
            self.server.do_handshake()
        with contextlib.suppress(SSL.WantReadError):
            self._to_client.write(self.server.bio_read(1 << 16))

    def hear(self) -> None:
        """Have the client read what comes behind the handshake."""
        with pytest.raises(ssl.SSLWantReadError):
            self.client.read(1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_are_spoken_and_the_name_verified(world: World, version: ssl.TLSVersion) -> None:
    """With forward secrecy and authenticated ciphers."""
    context = world.client()
    context.minimum_version = context.maximum_version = version
    talk = Talk(world.door(), context).shake_hands()
    cipher = talk.client.cipher()
    assert cipher is not None
    assert cipher[0].startswith(("ECDHE-ECDSA-AES128-GCM", "TLS_AES_128_GCM"))  # ours comes first
    assert talk.client.compression() is None


def test_older_versions_are_refused(world: World) -> None:
    """RFC 8996."""
    context = world.client()
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        Talk(world.door(), context).shake_hands()


def test_a_client_that_puts_chacha_first_gets_it(world: World) -> None:
    """It has no AES in hardware; all other choices are ours."""
    context = world.client()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256")
    cipher = Talk(world.door(), context).shake_hands().client.cipher()
    assert cipher is not None
    assert cipher[0] == "ECDHE-ECDSA-CHACHA20-POLY1305"


def test_the_key_exchange_is_post_quantum_where_the_client_can(world: World) -> None:
    """The library this product installs brings an OpenSSL that can."""
    client = SSL.Context(SSL.TLS_CLIENT_METHOD)
    theirs, ours = SSL.Connection(client, None), world.door().serverConnectionForTLS(None)  # type: ignore[arg-type]
    theirs.set_connect_state()
    ours.set_accept_state()
    for _ in range(3):
        for end, other in ((theirs, ours), (ours, theirs)):
            with contextlib.suppress(SSL.WantReadError):
                end.do_handshake()
            with contextlib.suppress(SSL.WantReadError):
                other.bio_write(end.bio_read(1 << 16))
    assert ours.get_group_name() == POST_QUANTUM


@pytest.mark.parametrize(
    ("ours", "theirs", "chosen"),
    [
        ((DOT_PROTOCOL,), ("dot",), "dot"),
        ((DOT_PROTOCOL,), (), None),
        ((H2_PROTOCOL, HTTP1_PROTOCOL), ("http/1.1", "h2"), "h2"),
        ((H2_PROTOCOL, HTTP1_PROTOCOL), ("http/1.1",), "http/1.1"),
    ],
)
def test_the_protocol_is_chosen_by_us(
    world: World, ours: tuple[bytes, ...], theirs: tuple[str, ...], chosen: str | None
) -> None:
    """A client that names none is served too (RFC 7858 is older than the name)."""
    assert Talk(world.door(*ours), world.client(*theirs)).shake_hands().client.selected_alpn_protocol() == chosen


def test_a_client_of_another_protocol_is_refused_with_the_right_alert(world: World) -> None:
    """RFC 7301 section 3.2: nobody is led to speak one protocol to the server of another."""
    with pytest.raises(ssl.SSLError, match=r"(?i)no application protocol"):
        Talk(world.door(), world.client("h2")).shake_hands()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_no_session_is_ever_resumed(world: World, version: ssl.TLSVersion) -> None:
    """Nothing of one connection helps, or ties a client to, the next (ADR 0032)."""
    context = world.client()
    context.minimum_version = context.maximum_version = version
    door = world.door()
    first = Talk(door, context).shake_hands()
    first.hear()
    second = Talk(door, context, first.client.session).shake_hands()
    assert not second.client.session_reused
    assert version is ssl.TLSVersion.TLSv1_3 or not first.client.session or not first.client.session.has_ticket


def test_a_new_certificate_is_shown_to_new_connections_only(world: World) -> None:
    """The old one goes on where it was."""
    door = world.door()
    old = Talk(door, world.client()).shake_hands()
    door.renew(*pem(world.authority.issue(NAME, "second.test")))
    new = Talk(door, world.client()).shake_hands()
    assert "second.test" in str(new.client.getpeercert())
    old.server.send(b"still here")
    old.carry()
    assert old.client.read(10) == b"still here"
    assert "second.test" not in str(old.client.getpeercert())


def test_a_key_of_another_certificate_is_refused(world: World) -> None:
    """Told at once, not by the first client."""
    other = world.authority.issue("other.test")
    with pytest.raises(SSL.Error):
        make_context(world.issued.certificate.read_bytes(), other.key.read_bytes(), [DOT_PROTOCOL])


class Answering(Protocol):
    """Writes two answers at once."""

    def dataReceived(self, data: bytes) -> None:
        self.transport.write(b"first")
        self.transport.write(b"second")


def test_each_answer_is_a_record_of_its_own(world: World) -> None:
    """getdns and stubby read one answer from a record, and find a second one in it only with the next."""
    to_client, to_server, wire, clock = ssl.MemoryBIO(), ssl.MemoryBIO(), StringTransport(), Clock()
    client = world.client().wrap_bio(to_client, to_server, server_hostname=NAME)
    server = world.door().around(Factory.forProtocol(Answering), clock).buildProtocol(None)
    assert server is not None
    server.makeConnection(wire)
    for step in (client.do_handshake, client.do_handshake, lambda: client.write(b"two questions")):
        with contextlib.suppress(ssl.SSLWantReadError):
            step()
        server.dataReceived(to_server.read())
        clock.advance(0.1)
        to_client.write(wire.value())
        wire.clear()
    assert (client.read(100), client.read(100)) == (b"first", b"second")


class Bench(StreamBench):
    """Connections with TLS below them."""

    def factory(self) -> Streams:
        return Streams(TcpConnection, Door(DOT), self.pump, self.connections, TcpLimits(), secure=True)


@pytest.mark.parametrize("last", ["silence", "goodbye", "rubbish"])
def test_a_connection_leaves_no_cycle(world: World, last: str) -> None:
    """It is freed when it is lost, however it ended: the garbage collector never walks old objects here."""
    bench, wire = Bench(), Transport(peerAddress=IPv4Address("TCP", "192.0.2.1", 1))
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = world.client().wrap_bio(to_client, to_server, server_hostname=NAME)
    server = world.door().around(bench.streams, bench.clock).buildProtocol(wire.getPeer())
    assert server is not None
    wire.protocol, wire.slow = server, True
    gc.disable()
    try:
        server.makeConnection(wire)
        for step in (client.do_handshake, client.do_handshake, lambda: client.write(b"\0\x0decho:00000001")):
            with contextlib.suppress(ssl.SSLWantReadError):
                step()
            server.dataReceived(to_server.read())
            to_client.write(wire.value())
            wire.clear()
        assert client.read(100) == b"\0\x0fanswer:00000001"
        with contextlib.suppress(ssl.SSLWantReadError):
            if last == "goodbye":
                client.unwrap()
        if last != "silence":
            server.dataReceived(to_server.read() or b"rubbish" * 9)
        alive = ref(server), ref(server.wrappedProtocol)
        wire.slow = False
        wire.loseConnection()
        wire.unregisterProducer()  # as a socket of Twisted's does, which lets its protocol go too
        del wire.protocol
        del server, wire
        assert [each() for each in alive] == [None, None]
    finally:
        gc.enable()


def test_a_stranger_costs_no_handshake(world: World) -> None:
    """It is let go before a byte is read; others are let in."""
    bench = Bench()
    bench.core.strangers.add("198.51.100.1")
    factory = world.door().around(bench.streams, bench.clock)
    assert factory.buildProtocol(IPv4Address("TCP", "198.51.100.1", 1)) is None
    assert factory.buildProtocol(IPv4Address("TCP", "192.0.2.1", 1)) is not None
