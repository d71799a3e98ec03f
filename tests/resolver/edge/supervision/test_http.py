"""/metrics and /ready, byte for byte over a string transport."""

from __future__ import annotations

import pytest
from twisted.internet.testing import MemoryReactorClock, StringTransport

from resolver.edge.supervision.http import CONNECTIONS, bounded, serve, site

READY = (True, "answering")


def _exchange(request: bytes, ready: tuple[bool, str] = READY) -> tuple[int, bytes, bytes]:
    made = site(lambda: b"mamori_ready 1.0\n", "text/plain; version=1", lambda: ready)
    made.reactor = MemoryReactorClock()  # type: ignore[attr-defined]
    protocol = made.buildProtocol(None)  # type: ignore[arg-type]
    transport = StringTransport()
    protocol.makeConnection(transport)
    protocol.dataReceived(request)
    head, _, body = transport.value().partition(b"\r\n\r\n")
    protocol.connectionLost(None)  # type: ignore[arg-type]
    return int(head.split()[1]), head.lower(), body


def _get(
    path: bytes, method: bytes = b"GET", ready: tuple[bool, str] = (True, "answering")
) -> tuple[int, bytes, bytes]:
    return _exchange(method + b" " + path + b" HTTP/1.1\r\nHost: secret.example\r\nUser-Agent: secret\r\n\r\n", ready)


def test_metrics() -> None:
    """The text with its content type, not to be cached."""
    code, head, body = _get(b"/metrics")
    assert (code, body) == (200, b"mamori_ready 1.0\n")
    assert b"content-type: text/plain; version=1" in head
    assert b"cache-control: no-store" in head


@pytest.mark.parametrize(("ready", "code"), [((True, "answering"), 200), ((False, "waiting for list demo"), 503)])
def test_ready(ready: tuple[bool, str], code: int) -> None:
    """200 or 503, with one line that says why."""
    got = _get(b"/ready", ready=ready)
    assert (got[0], got[2]) == (code, ready[1].encode() + b"\n")


@pytest.mark.parametrize("path", [b"/", b"/x", b"/metrics/x", b"/ready/", b"/%2e%2e/x", b"/secret.example?a=secret"])
def test_every_other_path_is_the_same_404(path: bytes) -> None:
    """Nothing is echoed."""
    code, head, body = _get(path)
    assert (code, body) == (404, b"not found\n")
    assert b"secret" not in head


def test_head_has_no_body_and_other_methods_are_refused() -> None:
    """GET and HEAD only."""
    assert _get(b"/metrics", b"HEAD")[::2] == (200, b"")
    assert _get(b"/metrics", b"DELETE")[0] == 405


def test_no_answer_tells_what_software_serves_it() -> None:
    """Neither Twisted's name nor its version."""
    for path in (b"/metrics", b"/x"):
        assert b"server:" not in _get(path)[1]


def test_no_access_log() -> None:
    """Logging a request writes nothing anywhere."""
    made = site(lambda: b"", "text/plain", lambda: (True, ""))
    made.log(object())
    assert made.displayTracebacks is False


def test_serves_on_a_given_socket() -> None:
    """The socket made at start is adopted."""

    class Reactor:
        def adoptStreamPort(self, *arguments: object) -> tuple[object, ...]:  # noqa: N802
            return arguments

    class Socket:
        family = 2

        def fileno(self) -> int:
            return 7

    made = site(lambda: b"", "text/plain", lambda: (True, ""))
    assert serve(Reactor(), Socket(), made) == (7, 2, made)  # type: ignore[arg-type,comparison-overlap]


def test_one_client_too_many_is_closed() -> None:
    """The places are bounded, and free again when a client is gone."""
    made = bounded(site(lambda: b"", "text/plain", lambda: READY))
    made.wrappedFactory.reactor = MemoryReactorClock()
    clients = [made.buildProtocol(None) for _ in range(CONNECTIONS)]
    for client in clients:
        client.makeConnection(StringTransport())
    assert made.buildProtocol(None) is None
    clients[0].connectionLost(None)
    assert made.buildProtocol(None) is not None


def test_request_body_is_let_fall() -> None:
    """A large body is neither kept in memory nor written to a temporary file; the request is answered as ever."""
    request = b"GET /ready HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000
    assert _exchange(request)[0] == 200
