"""Every packet that leaves a network namespace: over its wire, and over its own loopback."""

from __future__ import annotations

import contextlib
import ipaddress
import select
import socket
import struct
import threading

from attrs import frozen

_ALL = 3  # ETH_P_ALL
_ETHERNET = 14  # bytes
_IPV4, _IPV6 = 0x0800, 0x86DD
_TCP, _UDP = 6, 17
_NEIGHBOURS = range(133, 138)  # ICMPv6 types of neighbour discovery (RFC 4861): who is on the wire, asked by the kernel
_ICMPV6 = 58


@frozen
class Flow:
    """One direction of a conversation; ports are 0 where there are none."""

    interface: str
    source: tuple[str, int]
    target: tuple[str, int]


class Wiretap:
    """Use as a context, in the namespace to be heard. `flows` has the payload of each flow, in order, joined."""

    def __init__(self, *interfaces: str) -> None:
        self._sockets = [_tap(each) for each in interfaces]
        self._names = dict(zip(self._sockets, interfaces, strict=True))
        self._ends, self._end = socket.socketpair()
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._lock = threading.Lock()
        self._flows: dict[Flow, bytearray] = {}
        self.packets = 0

    def __enter__(self) -> Wiretap:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.close()
        self._thread.join()
        for each in (*self._sockets, self._ends):
            each.close()

    @property
    def flows(self) -> dict[Flow, bytes]:
        """A copy of what was heard so far."""
        with self._lock:
            return {flow: bytes(payload) for flow, payload in self._flows.items()}

    def _hear(self) -> None:
        while True:
            ready, _, _ = select.select([*self._sockets, self._ends], [], [])
            for each in ready:
                if each is self._ends:
                    return
                with contextlib.suppress(BlockingIOError):
                    data, about = each.recvfrom(1 << 17)
                    if about[2] == socket.PACKET_OUTGOING:
                        self._take(self._names[each], about[1], data)

    def _take(self, interface: str, protocol: int, data: bytes) -> None:
        parsed = _parsed(protocol, data[_ETHERNET:])
        if parsed is None:
            return
        source, target, payload = parsed
        with self._lock:
            self.packets += 1
            self._flows.setdefault(Flow(interface, source, target), bytearray()).extend(payload)


def _tap(interface: str) -> socket.socket:
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL))
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    tap.bind((interface, 0))
    tap.setblocking(False)
    return tap


def _parsed(protocol: int, data: bytes) -> tuple[tuple[str, int], tuple[str, int], bytes] | None:
    """Ends and payload; None for what only finds out who is on the wire."""
    if protocol == _IPV4:
        kind, start, places = data[9], (data[0] & 15) * 4, (data[12:16], data[16:20])
        data = data[: struct.unpack_from("!H", data, 2)[0]]
    elif protocol == _IPV6:
        kind, start, places = data[6], 40, (data[8:24], data[24:40])
    else:
        return None  # ARP
    source, target = (str(ipaddress.ip_address(place)) for place in places)
    ports, payload = (0, 0), data[start:]
    if kind in (_TCP, _UDP):
        ports = struct.unpack_from("!2H", data, start)
        payload = data[start + (8 if kind == _UDP else data[start + 12] >> 4 << 2) :]
    elif kind == _ICMPV6 and (data[start] in _NEIGHBOURS or target.startswith("ff")):
        return None
    return (source, ports[0]), (target, ports[1]), payload
