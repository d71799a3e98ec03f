"""/metrics and /ready over HTTP. Nothing of a request is kept, logged or echoed."""

import socket
from collections.abc import Callable
from io import BytesIO
from typing import Any

from twisted.internet.interfaces import IListeningPort
from twisted.protocols.policies import ThrottlingFactory
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

IDLE_SECONDS = 10  # a client that sends or takes nothing for so long is cut off
CONNECTIONS = 64  # at once; one more is closed at once, or strangers could use up the descriptors workers are made with
TEXT = "text/plain; charset=utf-8"

Answer = tuple[int, str, bytes]  # HTTP status, content type, body
Page = Callable[[], Answer]


class _Pages(Resource):
    """All paths there are; every other one is the same 404, every method but GET and HEAD the same 405."""

    isLeaf = True

    def __init__(self, pages: dict[bytes, Page]) -> None:
        super().__init__()
        self._pages = pages

    def render(self, request: Request) -> bytes:
        """Answer one request."""
        page = self._pages.get(request.path)
        if page is None:
            code, kind, body = 404, TEXT, b"not found\n"
        elif request.method not in (b"GET", b"HEAD"):
            code, kind, body = 405, TEXT, b"GET or HEAD only\n"
        else:
            code, kind, body = page()
        request.setResponseCode(code)
        request.responseHeaders.removeHeader(b"server")
        request.setHeader(b"content-type", kind)
        request.setHeader(b"cache-control", b"no-store")
        request.setHeader(b"content-length", b"%d" % len(body))
        return body


class _BodilessRequest(Request):
    """What a client sends after the headers is let fall: Twisted would put a large body into a temporary file."""

    def gotLength(self, length: int | None) -> None:  # noqa: N802  Twisted's name
        """Make no place for a body."""
        self.content = BytesIO()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  Twisted's name
        """Let it fall."""


class _Quiet(Site):
    """No access log."""

    def log(self, request: Any) -> None:
        """Keep nothing."""


def site(metrics: Callable[[], bytes], metrics_type: str, ready: Callable[[], tuple[bool, str]]) -> Site:
    """The site; `ready` gives the state and one line of text why."""

    def show_ready() -> Answer:
        is_ready, reason = ready()
        return (200 if is_ready else 503), TEXT, reason.encode() + b"\n"

    pages: dict[bytes, Page] = {b"/metrics": lambda: (200, metrics_type, metrics()), b"/ready": show_ready}
    made = _Quiet(_Pages(pages), requestFactory=_BodilessRequest, timeout=IDLE_SECONDS)
    made.displayTracebacks = False
    return made


def bounded(made: Site) -> ThrottlingFactory:
    """The site for at most `CONNECTIONS` clients."""
    return ThrottlingFactory(made, CONNECTIONS)


def serve(reactor: Any, listening: socket.socket, made: Any) -> IListeningPort:
    """Serve a factory on a listening socket, which may be closed afterwards: the reactor takes a copy."""
    port: IListeningPort = reactor.adoptStreamPort(listening.fileno(), listening.family, made)
    return port
