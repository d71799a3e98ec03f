"""What is done to the resolver: every transport, every kind of name, every rudeness; and what goes wrong meanwhile.

`brief` is what all kinds of names need once; `full` repeats it while things break.
"""

from __future__ import annotations

import json
import secrets
import signal
import socket
import struct
from concurrent.futures import ThreadPoolExecutor

import dns.edns
import dns.flags
import dns.message
import dns.name

from resolver.edge.supervision.control_client import SOCKET_NAME
from tests.secrecy.cast import Cast
from tests.secrecy.stage import DNS, DOH, DOT, HINT, NOTICE, Stage
from tests.secrecy.world import Client
from tests.support.cell import INSIDE
from tests.support.http2 import Response

_ANSWERED = ("listed", "exempt", "ordinary", "alias", "nx", "signed", "refused", "large")
_UNANSWERED = ("slow", "garbage")
_SUBNET, _DEVICE = 8, 65001  # ECS (RFC 7871), and an option for private use (RFC 6891)
FLOOD = 2000  # queries; the stage allows a client half of that at once
_WORK = 3.0  # seconds to wait for an answer


def full(stage: Stage) -> None:
    """All of it: asked at rest, then again while upstream, lists, workers, settings and code change."""
    unanswered = stage.outside(lambda: _ask_in_vain(stage))
    brief(stage)
    _listen_to_operators(stage)
    for disturbance in (_lists_fail, _worker_dies, _updater_crashes, _reload):
        disturbance(stage)
        _once_more(stage)
    unanswered.join()
    _flood(stage)


def _flood(stage: Stage) -> None:
    """More than one client may ask in a second, politely: over its limit it is told to use TCP, or nothing."""
    client = stage.clients[1]
    with stage.cell.outside():
        client.send(DNS, *[_query(stage.cast.name("ordinary"))] * FLOOD)


def brief(stage: Stage) -> None:
    """Every kind of name over every transport, by clients of both families; then what is no query at all."""
    with stage.cell.outside():
        for client in stage.clients:
            ask_everything(stage, client)
        for client in stage.clients[:3:2]:
            _be_rude(stage, client)
            visit(stage, client)


def ask_everything(stage: Stage, client: Client) -> None:
    """All kinds, over UDP, TCP, DoT, DoH GET and POST. Who is not served gets no answer and is not waited for."""
    cast = stage.cast
    queries = questions(cast)
    stage.asked.setdefault(client.address, set()).update(cast.labels.values())
    if client is stage.clients[-1]:
        client.send(DNS, *queries)
        return
    for some in (queries, new_questions(cast)):
        client.udp(DNS, some, _WORK)
    client.stream(DNS, queries)
    stage.read_in_tls += client.stream(DOT, queries, tls=True)
    headers = [
        *(("x-forwarded-for", client.address), ("cookie", f"id={cast['header']}")),
        *(("user-agent", cast["header"]), ("referer", f"https://{cast['header']}.example/")),
    ]
    answers = client.doh(DOH, stage.daemon.doh_path, queries, [("x-path", cast["path"]), *headers])
    assert sum(each.status == 200 for each in answers) >= len(queries), [each.status for each in answers]
    _hear(stage, answers)


def _hear(stage: Stage, answers: list[Response]) -> None:
    """Of answers over DoH: headers, and the bodies of those that are no answers to a question."""
    stage.hear("doh response headers", *(repr(each.headers) for each in answers))
    stage.hear("body of a DoH error", *(each.body for each in answers if each.status != 200))
    stage.read_in_tls += [each.body for each in answers if each.status == 200]


def questions(cast: Cast) -> list[bytes]:
    """Well-formed queries that get an answer soon."""
    made = [_query(cast.name(kind), kind="A" if number % 2 else "AAAA") for number, kind in enumerate(_ANSWERED)]
    made += [_query(cast.name(kind)) for kind in _ANSWERED]
    made += [_query(f"www.{cast.name('below')}", kind=kind) for kind in ("A", "HTTPS", "TXT", "DS")]
    made += [
        _query(f"_x--{cast.name('odd')}.*.x y"),
        _query(cast.name("ordinary").upper()),
        _query(cast.name("alias"), do=True),
    ]
    made.append(_query(rf"\227\129\130\000.{cast.name('bytes')}"))
    made.append(_query(cast.name("signed"), do=True))
    made.append(_query(cast.name("option"), options=_options(cast)))
    return made


def new_questions(cast: Cast) -> list[bytes]:
    """Names nobody asked for before: from a client who is known they are asked in C (ADR 0055).

    Plain answers are C's too; those that are an alias, or are cut, are handed over.
    """
    kinds = ("ordinary", "ordinary", "alias", "large")
    return [
        _query(f"n{secrets.token_hex(4)}.{cast.name(kind)}", do=bool(number % 2)) for number, kind in enumerate(kinds)
    ]


