"""An upstream that does next to nothing, quickly: every question gets one address, made from the question's name.

UDP and TCP on one port, or TLS alone; many queries on one connection, answered in order. Names that begin with `lost`
are never answered, answers to those that begin with `short` live for a second, with `long` for an hour, others for a
minute. What was asked is kept, so that a test can look at it.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import zlib

from tests.support.asking import read_exactly
from tests.support.certificates import Issued
from tests.support.ports import free_port

HEADER = 12
FLAGS = bytes([0x81, 0x80])  # QR, RD, RA
RECORD = bytes([0xC0, 0x0C, 0, 1, 0, 1])  # the question's name, A, IN
SECONDS = {"short": 1, "long": 3600}


def address_of(name: str) -> str:
    """Where a name leads: within 198.18.0.0/15, which is for tests."""
    return socket.inet_ntoa(_address(name.lower().encode()))


def _address(name: bytes) -> bytes:
    number = zlib.crc32(name)
    return bytes([198, 18, number & 0xFF, number >> 8 & 0xFF])


class QuickUpstream:
    """Use as a context. `shown` makes it speak TLS; `per_connection` closes a connection after so many answers."""

    def __init__(self, shown: Issued | None = None, per_connection: int = 0) -> None:
        self.port = free_port()
        self.per_connection = per_connection
        self.connections = 0
        self.queries: list[bytes] = []
        self.is_silent = False
        self._context = _context(shown) if shown else None
        self._udp = None if shown else socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if self._udp is not None:
            self._udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            self._udp.bind(("127.0.0.1", self.port))
        self._tcp = socket.create_server(("127.0.0.1", self.port), backlog=100)
        self._open: set[socket.socket] = set()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def names(self) -> list[str]:
        """What was asked, in lower case and in order; `.` for the root."""
        return [_name(query) for query in list(self.queries)]

    def __enter__(self) -> QuickUpstream:
        for loop in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=loop, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._udp, self._tcp, *self._open):
            if each is not None:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()

    def hang_up(self) -> None:
        """Close every connection, as a server does that is idle or starts anew."""
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _answer(self, query: bytes) -> bytes | None:
        self.queries.append(query)
        name = _name(query)
        if self.is_silent or name.startswith("lost"):
            return None
        end = query.index(0, HEADER) + 5
        counts = bytes([0, 1, 0, 1, 0, 0, 0, 0])
        ttl = next((seconds for start, seconds in SECONDS.items() if name.startswith(start)), 60)
        record = RECORD + ttl.to_bytes(4) + bytes([0, 4]) + _address(name.encode())
        return query[:2] + FLAGS + counts + query[HEADER:end] + record

    def _serve_udp(self) -> None:
        with contextlib.suppress(OSError):
            while self._udp is not None:
                query, client = self._udp.recvfrom(4096)
                if not query:
                    return  # closed
                answer = self._answer(query)
                if answer is not None:
                    self._udp.sendto(answer, client)

    def _serve_tcp(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._tcp.accept()
                self.connections += 1
                threading.Thread(target=self._serve_one, args=(client,), daemon=True).start()

    def _serve_one(self, client: socket.socket) -> None:
        self._open.add(client)
        with contextlib.suppress(OSError), self._wrapped(client) as stream:
            left = self.per_connection
            while query := _next(stream):
                answer = self._answer(query)
                if answer is not None:
                    stream.sendall(len(answer).to_bytes(2, "big") + answer)
                    left -= 1
                    if left == 0:
                        break
        self._open.discard(client)

    def _wrapped(self, client: socket.socket) -> socket.socket:
        return client if self._context is None else self._context.wrap_socket(client, server_side=True)


def _context(shown: Issued) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.certificate, shown.key)
    return context


def _next(stream: socket.socket) -> bytes:
    head = read_exactly(stream, 2)
    return read_exactly(stream, int.from_bytes(head, "big")) if head else b""


def _name(query: bytes) -> str:
    labels, offset = [], HEADER
    while query[offset]:
        labels.append(query[offset + 1 : offset + 1 + query[offset]].decode().lower())
        offset += query[offset] + 1
    return ".".join(labels) or "."
