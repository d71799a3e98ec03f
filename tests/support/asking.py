"""A plain DNS client: bytes out, bytes in, over UDP or TCP, with dnspython to read them."""

from __future__ import annotations

import contextlib
import socket
import struct

import dns.flags
import dns.message
import dns.rdataclass
import dns.rdatatype

TRANSPORTS = ("udp", "tcp")


def query(
    name: str,
    rdtype: str = "A",
    *,
    edns: int | bool = True,
    do: bool = False,
    flags: str = "RD",
    rdclass: str = "IN",
    payload: int = 1232,
) -> dns.message.QueryMessage:
    """A question with the flags named in `flags` (RD, CD, AD) and an OPT unless `edns` is False."""
    message = dns.message.make_query(name, rdtype, rdclass)
    message.flags = dns.flags.from_text(flags)
    if edns is not False or do:
        message.use_edns(0 if edns is True else int(edns), ednsflags=dns.flags.DO if do else 0, payload=payload)
    return message


def exchange(wire: bytes, port: int, transport: str, host: str = "127.0.0.1", timeout: float = 5.0) -> bytes | None:
    """Send one message; return the answer's bytes, or None when none comes (a drop, or a closed connection)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(family, kind) as sock:
        sock.settimeout(timeout)
        sock.connect((host, port))
        if sock.getsockname() == sock.getpeername():
            return None  # nobody listens there yet, and the kernel gave us that very port: we would hear ourselves
        with contextlib.suppress(TimeoutError, ConnectionError):
            if transport == "udp":
                sock.send(wire)
                return sock.recv(65535)
            sock.sendall(struct.pack("!H", len(wire)) + wire)
            head = read_exactly(sock, 2)
            return read_exactly(sock, struct.unpack("!H", head)[0]) if head else None
    return None


def ask(port: int, transport: str, name: str, rdtype: str = "A", **options: object) -> dns.message.Message:
    """Ask and read the answer with dnspython; no answer is a failure."""
    wire = query(name, rdtype, **options).to_wire()  # type: ignore[arg-type]
    answer = exchange(wire, port, transport)
    assert answer is not None, "no answer"
    return dns.message.from_wire(answer)


def read_exactly(sock: socket.socket, count: int) -> bytes:
    """That many bytes, or none if the connection ends before."""
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            return b""
        data += more
    return data
