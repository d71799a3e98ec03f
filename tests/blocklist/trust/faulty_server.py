"""A mirror on loopback that serves a dict of files and misbehaves where it is told to."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from attrs import define, field

Fault = Callable[["Handler", bytes], None]


@define
class Mirror:
    """The served files by path, the faults by the end of a path, and what was asked."""

    files: dict[str, bytes]
    faults: dict[str, Fault] = field(factory=dict)
    asked: list[str] = field(factory=list)
    stopping: threading.Event = field(factory=threading.Event)
    url: str = ""
    heeds_range: bool = True

    def fault_for(self, path: str) -> Fault | None:
        return next((fault for ending, fault in self.faults.items() if path.endswith(ending)), None)


class Handler(BaseHTTPRequestHandler):
    """One connection; `server.mirror` says what to serve and how badly."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def mirror(self) -> Mirror:
        return self.server.mirror  # type: ignore[attr-defined]

    def do_GET(self) -> None:  # the name http.server calls
        self.mirror.asked.append(self.path)
        fault = self.mirror.fault_for(self.path)
        body = self.mirror.files.get(self.path)
        if fault is not None:
            fault(self, body or b"")
        elif body is None:
            self.reply(404, b"")
        else:
            self.serve(body)

    def serve(self, body: bytes) -> None:
        etag = f'"{hashlib.sha256(body).hexdigest()}"'
        if self.headers.get("If-None-Match") == etag:
            self.reply(304, b"", ETag=etag)
        elif "Range" in self.headers and self.mirror.heeds_range:
            self.serve_part(body)
        else:
            self.reply(200, body, ETag=etag)

    def serve_part(self, body: bytes) -> None:
        start, end = (int(number) for number in self.headers["Range"].removeprefix("bytes=").split("-"))
        part = body[start : end + 1]
        where = {"Content-Range": f"bytes {start}-{start + len(part) - 1}/{len(body)}"}
        self.reply(206 if part else 416, part, **where)

    def reply(self, status: int, body: bytes, length: int | None = None, **headers: str) -> None:
        """Send a whole answer; `length` is a lie about its length."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = length is not None

    def trickle(self, data: bytes, seconds: float) -> None:
        """Send a byte at a time until the client has had enough."""
        for value in data:
            if self.mirror.stopping.wait(seconds):
                break
            self.wfile.write(bytes((value,)))
            self.wfile.flush()
        self.close_connection = True

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Serves each connection in a thread of its own."""

    daemon_threads = True

    def handle_error(self, *args: Any) -> None:
        """A client that hangs up on a misbehaving mirror is the wanted outcome."""


@contextmanager
def serving(files: dict[str, bytes] | None = None) -> Iterator[Mirror]:
    """Serve `files` on a free loopback port until the block ends."""
    server = Server(("127.0.0.1", 0), Handler)
    mirror = Mirror({} if files is None else files, url=f"http://127.0.0.1:{server.server_address[1]}/")
    server.mirror = mirror  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield mirror
    finally:
        mirror.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def cut(handler: Handler, body: bytes) -> None:
    """Promise all, send half, hang up."""
    handler.reply(200, body[: len(body) // 2], length=len(body) + 1)


def drip(handler: Handler, body: bytes) -> None:
    """Send the body a byte every 20 ms."""
    handler.reply(200, b"", length=10**6)
    handler.trickle(b"x" * 10**6, 0.02)


def drip_headers(handler: Handler, body: bytes) -> None:
    """Never come to the end of the headers."""
    handler.trickle(b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 10**4, 0.02)


def hang(handler: Handler, body: bytes) -> None:
    """Take the question and say nothing."""
    handler.mirror.stopping.wait(60)
    handler.close_connection = True


def endless(handler: Handler, body: bytes) -> None:
    """Send for ever, without a length."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.mirror.stopping.is_set():
        handler.wfile.write(b"x" * 65536)
    handler.close_connection = True


def too_short(handler: Handler, body: bytes) -> None:
    """Say a length that is smaller than the file."""
    handler.reply(200, body, length=len(body) // 2)


def truncated(handler: Handler, body: bytes) -> None:
    """Serve half of the file as if it were all."""
    handler.reply(200, body[: len(body) // 2])


def no_http(handler: Handler, body: bytes) -> None:
    """Speak something else."""
    handler.wfile.write(b"SSH-2.0-nothing\r\n")
    handler.close_connection = True


def status(code: int, **headers: str) -> Fault:
    """Answer with a status and no body."""
    return lambda handler, body: handler.reply(code, b"", **headers)


def other(data: bytes) -> Fault:
    """Serve other bytes than those asked for."""
    return lambda handler, body: handler.reply(200, data)


def cached_404(handler: Handler, body: bytes) -> None:
    """A cache on the way that remembers a 404 unless the client insists on a fresh answer."""
    if handler.headers.get("Cache-Control") == "no-cache" and body:
        handler.serve(body)
    else:
        handler.reply(404, b"")
