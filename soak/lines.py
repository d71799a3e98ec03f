"""Clients' lines to the resolver: UDP, TCP, TLS and HTTP/2, each with many questions on the way, opened anew when lost.

A line sends a question and hands its answer to whoever waits; it never asks again by itself, as a stub's transport
does not. `ConnectionError` says at once that the line is gone. What has arrived is taken before any clock is looked at,
so that a busy machine's client blames nobody for its own delay.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from typing import Protocol

import h2.config
import h2.connection
import h2.events
import h2.exceptions
from attrs import define, field

_DATAGRAM_BYTES = 4096


class Line(Protocol):
    """One client."""

    async def exchange(self, wire: bytes) -> bytes:
        """Send a question and return its answer. ConnectionError when the line is lost or cannot be opened."""

    def close(self) -> None:
        """Let it go."""


@define(eq=False)
class Waiting:
    """Who waits for which number's answer."""

    _futures: dict[int, asyncio.Future[bytes]] = field(factory=dict)

    async def wait(self, number: int) -> bytes:
        answer = self._futures[number] = asyncio.get_running_loop().create_future()
        try:
            return await answer
        finally:
            self._futures.pop(number, None)

    def settle(self, number: int, data: bytes) -> None:
        answer = self._futures.get(number)
        if answer is not None and not answer.done():
            answer.set_result(data)

    def fail(self, number: int) -> None:
        answer = self._futures.get(number)
        if answer is not None and not answer.done():
            answer.set_exception(ConnectionResetError())

    def fail_all(self) -> None:
        for number in list(self._futures):
            self.fail(number)


@define(eq=False)
class Udp:
    """One port; ids are drawn in turn."""

    port: int
    _waiting: Waiting = field(factory=Waiting, init=False)
    _number: int = field(default=0, init=False)
    _socket: socket.socket | None = field(default=None, init=False)

    async def exchange(self, wire: bytes) -> bytes:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            self._socket.connect(("127.0.0.1", self.port))
            asyncio.get_running_loop().add_reader(self._socket, self._read)
        self._number = (self._number + 1) & 0xFFFF
        with contextlib.suppress(OSError):  # as if lost on the way: the client asks again
            self._socket.send(self._number.to_bytes(2) + wire[2:])
        return await self._waiting.wait(self._number)

    def _read(self) -> None:
        assert self._socket is not None
        while True:
            try:
                data = self._socket.recv(_DATAGRAM_BYTES)
            except ConnectionRefusedError:
                continue
            except BlockingIOError:
                return
            self._waiting.settle(int.from_bytes(data[:2]), data)

    def close(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()


@define(eq=False)
class Server:
    """Where a line leads; with a context over TLS, the name verified."""

    port: int
    context: ssl.SSLContext | None = None
    name: str | None = None


@define(eq=False)
class Kept:
    """A connection that is opened when it is first needed, and again when it is gone."""

    server: Server
    make: type[Framed] | type[Https]
    path: str = ""
    _opening: asyncio.Lock = field(factory=asyncio.Lock, init=False)
    _connection: Framed | Https | None = field(default=None, init=False)

    async def exchange(self, wire: bytes) -> bytes:
        async with self._opening:
            if self._connection is None or self._connection.is_over:
                self._connection = await self._open()
        return await self._connection.exchange(wire)

    async def _open(self) -> Framed | Https:
        server = self.server
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: self.make(self), "127.0.0.1", server.port, ssl=server.context, server_hostname=server.name
            )
        except OSError as error:
            raise ConnectionError from error
        return connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


class Connection(asyncio.Protocol):
    """One connection, from its beginning to its end."""

    def __init__(self, kept: Kept) -> None:
        self.is_over = False
        self._kept = kept
        self._waiting = Waiting()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_over = True
        self._waiting.fail_all()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _writable(self) -> asyncio.Transport:
        if self.is_over or self._transport is None or self._transport.is_closing():
            raise ConnectionResetError
        return self._transport


class Framed(Connection):
    """Messages behind their length (RFC 7766), over TCP or TLS (RFC 7858)."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept)
        self._number = 0
        self._buffer = bytearray()

    async def exchange(self, wire: bytes) -> bytes:
        transport = self._writable()
        self._number = (self._number + 1) & 0xFFFF
        transport.write(len(wire).to_bytes(2) + self._number.to_bytes(2) + wire[2:])
        return await self._waiting.wait(self._number)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        while len(buffer) > 2 and len(buffer) >= (end := 2 + int.from_bytes(buffer[:2])):
            self._waiting.settle(int.from_bytes(buffer[2:4]), bytes(buffer[2:end]))
            del buffer[:end]


class Https(Connection):
    """RFC 8484 by POST over one HTTP/2 connection."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept)
        self._bodies: dict[int, bytearray] = {}
        self._http = h2.connection.H2Connection(h2.config.H2Configuration())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._http.initiate_connection()
        self._flush()

    async def exchange(self, wire: bytes) -> bytes:
        try:
            stream = self._request(wire)
        except h2.exceptions.H2Error as error:  # told to go, or no stream left
            self.is_over = True
            raise ConnectionResetError from error
        return await self._waiting.wait(stream)

    def _request(self, wire: bytes) -> int:
        self._writable()
        stream = self._http.get_next_available_stream_id()
        kept = self._kept
        heads = {":method": "POST", ":scheme": "https", ":authority": kept.server.name or "", ":path": kept.path}
        kind = "application/dns-message"
        more = {"accept": kind, "content-type": kind, "content-length": str(len(wire))}
        self._http.send_headers(stream, [*heads.items(), *more.items()])
        self._http.send_data(stream, wire, end_stream=True)
        self._flush()
        return stream

    def data_received(self, data: bytes) -> None:
        try:
            for event in self._http.receive_data(data):
                self._take(event)
        except h2.exceptions.H2Error:
            self.close()
        self._flush()

    def _take(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.DataReceived):
            self._bodies.setdefault(event.stream_id, bytearray()).extend(event.data)
            self._http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self._waiting.settle(event.stream_id, bytes(self._bodies.pop(event.stream_id, b"")))
        elif isinstance(event, h2.events.StreamReset):
            self._waiting.fail(event.stream_id)
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.is_over = True  # what is on the way still comes; new questions take a new connection

    def _flush(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._http.data_to_send())
