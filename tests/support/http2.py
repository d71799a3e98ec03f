"""An HTTP/2 client that sends what it is told, also what no well-behaved client would."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
from attrs import define, field

Headers = Sequence[tuple[str, str]]


@define
class Response:
    """What came back on one stream; status 0 when the stream or the connection ended without a whole response."""

    status: int = 0
    headers: dict[str, str] = field(factory=dict)
    body: bytes = b""
    ended: bool = False


class Http2:
    """One connection, many requests in flight."""

    def __init__(
        self, port: int, context: ssl.SSLContext, name: str, timeout: float = 5.0, raw: socket.socket | None = None
    ) -> None:
        context.set_alpn_protocols(["h2"])
        raw = raw or socket.create_connection(("127.0.0.1", port), timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(raw, server_hostname=name)
        self.name = name
        self.open = True
        self._streams: dict[int, Response] = {}
        config = h2.config.H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False)
        self._http = h2.connection.H2Connection(config)
        self._http.initiate_connection()

    def request(self, method: str, path: str, headers: Headers = (), body: bytes = b"") -> Response:
        """Send one request and wait for its response."""
        return self.wait([self.send(method, path, headers, body)])[0]

    def send(self, method: str, path: str, headers: Headers = (), body: bytes = b"") -> int:
        """Send one request; its stream."""
        stream = self._http.get_next_available_stream_id()
        self._streams[stream] = Response()
        heads = [(":method", method), (":scheme", "https"), (":authority", self.name), (":path", path), *headers]
        self._http.send_headers(stream, heads, end_stream=not body)
        most = self._http.max_outbound_frame_size
        for start in range(0, len(body), most):
            self._http.send_data(stream, body[start : start + most], end_stream=start + most >= len(body))
        return stream

    def unsent(self) -> bytes:
        """Take the bytes that would be sent next, to be spoilt and given to `throw`."""
        return bytes(self._http.data_to_send())

    def throw(self, data: bytes) -> None:
        """Send bytes as they are."""
        try:
            self.socket.sendall(data)
        except OSError:
            self.open = False

    def wait(self, streams: Sequence[int]) -> list[Response]:
        """Flush, read until every one of these streams has ended, and hand them over."""
        self.throw(self.unsent())
        while self.open and not all(self._streams[stream].ended for stream in streams):
            self._read()
        return [self._streams.pop(stream) for stream in streams]

    def close(self) -> None:
        self.open = False
        self.socket.close()

    def _read(self) -> None:
        try:
            data = self.socket.recv(65536)
            events = self._http.receive_data(data)
        except (OSError, h2.exceptions.ProtocolError):
            self.open = False
            return
        for event in events:
            self._take(event)
        if not data:
            self.open = False
        self.throw(self.unsent())

    def _take(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.ConnectionTerminated):
            self.open = False
        response = self._streams.get(getattr(event, "stream_id", None) or 0)
        if response is None:
            return
        if isinstance(event, h2.events.ResponseReceived):
            response.headers = {_text(name): _text(value) for name, value in event.headers}
            response.status = int(response.headers[":status"])
        elif isinstance(event, h2.events.DataReceived):
            response.body += event.data
            self._http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded | h2.events.StreamReset):
            response.ended = True


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
