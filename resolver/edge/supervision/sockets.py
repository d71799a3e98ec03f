"""Every listening socket is made here, in the supervisor, so that it outlives any child and a failure is told at start.

A slot has one socket for each place queries are answered at; all slots share the addresses by SO_REUSEPORT and the
kernel spreads the load over them. Until `Slot.open` it drops what arrives: nothing waits unanswered in our memory.
"""

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from attrs import frozen

from resolver.settings.addresses import Endpoint, Place

RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024  # a burst while a worker is replaced
BACKLOG = 1024  # TCP connections waiting for a worker
CONTROL_BACKLOG = 16

# Not named by Python's socket module (asm-generic/socket.h).
_SO_RCVBUFFORCE, _SO_ATTACH_FILTER, _SO_DETACH_FILTER = 33, 26, 27
_DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)  # classic BPF: return 0 bytes of every packet


class ListenFault(Exception):
    """An address cannot be listened on; the message says which, why and what to do."""


@frozen
class Listener:
    """One socket of a slot."""

    place: Place
    socket: socket.socket


@frozen(eq=False)
class SlotSockets:
    """The sockets one worker answers on, in a fixed order."""

    listeners: tuple[Listener, ...]

    def open(self) -> None:
        """Let the kernel deliver: from now on queries wait for the worker.

        ListenFault: another program has begun to listen on a TCP port since it was bound.
        """
        for each in self.listeners:
            if each.place.kind == "udp":
                with suppress(FileNotFoundError):  # open already
                    each.socket.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
            else:
                _listen(each)

    def describe(self) -> list[dict[str, str]]:
        """The `sockets` field of the message that hands a slot to a worker."""
        return [{"kind": each.place.kind, "address": str(each.place.endpoint)} for each in self.listeners]

    def filenos(self) -> list[int]:
        """The descriptors in the order of `describe`."""
        return [each.socket.fileno() for each in self.listeners]

    def close(self) -> None:
        """Leave the groups, so that the kernel spreads the load over the other slots."""
        for each in self.listeners:
            each.socket.close()


def udp_groups(slots: Iterable[SlotSockets]) -> list[list[socket.socket]]:
    """The UDP sockets that share an address, for each address: the kernel spreads its queries over them."""
    groups: dict[Endpoint, list[socket.socket]] = {}
    for slot in slots:
        for each in slot.listeners:
            if each.place.kind == "udp":
                groups.setdefault(each.place.endpoint, []).append(each.socket)
    return list(groups.values())


def check_free(places: Iterable[Place]) -> None:
    """Raise ListenFault if another program holds an address: SO_REUSEPORT would let us share it unnoticed."""
    for place in places:
        _bound(place.endpoint, socket_kind(place), shared=False).close()


def slot_sockets(places: Sequence[Place]) -> SlotSockets:
    """Bound sockets for one more slot. ListenFault."""
    made: list[Listener] = []
    try:
        for place in places:
            bound = _bound(place.endpoint, socket_kind(place), shared=True)
            made.append(Listener(place, bound))
            if place.kind == "udp":
                _drop_until_opened(bound)
                _enlarge(bound)
    except BaseException:
        SlotSockets(tuple(made)).close()
        raise
    return SlotSockets(tuple(made))


def http_socket(endpoint: Endpoint) -> socket.socket:
    """A listening TCP socket for the notice page or /metrics. ListenFault."""
    bound = _bound(endpoint, socket.SOCK_STREAM, shared=False)
    bound.listen(BACKLOG)
    return bound


def hint_socket(endpoint: Endpoint) -> socket.socket:
    """A UDP socket for push hints, which only the updater reads. ListenFault."""
    return _bound(endpoint, socket.SOCK_DGRAM, shared=False)


def control_socket(path: Path) -> socket.socket:
    """A listening Unix socket that only our own user can reach. A socket left behind is replaced. ListenFault."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.setblocking(False)
    try:
        with suppress(FileNotFoundError):
            path.unlink()
        made.bind(str(path))
        path.chmod(0o600)  # nobody can connect before listen
        made.listen(CONTROL_BACKLOG)
    except OSError as error:
        made.close()
        raise ListenFault(f"control socket {path}: {error.strerror or error}; check the folder `state`") from None
    return made


def socket_kind(place: Place) -> int:
    """SOCK_DGRAM or SOCK_STREAM."""
    return socket.SOCK_DGRAM if place.kind == "udp" else socket.SOCK_STREAM


def _bound(endpoint: Endpoint, kind: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    try:
        made = socket.socket(family, kind)
    except OSError as error:
        raise _explained(error, endpoint, kind) from None
    try:
        made.setblocking(False)
        if kind == socket.SOCK_STREAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a restart need not wait for old connections
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((endpoint.host, endpoint.port))
    except OSError as error:
        made.close()
        raise _explained(error, endpoint, kind) from None
    return made


def _listen(tcp: Listener) -> None:
    try:
        tcp.socket.listen(BACKLOG)
    except OSError as error:
        raise _explained(error, tcp.place.endpoint, socket.SOCK_STREAM) from None


def _drop_until_opened(udp: socket.socket) -> None:
    program = ctypes.create_string_buffer(_DROP_ALL, len(_DROP_ALL))
    udp.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(program)))


def _enlarge(udp: socket.socket) -> None:
    """Beyond net.core.rmem_max where we may, up to it elsewhere."""
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    with suppress(PermissionError):
        udp.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)


def _explained(error: OSError, endpoint: Endpoint, kind: int) -> ListenFault:
    word = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
    option = "u" if kind == socket.SOCK_DGRAM else "t"
    cause = {
        errno.EADDRINUSE: "another program listens there: "
        f"find it with `ss -{option}lnp sport = :{endpoint.port}` and stop it, or choose another address",
        errno.EACCES: "ports below 1024 need a right: give CAP_NET_BIND_SERVICE (the packaged unit does), "
        "or choose a port above 1023",
        errno.EADDRNOTAVAIL: "this machine has no such address: add it to an interface, or correct the setting",
        errno.EAFNOSUPPORT: "IPv6 is switched off here: take the address out of the settings",
    }.get(error.errno or 0, os.strerror(error.errno or 0))
    return ListenFault(f"cannot listen on {word} {endpoint}: {cause}")
