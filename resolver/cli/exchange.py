"""One question to one server over UDP, TCP, TLS or HTTPS, as a customer's device sends it; blocking, for commands."""

import http
import socket
import ssl
import struct
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from attrs import frozen

from resolver.settings.addresses import Endpoint

SECONDS: Final = 5.0  # for one question, connection and handshake included
MESSAGE_BYTES: Final = 65535
_HTTP_BYTES: Final = 256 * 1024  # of one response, frames and all
_MEDIA_TYPE: Final = "application/dns-message"


class NoAnswer(Exception):
    """No usable answer; the message is a few words why."""


@frozen
class Server:
    """Where to ask. `kind` is udp, tcp, dot or doh; the last two show a certificate for `name`, verified by `trust`."""

    kind: str
    endpoint: Endpoint
    name: str | None = None
    trust: ssl.SSLContext | None = None
    path: str = "/"

    def __str__(self) -> str:
        return f"{self.kind} {self.endpoint}"


@frozen
class Heard:
    """An answer, and the milliseconds it took."""

    wire: bytes
    milliseconds: float


def ask_server(server: Server, wire: bytes, seconds: float = SECONDS) -> Heard:
    """Send the question; NoAnswer."""
    began = time.monotonic()
    try:
        answer = _WAYS[server.kind](server, wire, began + seconds)
    except TimeoutError:
        raise NoAnswer(f"no answer within {seconds:g} s") from None
    except ConnectionRefusedError:
        raise NoAnswer("nobody listens there") from None
    except ssl.SSLCertVerificationError as error:
        raise NoAnswer(f"its certificate is not good: {error.verify_message}") from None
    except OSError as error:
        raise NoAnswer(f"the connection broke ({type(error).__name__})") from None
    if len(answer) < 12 or answer[:2] != wire[:2]:
        raise NoAnswer("what came back is no answer to the question")
    return Heard(answer, (time.monotonic() - began) * 1000)


def certificate_alone(certificate: Path) -> ssl.SSLContext:
    """Trust this very certificate (or its chain) and no other: what our own listener must show."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(certificate)
    return context


def authorities(file: Path | None) -> ssl.SSLContext:
    """Trust the authorities in a file, or the system's."""
    return ssl.create_default_context(cafile=None if file is None else str(file))


def _over_udp(server: Server, wire: bytes, deadline: float) -> bytes:
    family = socket.AF_INET6 if ":" in server.endpoint.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as line:
        line.connect((server.endpoint.host, server.endpoint.port))
        line.send(wire)
        while True:
            line.settimeout(_left(deadline))
            answer = line.recv(MESSAGE_BYTES)
            if answer[:2] == wire[:2]:
                return answer


def _over_tcp(server: Server, wire: bytes, deadline: float) -> bytes:
    with _connected(server, deadline) as line:
        return _framed(line, wire, deadline)


def _over_tls(server: Server, wire: bytes, deadline: float) -> bytes:
    with _connected(server, deadline) as raw, _secured(server, raw, "dot") as line:
        return _framed(line, wire, deadline)


def _over_https(server: Server, wire: bytes, deadline: float) -> bytes:
    from resolver.cli.https import post  # loads HTTP/2, which only this way needs

    with _connected(server, deadline) as raw, _secured(server, raw, "h2") as line:
        heads = {"content-type": _MEDIA_TYPE, "accept": _MEDIA_TYPE}
        authority = f"{server.name}:{server.endpoint.port}"
        status, answer = post(line, authority, server.path, heads, wire, lambda: _left(deadline), _HTTP_BYTES)
    if status != http.HTTPStatus.OK:
        raise NoAnswer(f"HTTP status {status}")
    return answer


def _connected(server: Server, deadline: float) -> socket.socket:
    return socket.create_connection((server.endpoint.host, server.endpoint.port), _left(deadline))


def _secured(server: Server, raw: socket.socket, protocol: str) -> ssl.SSLSocket:
    assert server.trust is not None
    if protocol == "h2":
        server.trust.set_alpn_protocols([protocol])
    return server.trust.wrap_socket(raw, server_hostname=server.name)


def _framed(line: socket.socket, wire: bytes, deadline: float) -> bytes:
    """Two bytes of length before each message (RFC 7766, RFC 7858)."""
    line.sendall(struct.pack("!H", len(wire)) + wire)
    (length,) = struct.unpack("!H", _exactly(line, 2, deadline))
    return _exactly(line, length, deadline)


def _exactly(line: socket.socket, count: int, deadline: float) -> bytes:
    received = b""
    while len(received) < count:
        line.settimeout(_left(deadline))
        more = line.recv(count - len(received))
        if not more:
            raise NoAnswer("the connection was closed without an answer")
        received += more
    return received


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


_WAYS: Final[Mapping[str, Callable[[Server, bytes, float], bytes]]] = {
    "udp": _over_udp,
    "tcp": _over_tcp,
    "dot": _over_tls,
    "doh": _over_https,
}
