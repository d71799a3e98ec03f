"""What a visitor meets at a notice address: the page on port 80, and on every other port a refusal at once."""

import socket
import time
from collections.abc import Iterator, Sequence

from attrs import frozen

from resolver.cli.notice.finding import Finding
from resolver.cli.notice.pages import Page
from resolver.settings.addresses import Endpoint

HTTP = 80
REFUSED = (("tcp", 443), ("udp", 443), ("tcp", 25))
"""What browsers (HTTPS, HTTP/3) and mail servers try: the answer decides whether they fail now or in a minute."""
# The name a real visitor asked for is never sent by a check; .invalid is nobody's (RFC 6761).
_REQUEST = "GET / HTTP/1.1\r\nHost: check.invalid\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
_BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
_PICTURE = "image/avif,image/webp,*/*;q=0.8"
_DATAGRAM = bytes(1200)  # as long as the first of QUIC (RFC 9000, 14.1), and nothing else


@frozen
class VisitLimits:
    """What one visit may take."""

    seconds: float = 5.0
    """For a connection, and for each wait for bytes."""
    answer_seconds: float = 20.0
    """For an answer that goes on coming; what came so far is judged."""
    bytes: int = 1 << 20
    """Of an answer; ours are far shorter."""


def visit(host: str, pages: Sequence[Page], limits: VisitLimits) -> Iterator[Finding]:
    """Be a browser at one notice address; `pages` are what may be served there."""
    place = Endpoint(host, HTTP)
    try:
        shown = _fetch(place, _BROWSER, limits)
        picture = _fetch(place, _PICTURE, limits)
    except OSError as fault:
        yield Finding("bad", str(place), f"no page: {_words(fault)}")
        return
    yield _page(str(place), shown, pages)
    empty = any(picture == page.responses.empty_head for page in pages)
    yield _picture(str(place), empty)
    for kind, port in REFUSED:
        yield _other_port(kind, Endpoint(host, port), limits)


def _page(place: str, shown: bytes, pages: Sequence[Page]) -> Finding:
    for page in pages:
        if shown == page.responses.page_head + page.responses.page_body:
            return Finding("good", place, f"serves the page of {page}, {len(page.responses.page_body):,} bytes")
    words = "answers, but not with the page of these settings: `mamori reload`, or renew the machine that serves it"
    return Finding("bad", place, words)


def _picture(place: str, empty: bool) -> Finding:
    if empty:
        return Finding("good", place, "a request for a picture gets the empty answer")
    return Finding("bad", place, "a request for a picture gets something: a page that embeds one would show it")


def _other_port(kind: str, place: Endpoint, limits: VisitLimits) -> Finding:
    """Judged by what comes back, not by when: a refusal is a packet, silence is none."""
    name = f"{place} {kind}"
    try:
        _knock(kind, place, limits)
    except TimeoutError:
        return Finding("bad", name, "is silent: let the firewall reject (TCP reset, ICMP unreachable), not drop")
    except OSError:
        return Finding("good", name, "refused at once")
    return Finding("bad", name, "answers: nothing may, or visitors wait and see a wrong certificate; free this port")


def _knock(kind: str, place: Endpoint, limits: VisitLimits) -> None:
    with _socket(place.host, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM, limits) as knocking:
        knocking.connect((place.host, place.port))
        if kind == "udp":
            knocking.send(_DATAGRAM)
            knocking.recv(1)


def _fetch(place: Endpoint, accept: str, limits: VisitLimits) -> bytes:
    """Everything until the other side closes, as far as we read."""
    with _socket(place.host, socket.SOCK_STREAM, limits) as asking:
        asking.connect((place.host, place.port))
        asking.sendall(_REQUEST.format(accept=accept).encode())
        answer, end = bytearray(), time.monotonic() + limits.answer_seconds
        while len(answer) <= limits.bytes and time.monotonic() < end and (more := asking.recv(65536)):
            answer += more
    return bytes(answer)


def _socket(host: str, kind: socket.SocketKind, limits: VisitLimits) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    made.settimeout(limits.seconds)
    return made


def _words(fault: OSError) -> str:
    if isinstance(fault, TimeoutError):
        return "nothing answers; is the address announced, and does a machine have it?"
    if isinstance(fault, ConnectionRefusedError):
        return "port 80 is refused; name it in `listen` of the notice, or start what serves it"
    return f"{fault.strerror}; is there a way from here to it?"
