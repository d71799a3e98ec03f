"""/metrics and /ready over HTTP. Nothing of a request is kept, logged or echoed."""

import socket
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IListeningPort
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

IDLE_SECONDS = 10  # a client that sends or takes nothing for so long is cut off
TEXT = b"text/plain; charset=utf-8"

Answer = tuple[int, bytes, bytes]  # HTTP status, content type, body


class _Page(Resource):
    """One path. Anything but GET and HEAD is 405, anything below it 404."""

    isLeaf = False

    def __init__(self, answer: Callable[[], Answer]) -> None:
        super().__init__()
        self._answer = answer

    def render_GET(self, request: Request) -> bytes:
        code, kind, body = self._answer()
        return _plain(request, code, kind, body)


class _Missing(Resource):
    """Every other path."""

    isLeaf = True

    def render(self, request: Request) -> bytes:
        """404 whatever the method."""
        return _plain(request, 404, TEXT, b"not found\n")


class _Root(Resource):
    def getChild(self, path: bytes, request: Request) -> Resource:
        return _Missing()

    def render(self, request: Request) -> bytes:
        return _Missing().render(request)


class _Quiet(Site):
    """No access log."""

    def log(self, request: Any) -> None:
        """Keep nothing."""


def _plain(request: Request, code: int, kind: bytes, body: bytes) -> bytes:
    request.setResponseCode(code)
    request.responseHeaders.removeHeader(b"server")
    request.setHeader(b"content-type", kind)
    request.setHeader(b"cache-control", b"no-store")
    return body


def site(metrics: Callable[[], bytes], metrics_type: str, ready: Callable[[], tuple[bool, str]]) -> Site:
    """The site; `ready` gives the state and one line of text why."""

    def show_ready() -> Answer:
        is_ready, reason = ready()
        return (200 if is_ready else 503), TEXT, reason.encode() + b"\n"

    root = _Root()
    root.putChild(b"metrics", _Page(lambda: (200, metrics_type.encode(), metrics())))
    root.putChild(b"ready", _Page(show_ready))
    made = _Quiet(root, timeout=IDLE_SECONDS)
    made.displayTracebacks = False
    return made


def serve(reactor: Any, listening: socket.socket, made: Any) -> IListeningPort:
    """Serve on a listening socket, which may be closed afterwards: the reactor takes a copy."""
    port: IListeningPort = reactor.adoptStreamPort(listening.fileno(), listening.family, made)
    return port
