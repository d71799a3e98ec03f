"""The stream sockets of a serving worker: TCP, DoT and DoH, under one register of connections."""

import os
import socket
from typing import Any

from twisted.internet import defer

from resolver.core import codes
from resolver.core.door import Door
from resolver.edge.limits import Limits
from resolver.edge.serving.connections import Connections
from resolver.edge.serving.doh import DohConnection, DohTerms
from resolver.edge.serving.pump import Pump
from resolver.edge.serving.stream import Streams
from resolver.edge.serving.tcp import TcpConnection
from resolver.edge.serving.tls import DOT_PROTOCOL, H2_PROTOCOL, HTTP1_PROTOCOL, TlsDoor

TRANSPORTS = {"udp": codes.UDP, "tcp": codes.TCP, "dot": codes.DOT, "doh": codes.DOH}


class TlsDoors:
    """One for each protocol above TLS; all show the same certificate."""

    def __init__(self) -> None:
        self.dot = TlsDoor([DOT_PROTOCOL])
        self.doh = TlsDoor([H2_PROTOCOL, HTTP1_PROTOCOL])  # HTTP/1.1 so far that we can say no in words

    def renew(self, certificate: bytes, key: bytes) -> None:
        """Show this PEM chain from now on."""
        self.dot.renew(certificate, key)
        self.doh.renew(certificate, key)


class Entrances:
    """Where stream clients come in."""

    def __init__(self, reactor: Any, pump: Pump, limits: Limits, tls: TlsDoors, doh_path: str) -> None:
        self._reactor = reactor
        self._pump = pump
        self._limits = limits
        self._tls = tls
        self._doh_path = doh_path
        self._connections = Connections(reactor, limits.connections, os.urandom)
        self._ports: list[Any] = []

    def listen(self, kind: str, sock: socket.socket, door: Door) -> None:
        """Answer on a listening socket, "tcp", "dot" or "doh", which is ours from here."""
        sock.setblocking(False)
        with sock:  # the reactor takes a copy
            self._ports.append(self._reactor.adoptStreamPort(sock.fileno(), sock.family, self._factory(kind, door)))

    def drain(self) -> None:
        """Let nobody in any more; whoever is in leaves when the answers are out."""
        for port in self._ports:
            defer.maybeDeferred(port.stopListening)
        self._ports.clear()
        self._connections.drain()

    def close(self) -> None:
        """Close what is left."""
        self._connections.close()

    def _factory(self, kind: str, door: Door) -> Any:
        pump, connections, limits = self._pump, self._connections, self._limits
        if kind == "tcp":
            return Streams(TcpConnection, door, pump, connections, limits.tcp)
        if kind == "dot":
            plain = Streams(TcpConnection, door, pump, connections, limits.tcp, secure=True)
            return self._tls.dot.around(plain, self._reactor)
        terms = DohTerms(self._doh_path, limits.doh)
        plain = Streams(DohConnection, door, pump, connections, terms, secure=True)
        return self._tls.doh.around(plain, self._reactor)
