"""Broken queries in sound HTTP, broken HTTP requests, and broken frames, over HTTP/2 (RFC 8484, 9113)."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from random import Random

from tests.hostile.judge import answers_expected
from tests.hostile.mutation import Mutator
from tests.hostile.tally import Tally
from tests.support.http2 import Http2, Response
from tests.support.transports import DNS_MESSAGE, get, post

Request = tuple[str, str, list[tuple[str, str]], bytes]
AT_ONCE = 8
SOUND, CLIENT_FAULTS = 0.85, (400, 404, 405, 411, 413, 414, 415, 429, 431)
BROKEN_FRAMES_EACH = 20  # rounds
PATIENCE = 10.0  # seconds for a response
GLANCE = 0.05  # seconds a connection with broken frames is read from: what it does is its own affair


def over_doh(connect: Callable[[], Http2], path: str, mutator: Mutator, count: int) -> Tally:
    """Send so many requests, several at once on each connection."""
    tally, http, rounds = Tally(), connect(), 0
    while tally.sent < count:
        rounds += 1
        if not http.open:
            http = connect()
        if rounds % BROKEN_FRAMES_EACH == 0:
            _break_frames(connect(), path, mutator, tally)
        elif mutator.random.random() < SOUND:
            _ask(http, path, mutator, tally)
        else:
            _ask_wrongly(connect(), path, mutator, tally)
    http.close()
    return tally


def _ask(http: Http2, path: str, mutator: Mutator, tally: Tally) -> None:
    """Sound requests with broken queries: each gets a response, the DNS answer or a 4xx that says it is no query."""
    wires = [mutator.next() for _ in range(AT_ONCE)]
    streams = [http.send(*mutator.random.choice((get, post))(path, wire)) for wire in wires]
    for wire, response in zip(wires, http.wait(streams), strict=True):
        tally.sent += 1
        tally.count(f"status {response.status}")
        if response.status == 200:
            tally.answered += 1
            _judge_answer(wire, response, tally)
        elif response.status == 0:
            tally.unanswered += 1
        elif answers_expected(wire):
            tally.judge.faults["a query refused by HTTP"] += 1
        else:
            _judge_status(response, tally)


def _judge_answer(wire: bytes, response: Response, tally: Tally) -> None:
    if response.headers.get("content-type") != DNS_MESSAGE:
        tally.judge.faults["another content type"] += 1
    tally.judge.look(wire, response.body)


def _judge_status(response: Response, tally: Tally) -> None:
    if response.status not in CLIENT_FAULTS:
        tally.judge.faults[f"HTTP {response.status} for a client's fault"] += 1


def _ask_wrongly(http: Http2, path: str, mutator: Mutator, tally: Tally) -> None:
    """A request that is wrong in itself: 4xx, or its stream or connection ends; an answer only if it was readable."""
    http.socket.settimeout(PATIENCE)
    request = mutator.random.choice(WRONG)(path, mutator.next(), mutator.random)
    response = http.request(*request)
    tally.sent += 1
    tally.count(f"wrong request, status {response.status}")
    if response.status not in (0, 200):
        _judge_status(response, tally)
    http.close()


def _break_frames(http: Http2, path: str, mutator: Mutator, tally: Tally) -> None:
    """Two requests whose frames were changed in their bytes, cut or doubled."""
    http.socket.settimeout(GLANCE)
    for _ in range(2):
        http.send(*post(path, mutator.next()))
        tally.sent += 1
    http.throw(_broken(http.unsent(), mutator.random))
    try:
        http.socket.recv(65536)
        tally.count("broken frames, something said")
    except (ssl.SSLError, OSError):
        tally.count("broken frames, nothing said")
    http.close()


def _broken(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randint(1, 6)):
        at = random.randrange(24, len(changed))  # behind the preface
        changed[at] = random.choice((0, 1, 0x7F, 0x80, 0xFF, changed[at] ^ 1 << random.randrange(8)))
    cut = random.choice((len(data), random.randrange(24, len(data))))
    return bytes(changed[:cut]) + random.choice((b"", b"", bytes(changed[24:]), random.randbytes(40)))


def _changed(request: Request, **headers: str) -> Request:
    method, path, before, body = request
    kept = [(name, value) for name, value in before if name not in {key.replace("_", "-") for key in headers}]
    return method, path, [*kept, *((name.replace("_", "-"), value) for name, value in headers.items())], body


def _with_body(request: Request, body: bytes) -> Request:
    method, path, headers, _ = request
    return _changed((method, path, headers, body), content_length=str(len(body)))


WRONG: tuple[Callable[[str, bytes, Random], Request], ...] = (
    lambda path, wire, random: _changed(post(path, wire), content_type=random.choice(("text/plain", "", "dns/x"))),
    lambda path, wire, _: _changed(post(path, wire), content_length=str(len(wire) + 5)),
    lambda path, wire, _: _changed(post(path, wire), content_length="-1"),
    lambda path, wire, _: _changed(post(path, wire), transfer_encoding="chunked"),
    lambda path, wire, _: _changed(post(path, wire), X_UPPER="1", connection="keep-alive"),
    lambda path, wire, _: _changed(post(path, wire), x_long="x" * 40_000),
    lambda path, wire, _: _with_body(post(path, wire), b""),
    lambda path, wire, _: _with_body(post(path, wire), wire + bytes(60_000)),
    lambda path, wire, _: ("GET", f"{path}?dns=%%%={wire.hex()}", [], b""),
    lambda path, wire, _: ("GET", f"{path}?dns=" + "A" * 20_000, [], b""),
    lambda path, wire, _: ("GET", f"{path}?dns=a&dns=b", [], b""),
    lambda path, wire, _: ("GET", path, [], b""),
    lambda path, wire, _: ("GET", f"{path}?dns=====", [], b""),
    lambda path, wire, _: ("GET", "", [], b""),
    lambda path, wire, random: ("GET", random.choice(("/", "/../dns-query", "*", "http://x.example/")), [], b""),
    lambda path, wire, random: (random.choice(("PUT", "DELETE", "OPTIONS", "HEAD", "CONNECT", "\x7f")), path, [], b""),
)