def curiosities(cast: Cast) -> list[bytes]:
    """Queries that are answered without an upstream, or not at all."""
    plain = [
        ("localhost", "A"),
        ("resolver.arpa", "SVCB"),
        ("_dns.resolver.arpa", "SVCB"),
        ("1.0.0.127.in-addr.arpa", "PTR"),
    ]
    made = [_query(name, kind) for name, kind in [*plain, (cast.name("ordinary"), "ANY"), ("x.home.arpa", "SOA")]]
    made += [bytes(dns.message.make_query(name, "TXT", "CH").to_wire()) for name in ("id.server", "version.bind")]
    not_recursive = dns.message.make_query(cast.name("ordinary"), "A", flags=0)
    cookie_only = dns.message.Message()
    cookie_only.use_edns(0, options=[dns.edns.GenericOption(10, cast["option"].encode()[:8])])
    return [*made, bytes(not_recursive.to_wire()), bytes(cookie_only.to_wire())]


def _query(name: str, kind: str = "A", *, do: bool = False, options: list[dns.edns.Option] | None = None) -> bytes:
    query = dns.message.make_query(dns.name.from_text(name), kind, want_dnssec=do)
    query.use_edns(0, dns.flags.DO if do else 0, 1232, options=options or [])
    return bytes(query.to_wire())


def _options(cast: Cast) -> list[dns.edns.Option]:
    """A cookie, a client's subnet, NSID, and an option with a marker in it, as some home routers add."""
    marker = cast["option"].encode()
    return [
        dns.edns.GenericOption(10, marker[:8]),
        dns.edns.ECSOption("198.51.100.0", 24),
        dns.edns.GenericOption(3, b""),
        dns.edns.GenericOption(_DEVICE, marker),
    ]


def broken_messages(cast: Cast) -> list[bytes]:
    """What is no query, or none that is answered, and holds a marker."""
    whole = _query(cast.name("broken"))
    return [
        *(whole[:cut] for cut in (11, 13, 20, len(whole) - 15, len(whole) - 1)),
        *(whole + cast["broken"].encode(), whole[:2] + b"\x84" + whole[3:], whole[:4] + b"\0\2" + whole[6:]),
        *(whole[:2] + b"\x28\0" + whole[4:], whole.replace(b"\x06hidden", b"\xc6hidden")),
        *(whole.replace(b"\x06hidden", b"\x7fhidden"), cast["broken"].encode() * 3),
    ]


def _be_rude(stage: Stage, client: Client) -> None:
    """Broken messages that hold a marker, hints with a marker in them, and a marker as the server's name."""
    cast, broken = stage.cast, broken_messages(stage.cast)
    whole = _query(cast.name("broken"))
    client.send(DNS, *broken, b"")
    if client is stage.clients[0]:  # elsewhere nobody listens, and the kernel sends back what it was sent
        client.send(HINT, cast["hint"].encode(), whole)
    for each in broken:
        _impolitely(client, DNS, struct.pack("!H", len(each)) + each)
    for port in (DOT, DOH):
        client.stream(port, [whole], tls=True, sni=cast.name("sni")) if port == DOT else _greet(client, stage)
        _impolitely(client, port, cast["broken"].encode() * 20)
    _impolitely(client, DOH, f"GET /{cast['path']} HTTP/1.1\r\nhost: {cast['header']}\r\n\r\n".encode())


def _greet(client: Client, stage: Stage) -> None:
    """Ask over DoH with a marker as the server's name, for what is no DNS message."""
    name, client.name = client.name, stage.cast.name("sni")
    marker, path = stage.cast["path"], stage.daemon.doh_path
    for asked, wire in ((f"/{marker}", marker.encode()), (path, marker.encode()), (path, marker.encode() * 500)):
        _hear(stage, client.doh(DOH, asked, [wire], [("x-path", marker)]))
    client.name = name


def _impolitely(client: Client, port: int, data: bytes) -> None:
    """Send over TCP and go, without waiting for what is said to it."""
    with socket.create_connection((client.server, port), 5.0, source_address=(client.address, 0)) as line:
        line.sendall(data)


def visit(stage: Stage, client: Client) -> None:
    """Ask the notice page for a marker by path, header and cookie."""
    page = stage.cast["page"]
    head = f"Host: {page}.example\r\nCookie: id={page}\r\nUser-Agent: {page}\r\nReferer: http://{page}.example/\r\n"
    head += f"X-Forwarded-For: {client.address}\r\nAccept: text/html\r\n\r\n"
    for method in ("GET", "HEAD", "POST", page.upper()):
        said = client.raw(NOTICE, f"{method} /{page}?q={page} HTTP/1.1\r\n{head}".encode())
        assert said.startswith(b"HTTP/1.1 4"), said[:100]
        start, _, body = said.partition(b"\r\n\r\n")
        stage.hear("notice page's header", start)
        stage.hear("notice page's body", body)


def _ask_in_vain(stage: Stage) -> None:
    """Names for which the upstream is silent or talks rubbish: the answer comes late and says so."""
    for client in stage.clients[:2]:
        stage.asked.setdefault(client.address, set()).update(stage.cast.labels.values())
        client.udp(DNS, unanswerable(stage.cast), 8.0)


