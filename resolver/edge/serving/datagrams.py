"""Clients' datagrams in batches: one system call brings up to 64, one takes their answers (ADR 0051).

Two twins. The one in C, `native._native.Datagrams`, looks the answers up by itself and hands over what missed; the one
in Python (`pure_datagrams.py`) asks its hit path for each. Addresses stay as the kernel wrote them; on a wildcard
socket an answer leaves from the address that was asked. Buffers are made once, and wiped at the end of a turn: a
question stays in memory until it is answered, no longer.

Our IPv6 sockets take no IPv4 (IPV6_V6ONLY): an address has 4 or 16 bytes by the family of its socket.
"""

import socket
from collections.abc import Callable, Sequence
from typing import Protocol

from resolver.core.door import Door
from resolver.core.hit_path import HitPath
from resolver.edge.limits import UdpLimits
from resolver.edge.serving.pure_datagrams import PureDatagrams

Miss = tuple[bytes, bytes, bytes, bytes]
"""What needs more than a look into the cache: packet, packed address, sockaddr, and the control message that sets the
source of the answer (empty where the socket has but one address)."""
Late = tuple[bytes, bytes, bytes]
"""An answer, the client's sockaddr, and what sets the source."""

_IP_PKTINFO = 8  # Linux; the socket module has no name for it


class Datagrams(Protocol):
    """One bound socket that does not block. Nothing is raised for what a client or the network does."""

    def serve(self, door: Door, now: float) -> list[Miss]:
        """Read and answer until nothing waits, the turn is over or enough have missed."""

    def is_full(self) -> bool:
        """Whether the last turn was a whole one: more may wait."""

    def send(self, answers: Sequence[Late]) -> None:
        """Send these, also when the socket is closed; what cannot be sent is lost, and the client asks again."""

    def close(self, door: Door) -> None:
        """Nothing leaves by this socket any more."""


def open_datagrams(
    sock: socket.socket, hit_path: HitPath, limits: UdpLimits, fault: Callable[[BaseException], None]
) -> Datagrams:
    """Return the twin that goes with the hit path. One bound to the wildcard address has to be told the source."""
    is_wildcard = sock.getsockname()[0] in ("0.0.0.0", "::")  # noqa: S104  (a comparison, not a bind)
    if is_wildcard:
        _ask_for_the_way_in(sock)
    if hit_path.kind == "pure":
        return PureDatagrams(sock, hit_path.answer, limits, fault, is_wildcard=is_wildcard)
    from resolver.core.native_hit_path import NativeHitPath
    from resolver.edge.serving.native_datagrams import NativeDatagrams

    assert isinstance(hit_path, NativeHitPath)
    return NativeDatagrams(sock, hit_path, limits, is_wildcard=is_wildcard)


def _ask_for_the_way_in(sock: socket.socket) -> None:
    """Let the kernel say of every datagram which of our addresses was asked."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
