"""One POST over HTTP/2 on a connected line; blocking, for commands."""

import socket
from collections.abc import Callable, Mapping

from attrs import define, field
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, Event, ResponseReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

_READ_BYTES = 65536


@define
class _Response:
    status: int = 0
    body: bytearray = field(factory=bytearray)
    is_over: bool = False


def post(
    line: socket.socket,
    authority: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    seconds_left: Callable[[], float],
    most_bytes: int,
) -> tuple[int, bytes]:
    """Send it and return status and body; status 0 when none came. OSError, TimeoutError as the line gives them."""
    http = H2Connection(H2Configuration(client_side=True))
    http.initiate_connection()
    pseudo = [(":method", "POST"), (":scheme", "https"), (":authority", authority), (":path", path)]
    http.send_headers(1, [*pseudo, *headers.items(), ("content-length", str(len(body)))])
    http.send_data(1, body, end_stream=True)
    response, read = _Response(), 0
    while not response.is_over and read < most_bytes:
        line.sendall(http.data_to_send())
        line.settimeout(seconds_left())
        data = line.recv(_READ_BYTES)
        read += len(data)
        if not data:
            break
        try:
            for event in http.receive_data(data):
                _take(response, event)
        except ProtocolError:
            break
    return response.status, bytes(response.body)


def _take(response: _Response, event: Event) -> None:
    if isinstance(event, ResponseReceived):
        response.status = next((int(value) for name, value in event.headers if bytes(name) == b":status"), 0)
    elif isinstance(event, DataReceived):
        response.body += event.data
    elif isinstance(event, StreamEnded | StreamReset | ConnectionTerminated):
        response.is_over = True