def unanswerable(cast: Cast) -> list[bytes]:
    """Queries to which no upstream has an answer."""
    return [_query(cast.name(kind)) for kind in _UNANSWERED]


def exempt(stage: Stage) -> None:
    """The operator takes a name off: it comes on standard input."""
    words = ("exempt", "add", "--reason", "court", "--ticket", "T-1")
    added = stage.daemon.command(*words, stdin=stage.cast.name("exempt") + "\n")
    assert added.returncode == 0, added.stdout + added.stderr
    stage.hear("mamori exempt", added.stdout, added.stderr)


def _listen_to_operators(stage: Stage) -> None:
    """The commands that take a name, with the name on standard input; what they say to others; and typed wrongly."""
    cast, bundle = stage.cast, str(stage.daemon.folder / "bundle")
    exempt(stage)
    config = ("--config", str(stage.daemon.config))
    own = {
        ("probe", *config): "probe",
        ("ask", "--server", "127.0.0.1:53"): "ask",
    }  # their answer is the operator's own
    others = [
        ("status",),
        ("status", "--json"),
        ("exempt", "list"),
        ("audit", "show"),
        ("support-bundle", "--out", bundle),
    ]
    wrong = [("exempt", "add"), ("probe", "--config"), ("ask",), ("list", "accept"), ("exempt", "remove")]
    with ThreadPoolExecutor(2) as pool:
        asked = [
            (words[0], pool.submit(stage.daemon.run, *words, stdin=cast.name(kind))) for words, kind in own.items()
        ]
        told = [(words[0], pool.submit(stage.daemon.command, *words)) for words in others]
        typed = [(words[0], pool.submit(stage.daemon.run, *words, stdin=f"{cast['typed']} no name")) for words in wrong]
    for verb, done in asked:
        assert cast[verb] in done.result().stdout, done.result()
        stage.hear(f"mamori {verb}'s errors", done.result().stderr)
    for verb, done in told:
        stage.hear(f"mamori {verb}", done.result().stdout, done.result().stderr)
    for verb, done in typed:
        assert done.result().returncode != 0
        stage.hear(f"mamori {verb}, typed wrongly", done.result().stdout, done.result().stderr)
    stage.hear("page of the metrics port", stage.daemon.page(f"/{cast['control']}", {"Cookie": cast["control"]}))
    talk_to_control(stage)


def talk_to_control(stage: Stage) -> None:
    """Words nobody understands, with a marker."""
    lines = [{"verb": stage.cast["control"]}, {"verb": "explain", "list_id": stage.cast["control"]}, {"verb": "status"}]
    for words in [*map(json.dumps, lines), stage.cast["control"]]:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(10.0)
            line.connect(str(stage.daemon.state / SOCKET_NAME))
            line.sendall(words.encode() + b"\n")
            try:
                stage.hear("control socket's answer", line.recv(1 << 20))
            except ConnectionError:
                continue


def _once_more(stage: Stage) -> None:
    with stage.cell.outside():
        ask_everything(stage, stage.clients[0])


def _lists_fail(stage: Stage) -> None:
    """The list body's files are rubbish for a while."""
    kept = {path: path.read_bytes() for path in stage.body.out.rglob("*") if path.is_file()}
    for path in kept:
        path.write_bytes(b"{}")
    stage.hear("mamori list refresh", *_told(stage, "list", "refresh", "demo"))
    for path, data in kept.items():
        path.write_bytes(data)
    stage.hear("mamori list refresh", *_told(stage, "list", "refresh", "demo"))


def _told(stage: Stage, *words: str) -> tuple[str, str]:
    done = stage.daemon.command(*words)
    return done.stdout, done.stderr


def _worker_dies(stage: Stage) -> None:
    stage.kill("worker", signal.SIGSEGV)


def _updater_crashes(stage: Stage) -> None:
    stage.kill("updater", signal.SIGABRT)


def upgrade(stage: Stage) -> None:
    """The installed code changes under the running daemon, which goes on with it."""
    stage.hear("mamori upgrade", *_told(stage, "upgrade"))
    assert "upgraded from" in stage.heard["mamori upgrade"][0].decode(), stage.heard["mamori upgrade"]
    _once_more(stage)


def _reload(stage: Stage) -> None:
    """Twice: with new settings, and with settings that cannot be used. From now on there are no views: C asks, too."""
    daemon = stage.daemon
    daemon.settings |= {"answer": {"ttl": 20}, "views": []}
    daemon.ca.issue(daemon.tls_name, ips=INSIDE)  # in the place of the one before
    daemon.write_config()
    stage.hear("mamori reload", *_told(stage, "reload"))
    good = stage.daemon.config.read_text()
    stage.daemon.config.write_text(good + "no-such-setting: 1\n")
    stage.hear("mamori reload", *_told(stage, "reload"))
    stage.daemon.config.write_text(good)
