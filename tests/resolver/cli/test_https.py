"""One POST over HTTP/2, against h2's own server side."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

from resolver.cli.https import post


def served(line: socket.socket, answer: bytes, status: str, seen: list[dict[str, str]]) -> None:
    http = H2Connection(H2Configuration(client_side=False))
    http.initiate_connection()
    body = b""
    while True:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # whoever has its answer may be gone already
            line.sendall(http.data_to_send())
        data = line.recv(65536)
        if not data:
            return
        for event in http.receive_data(data):
            if isinstance(event, RequestReceived):
                seen.append({name.decode(): value.decode() for name, value in event.headers})
            elif isinstance(event, DataReceived):
                body += event.data
            elif isinstance(event, StreamEnded):
                seen[-1]["body"] = body.hex()
                http.send_headers(1, [(":status", status)])
                http.send_data(1, answer, end_stream=True)


@pytest.mark.parametrize("status", ["200", "415"])
def test_status_and_body_come_back(status: str) -> None:
    """The request is what RFC 8484 asks for."""
    ours, theirs = socket.socketpair()
    seen: list[dict[str, str]] = []
    thread = threading.Thread(target=served, args=(theirs, b"answer", status, seen))
    thread.start()
    with theirs:
        with ours:
            heads = {"content-type": "application/dns-message"}
            came = post(ours, "dns.isp.example:443", "/dns-query", heads, b"\1\2", lambda: 10.0, 100_000)
        thread.join()
    assert came == (int(status), b"answer")
    assert seen[0][":method"] == "POST"
    assert (seen[0][":path"], seen[0][":authority"]) == ("/dns-query", "dns.isp.example:443")
    assert (seen[0]["content-type"], seen[0]["body"]) == ("application/dns-message", "0102")


@pytest.mark.parametrize("babble", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_what_is_no_http2_has_no_status(babble: bytes) -> None:
    """A closed line, or another protocol."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(babble)
        theirs.shutdown(socket.SHUT_WR)
        assert post(ours, "a", "/", {}, b"x", lambda: 10.0, 100_000) == (0, b"")
