"""One client of each transport a daemon answers on; connections are kept and used again, as a subscriber's are."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable
from typing import Any, Protocol

from tests.support.asking import exchange, read_exactly
from tests.support.http2 import Http2

EVERY = ("udp", "tcp", "dot", "doh")
DNS_MESSAGE = "application/dns-message"


class Server(Protocol):
    """Where the doors are, and what its certificate is verified by."""

    port: int
    dot_port: int
    doh_port: int
    doh_path: str
    tls_name: str

    def trust(self) -> ssl.SSLContext: ...


class Client(Protocol):
    """Sends one message; the answer's bytes, or None when none comes (silence, a closed connection, a 4xx)."""

    def exchange(self, wire: bytes, timeout: float) -> bytes | None: ...
    def close(self) -> None: ...


class Clients:
    """The four clients of one daemon, or of a front end, each connected when it is first used."""

    def __init__(self, daemon: Server) -> None:
        self._daemon = daemon
        self._open: dict[str, Client] = {}

    def exchange(self, wire: bytes, transport: str, timeout: float = 8.0) -> bytes | None:
        """Ask over a kept connection; where it ended meanwhile, once more over a new one."""
        kept = transport in self._open
        client = self._open.get(transport) or self._open.setdefault(transport, MAKERS[transport](self._daemon))
        answer = client.exchange(wire, timeout)
        if answer is None:
            self._open.pop(transport).close()
            if kept and transport != "udp":
                return self.exchange(wire, transport, timeout)
        return answer

    def close(self) -> None:
        for client in self._open.values():
            client.close()
        self._open.clear()

    def __enter__(self) -> Clients:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Datagrams:
    """UDP, from a new port for each question."""

    def __init__(self, daemon: Server) -> None:
        self._port = daemon.port

    def exchange(self, wire: bytes, timeout: float) -> bytes | None:
        return exchange(wire, self._port, "udp", timeout=timeout)

    def close(self) -> None:
        """Nothing is kept."""


class Stream:
    """Messages behind their length, over TCP or TLS."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    @classmethod
    def tcp(cls, daemon: Server) -> Stream:
        return cls(_connected(daemon.port))

    @classmethod
    def tls(cls, daemon: Server) -> Stream:
        """Verified by name; the ALPN token of RFC 7858's port is offered, as some clients do."""
        context = daemon.trust()
        context.set_alpn_protocols(["dot"])
        return cls(context.wrap_socket(_connected(daemon.dot_port), server_hostname=daemon.tls_name))

    def exchange(self, wire: bytes, timeout: float) -> bytes | None:
        self._socket.settimeout(timeout)
        with contextlib.suppress(OSError):
            self._socket.sendall(struct.pack("!H", len(wire)) + wire)
            head = read_exactly(self._socket, 2)
            return read_exactly(self._socket, struct.unpack("!H", head)[0]) if head else None
        return None

    def close(self) -> None:
        self._socket.close()


class Https:
    """RFC 8484 over HTTP/2: GET and POST in turn, so that each is asked half of everything."""

    def __init__(self, daemon: Server) -> None:
        self._http = Http2(daemon.doh_port, daemon.trust(), daemon.tls_name)
        self._path = daemon.doh_path
        self._posts = False

    def exchange(self, wire: bytes, timeout: float) -> bytes | None:
        self._http.socket.settimeout(timeout)
        self._posts = not self._posts
        response = self._http.request(*(post(self._path, wire) if self._posts else get(self._path, wire)))
        if response.status != 200:
            assert response.status < 500, response
            return None
        assert response.headers["content-type"] == DNS_MESSAGE, response
        return response.body

    def close(self) -> None:
        self._http.close()


def get(path: str, wire: bytes) -> tuple[str, str, list[tuple[str, str]], bytes]:
    """The parts of a GET request, for `Http2.request`."""
    text = base64.urlsafe_b64encode(wire).rstrip(b"=").decode()
    return "GET", f"{path}?dns={text}", [("accept", DNS_MESSAGE)], b""


def post(path: str, wire: bytes) -> tuple[str, str, list[tuple[str, str]], bytes]:
    """The parts of a POST request."""
    headers = [("accept", DNS_MESSAGE), ("content-type", DNS_MESSAGE), ("content-length", str(len(wire)))]
    return "POST", path, headers, wire


MAKERS: dict[str, Callable[[Server], Any]] = {
    "udp": Datagrams,
    "tcp": Stream.tcp,
    "dot": Stream.tls,
    "doh": Https,
}


def _connected(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), 5.0)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
