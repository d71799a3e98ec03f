"""The demo's upstream resolver as a process: the demo zone over UDP and TCP on one loopback port.

A process of its own, because it reads packets; the demo's other parts do not.
"""

import sys
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import DatagramProtocol, Factory
from twisted.protocols.basic import Int16StringReceiver
from twisted.protocols.policies import TimeoutMixin

from resolver.app.demo_answers import answer
from resolver.app.demo_zone import Zone

HOST = "127.0.0.1"
ZONE_FILE = Path(__file__).with_name("demo.zone")
IDLE_SECONDS = 10  # a TCP connection without a query
PORT_TRIES = 20  # ports free for TCP tried until one is free for UDP too


class UdpServer(DatagramProtocol):
    """Queries over UDP."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def datagramReceived(self, datagram: bytes, addr: tuple[str, int]) -> None:
        """Answer one."""
        reply = answer(self._zone, datagram, udp=True)
        if reply is not None and self.transport is not None:
            self.transport.write(reply, addr)


class TcpServer(Int16StringReceiver, TimeoutMixin):
    """One connection of queries over TCP."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def connectionMade(self) -> None:
        """Give it some time."""
        self.setTimeout(IDLE_SECONDS)

    def stringReceived(self, string: bytes) -> None:
        """Answer one."""
        self.resetTimeout()
        reply = answer(self._zone, string, udp=False)
        if reply is not None:
            self.sendString(reply)

    def connectionLost(self, reason: object = None) -> None:
        """Nothing to wait for any more."""
        self.setTimeout(None)


def serve() -> int:
    """Serve until stopped; the first line written is the port."""
    zone = Zone.from_text(ZONE_FILE.read_text("utf-8"))
    sys.stdout.write(f"{_listen(zone, reactor)}\n")
    sys.stdout.flush()
    reactor.run()
    return 0


def _listen(zone: Zone, reactor: Any) -> int:
    tcp = Factory.forProtocol(lambda: TcpServer(zone))
    for _ in range(PORT_TRIES):
        listener = reactor.listenTCP(0, tcp, interface=HOST)
        port: int = listener.getHost().port
        try:
            reactor.listenUDP(port, UdpServer(zone), interface=HOST)
        except CannotListenError:
            listener.stopListening()
        else:
            return port
    raise OSError("no loopback port is free for both UDP and TCP")
