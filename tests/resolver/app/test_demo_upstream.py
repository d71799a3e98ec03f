"""The demo's upstream as protocols."""

from __future__ import annotations

import dns.flags
import dns.message
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransportWithDisconnection

from resolver.app.demo_upstream import IDLE_SECONDS, ZONE_FILE, TcpServer, UdpServer
from resolver.app.demo_zone import Zone

ZONE = Zone.from_text(ZONE_FILE.read_text("utf-8"))


class FakeUdpTransport:
    def __init__(self) -> None:
        self.sent: list[tuple[bytes, object]] = []

    def write(self, data: bytes, address: object) -> None:
        self.sent.append((data, address))


def test_a_datagram_is_answered_to_its_sender() -> None:
    """And what is no query gets nothing."""
    server = UdpServer(ZONE)
    transport = FakeUdpTransport()
    server.transport = transport
    server.datagramReceived(dns.message.make_query("www.example", "A").to_wire(), ("127.0.0.1", 9))
    server.datagramReceived(b"junk", ("127.0.0.1", 9))
    ((data, address),) = transport.sent
    assert address == ("127.0.0.1", 9)
    assert str(dns.message.from_wire(data).answer[0][0]) == "198.51.100.10"


def test_a_tcp_line_is_answered_whole_and_closed_when_idle() -> None:
    """Length before each message (RFC 1035, 4.2.2); a quiet connection is not kept."""
    server, clock = TcpServer(ZONE), Clock()
    server.callLater = clock.callLater
    transport = StringTransportWithDisconnection()
    transport.protocol = server
    server.makeConnection(transport)
    query = dns.message.make_query("big.example", "TXT").to_wire()
    server.dataReceived(len(query).to_bytes(2, "big") + query)
    data = transport.value()
    assert int.from_bytes(data[:2], "big") == len(data) - 2
    assert not dns.message.from_wire(data[2:]).flags & dns.flags.TC
    clock.advance(IDLE_SECONDS + 1)
    assert not transport.connected
