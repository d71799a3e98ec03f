"""Clients over UDP: a reader of our own on the raw socket, one batch of datagrams a turn of the reactor.

Twisted's `DatagramProtocol` costs more than the whole answer from the cache. An answer leaves from the address that was
asked: a socket bound to one address does so by itself, one bound to the wildcard address needs to be told (IP_PKTINFO).
"""

import socket
import struct
from typing import Any

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from resolver.core.door import Door
from resolver.edge.limits import UdpLimits
from resolver.edge.serving.pump import Pump

_IP_PKTINFO = 8  # Linux; the socket module has no name for it
_IN_PKTINFO = struct.Struct("@i4s4s")  # interface, our address, address in the header
_IN6_PKTINFO = struct.Struct("@16sI")  # address in the header, interface
_ANCILLARY_BYTES = socket.CMSG_SPACE(max(_IN_PKTINFO.size, _IN6_PKTINFO.size))
_LINK_LOCAL = b"\xfe\x80"

Ancillary = list[tuple[int, int, bytes]]


def open_udp(reactor: IReactorFDSet, sock: socket.socket, door: Door, pump: Pump, limits: UdpLimits) -> "UdpReader":
    """Start answering on a bound socket, which the reader then owns."""
    sock.setblocking(False)
    is_wildcard = sock.getsockname()[0] in ("0.0.0.0", "::")  # noqa: S104  (a comparison, not a bind)
    reader = (WildcardUdpReader if is_wildcard else UdpReader)(reactor, sock, door, pump, limits)
    reactor.addReader(reader)
    return reader


@implementer(IReadDescriptor)
class UdpReader:
    """One socket bound to one address."""

    def __init__(self, reactor: IReactorFDSet, sock: socket.socket, door: Door, pump: Pump, limits: UdpLimits) -> None:
        self._reactor = reactor
        self._sock = sock
        self._door = door
        self._pump = pump
        self._limits = limits
        self._stopped = False

    def fileno(self) -> int:
        """The descriptor the reactor polls; -1 once closed."""
        return self._sock.fileno()

    def logPrefix(self) -> str:
        """A name Twisted asks for; it is never written."""
        return "udp"

    def connectionLost(self, reason: Failure) -> None:
        """The reactor took an error on the socket for its end; a bound socket has none, so clear it and go on."""
        if not self._stopped:
            self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            self._reactor.addReader(self)

    def stop(self) -> None:
        """Read no more; what waits in the queue is another worker's. Answers still go out until `close`."""
        self._stopped = True
        self._reactor.removeReader(self)

    def close(self) -> None:
        """Stop and let the socket go."""
        self.stop()
        self._sock.close()

    def doRead(self) -> None:
        """Answer one batch. Never raises: the reactor would take the socket away."""
        receive_from, send_to = self._sock.recvfrom, self._sock.sendto
        receive_query = self._pump.core.receive_query
        door, size = self._door, self._limits.datagram_bytes
        now = self._pump.seconds()
        for _ in range(self._limits.batch):
            try:
                data, address = receive_from(size)
            except OSError:  # the queue is empty, or an error of the network was waiting on the socket
                break
            if not address[1]:
                continue  # port 0 cannot be answered
            try:
                answer = receive_query(data, address[0], door, (self, address), now)
            except Exception as error:  # noqa: BLE001  the core must never stop the worker
                self._pump.fault(error)
                continue
            if answer is not None:
                try:
                    send_to(answer, address)
                except OSError:  # a full buffer, no route, a firewall: the client asks again
                    continue
        self._pump.flush()

    def deliver(self, data: bytes, address: object) -> None:
        """Send an answer that had to wait."""
        try:
            self._sock.sendto(data, address)  # type: ignore[call-overload]  # ours, from doRead
        except OSError:  # a full buffer, no route, a firewall, stopped: the client asks again
            return


class WildcardUdpReader(UdpReader):
    """One socket bound to 0.0.0.0 or ::, where every datagram says which of our addresses was asked."""

    def __init__(self, reactor: IReactorFDSet, sock: socket.socket, door: Door, pump: Pump, limits: UdpLimits) -> None:
        super().__init__(reactor, sock, door, pump, limits)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        self._reply_from: dict[bytes, Ancillary] = {}  # by what the kernel says of a datagram's way in

    def doRead(self) -> None:
        """Answer one batch. Never raises: the reactor would take the socket away."""
        receive, send = self._sock.recvmsg, self._sock.sendmsg
        receive_query = self._pump.core.receive_query
        door, size = self._door, self._limits.datagram_bytes
        now = self._pump.seconds()
        for _ in range(self._limits.batch):
            try:
                data, ancillary, _, address = receive(size, _ANCILLARY_BYTES)
            except OSError:  # the queue is empty, or an error of the network was waiting on the socket
                break
            if not address[1] or not ancillary:
                continue  # port 0 cannot be answered; nor can a datagram that does not say where it went
            reply_from = self._reply_from.get(ancillary[0][2]) or self._learn(*ancillary[0])
            try:
                answer = receive_query(data, address[0], door, (self, (address, reply_from)), now)
            except Exception as error:  # noqa: BLE001  the core must never stop the worker
                self._pump.fault(error)
                continue
            if answer is not None:
                try:
                    send((answer,), reply_from, 0, address)
                except OSError:  # a full buffer, no route, a firewall: the client asks again
                    continue
        self._pump.flush()

    def deliver(self, data: bytes, address: object) -> None:
        """Send an answer that had to wait, from the address that was asked."""
        target: tuple[Any, Ancillary] = address  # type: ignore[assignment]  # ours, from doRead
        try:
            self._sock.sendmsg((data,), target[1], 0, target[0])
        except OSError:  # a full buffer, no route, a firewall, stopped: the client asks again
            return

    def _learn(self, level: int, kind: int, data: bytes) -> Ancillary:
        """What sets the source of an answer to a datagram that came this way; remembered for the next one."""
        if len(self._reply_from) >= self._limits.ways_in:
            self._reply_from.clear()
        source = _source_v4(data) if kind == _IP_PKTINFO else _source_v6(data)
        self._reply_from[data] = [(level, kind, source)]
        return self._reply_from[data]


def _source_v4(way_in: bytes) -> bytes:
    """Ours as source, whichever interface the way back takes."""
    _, ours, _ = _IN_PKTINFO.unpack(way_in)
    return _IN_PKTINFO.pack(0, ours, bytes(4))


def _source_v6(way_in: bytes) -> bytes:
    """As for IPv4; a link-local address means something on its own interface only."""
    ours, interface = _IN6_PKTINFO.unpack(way_in)
    return _IN6_PKTINFO.pack(ours, interface if ours.startswith(_LINK_LOCAL) else 0)
