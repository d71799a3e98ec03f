"""The notice page as visitors meet it: the real daemon on port 80 of its notice addresses, real sockets, real Chromium.

All of it in a network of its own, where the notice addresses are this machine's and every port is free.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from resolver.cli.notice.pages import pages
from resolver.edge.notice.responses import NoticeResponses
from resolver.settings import load
from resolver.settings.notices import PAGE_BYTES_MAX
from tests.resolver.edge.notice.notices import DESKS, WHOLE
from tests.support.artifacts import artifacts
from tests.support.browser import NARROW, WIDE, Seen, View, look, validate, views
from tests.support.daemon import MAMORI, NOTICE_V4, NOTICE_V6, Daemon, listing
from tests.support.listbody import ListBody, entry
from tests.support.own_network import OwnNetwork
from tests.support.processes import Child
from tests.support.quick_upstream import QuickUpstream, address_of

pytestmark = [
    *(pytest.mark.daemon, pytest.mark.root, pytest.mark.peers, pytest.mark.long),
    *(pytest.mark.xdist_group("notice"), pytest.mark.timeout(300)),
]

LAW_V4 = "192.0.2.2"
OPEN = "open.example"
REQUESTS = 1000  # of each class
SEED = 20261122
PATIENCE = 20.0  # seconds for one answer
# What Chromium says of the status itself; nothing else may stand on the console.
STATUS_LINES = tuple(f"Failed to load resource: the server responded with a status of {code}" for code in (403, 451))


class World:
    """A resolver with two lists: one shows the notice with status 403, one, whose ground is law, that with 451."""

    def __init__(self, folder: Path, held: ExitStack) -> None:
        self.network = OwnNetwork([NOTICE_V4, NOTICE_V6, LAW_V4, address_of(OPEN)])
        held.callback(self.network.close)
        held.enter_context(self.network.inside())
        self.upstream = held.enter_context(QuickUpstream())
        self.daemon = Daemon(folder / "isp", self.upstream.address, [], self_test={"enabled": False}).encrypt()
        self.daemon.settings["notices"] = _notices()
        key = self.daemon.public_key()
        bodies = [ListBody(folder / name, key, [entry(f"{name}.example")], list_id=name) for name in ("blk", "law")]
        for body in bodies:
            held.callback(body.stop)
        self.daemon.settings["lists"] = [
            listing(bodies[0].root, bodies[0].url, id="blk"),
            listing(bodies[1].root, bodies[1].url, id="law", notice="law"),
        ]
        self.daemon.start()
        held.callback(self.daemon.stop)

    def expected(self, notice: str = "default") -> NoticeResponses:
        """What must be served, made from the settings file."""
        served = {page.notice: page.responses for page in pages(load(self.daemon.config)) if not page.no_record}
        return served[notice]


def _notices() -> dict[str, Any]:
    words = {
        "ja": "〔見本〕この接続は止められています。\n{body}の定める文言です。",
        "en": "[Sample] Stopped.\nWords of {body}.",
    }
    law = {
        "ipv4": LAW_V4,
        "listen": [f"{LAW_V4}:80"],
        "status": 451,
        "blocked_by": "https://isp.example/policy",
        "isp": WHOLE["isp"],
        "body": {"ja": "見本<第二>団体", "en": "Second <Sample> Body"},
        "wording": {"opening": words, "help": words},
        "desks": DESKS,
    }
    default = {"ipv4": NOTICE_V4, "ipv6": NOTICE_V6, "listen": [f"{NOTICE_V4}:80", f"[{NOTICE_V6}]:80"], **WHOLE}
    return {"default": default, "law": law}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with ExitStack() as held:
        yield World(tmp_path_factory.mktemp("notice"), held)


def _ask(host: str, request: bytes, cuts: tuple[int, ...] = ()) -> bytes:
    """Send a request, in pieces where it is cut, and read to the end."""
    with socket.create_connection((host, 80), timeout=PATIENCE) as visitor:
        for begin, end in zip((0, *cuts), (*cuts, len(request)), strict=True):
            visitor.sendall(request[begin:end])
        return b"".join(iter(lambda: visitor.recv(65536), b""))


class Requests:
    """Random requests of a class: what decides is fixed, all else is drawn."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def draw(self, accept: str | None, methods: tuple[str, ...]) -> tuple[bytes, tuple[int, ...]]:
        """A request and where it is cut; `accept` None: a header that names no page, or none at all."""
        choose = self._random.choice
        if accept is None:
            accept = choose(
                ["*/*", "image/avif,image/webp,*/*;q=0.8", "application/json", "", "text/css", "text/htmlx"]
            )
        lines = [f"{choose(methods)} /{self._word(60)} HTTP/1.{choose('01')}", f"Host: {self._word(40)}"]
        extra = [f"{self._word(12)}: {self._word(200)}" for _ in range(self._random.randrange(12))]
        extra += choose([[], ["Cookie: a=" + self._word(300)], [f"Content-Length: {self._random.randrange(99)}"]])
        extra.append(f"{choose(['Accept', 'accept', 'ACCEPT'])}: {accept}")
        self._random.shuffle(extra)
        end = choose(["\r\n", "\n"])
        behind = choose(["", self._word(30), "Accept: text/html\r\n\r\n"])
        request = (end.join(lines + extra) + end * 2 + behind).encode("utf-8")
        cuts = sorted(self._random.sample(range(1, len(request)), self._random.randrange(3)))
        return request, tuple(cuts)

    def _word(self, most: int) -> str:
        letters = "abcXYZ019-._~%/?&=;,+äあ語\t\x00\x1f\x7f"
        return "".join(self._random.choices(letters, k=self._random.randrange(most)))


PAGE_METHODS = ("GET", "POST", "PUT", "OPTIONS", "BREW", "get", "")


@pytest.mark.parametrize("host", [NOTICE_V4, LAW_V4])
@pytest.mark.parametrize("kind", ["page", "empty", "head"])
def test_every_request_of_a_class_gets_the_same_bytes(world: World, host: str, kind: str) -> None:
    """A thousand requests with any host, path, method, headers and pieces: one answer, that of the settings file."""
    expected = world.expected("default" if host == NOTICE_V4 else "law")
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    accept, methods, answer = {
        "page": (browser, PAGE_METHODS, expected.page_head + expected.page_body),
        "empty": (None, (*PAGE_METHODS, "HEAD"), expected.empty_head),
        "head": (browser, ("HEAD",), expected.page_head),
    }[kind]
    requests = Requests(SEED)
    answers = {_ask(host, *requests.draw(accept, methods)) for _ in range(REQUESTS if host == NOTICE_V4 else 100)}
    assert answers == {answer}


def test_the_page_is_short_and_stands_on_both_addresses(world: World) -> None:
    """Under 10 kB with as many desks as a real page has, the same over IPv6; status 451 where law is the ground."""
    request = b"GET / HTTP/1.1\r\nAccept: text/html\r\n\r\n"
    answers = {host: _ask(host, request) for host in (NOTICE_V4, NOTICE_V6, LAW_V4)}
    assert answers[NOTICE_V4] == answers[NOTICE_V6] != answers[LAW_V4]
    assert answers[NOTICE_V4].startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert answers[LAW_V4].startswith(b"HTTP/1.1 451 Unavailable For Legal Reasons\r\n")
    assert b'Link: <https://isp.example/policy>; rel="blocked-by"' in answers[LAW_V4]
    assert all(len(page.responses.page_body) < PAGE_BYTES_MAX for page in pages(load(world.daemon.config)))


def test_nothing_listens_on_a_notice_address_but_port_80(world: World) -> None:
    """By the kernel's own tables, so for every port: one listening socket an address, and no datagrams at all."""
    found = {
        (kind, place.laddr.ip, place.laddr.port)
        for kind in ("tcp", "udp")
        for place in psutil.net_connections(kind)
        if (place.status == psutil.CONN_LISTEN if kind == "tcp" else not place.raddr)
    }
    ours = {each for each in found if each[1] in (NOTICE_V4, NOTICE_V6, LAW_V4, "0.0.0.0", "::")}
    assert ours == {("tcp", host, 80) for host in (NOTICE_V4, NOTICE_V6, LAW_V4)}


@pytest.mark.parametrize("host", [NOTICE_V4, NOTICE_V6, LAW_V4])
@pytest.mark.parametrize(("kind", "port"), [("tcp", 443), ("udp", 443), ("tcp", 25), ("tcp", 8443), ("udp", 53)])
def test_other_ports_are_refused(world: World, host: str, kind: str, port: int) -> None:
    """A refusal is a packet that says so (TCP reset, ICMP unreachable): browsers and mail servers need not wait."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as knocking:
        knocking.settimeout(PATIENCE)
        with pytest.raises(OSError, match="refused") as refused:
            knocking.connect((host, port))
            knocking.send(bytes(1200))
            knocking.recv(1)
    assert refused.value.errno == errno.ECONNREFUSED


def test_the_page_has_a_process_of_its_own_without_rights(world: World) -> None:
    """Started by root, it is root no more, and has no capability left."""
    (notice,) = world.daemon.children("notice")
    assert 0 not in notice.uids()
    status = Path(f"/proc/{notice.pid}/status").read_text()
    assert [line.split()[1] for line in status.splitlines() if line.startswith(("CapPrm", "CapEff"))] == ["0" * 16] * 2


def test_the_check_finds_all_as_it_should_be(world: World) -> None:
    """`mamori notice check` at the running daemon: both pages, the empty answers, the refusals, exit code 0."""
    result = world.daemon.command("notice", "check", "--no-links", "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    findings = json.loads(result.stdout)
    assert {each["state"] for each in findings} == {"good"}
    assert len(findings) == 3 * 5  # three addresses: the page, a picture, three ports


@pytest.fixture(scope="module")
def seen(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """All pages in one Chromium: as the daemon serves them, and with the no-record sentence from the preview."""
    preview = Child(
        [MAMORI, "notice", "preview", "--config", str(world.daemon.config)], world.daemon.folder / "preview"
    )
    preview.wait_for(lambda: "Ctrl-C" in preview.text(), "preview")
    promised = next(
        line.rsplit(": ", 1)[1] for line in preview.text().splitlines() if line.startswith("default, saying")
    )
    folder = artifacts("notice")
    url = f"http://{NOTICE_V4}/"
    more = [
        View(name="promise-320", url=promised, width=NARROW, screenshot=str(folder / "promise-320.png"), axe=True),
        View(name="promise-1280", url=promised, scheme="dark", screenshot=str(folder / "promise-1280.png"), axe=True),
        View(name="law-320", url=f"http://{LAW_V4}/", width=NARROW, screenshot=str(folder / "law-320.png"), axe=True),
        View(name="zoom-200", url=promised, width=NARROW, zoom=200, screenshot=str(folder / "zoom-200.png")),
        View(name="forced-colors", url=promised, forced=True, screenshot=str(folder / "forced-colors.png"), axe=True),
        View(name="print", url=promised, width=700, media="print", screenshot=str(folder / "print.png")),
    ]
    yield look([*views("notice", url, folder), *more], lighthouse=[promised], seconds=240)
    preview.stop()


def test_axe_finds_nothing(seen: Seen) -> None:
    """Light and dark, narrow and wide, Japanese and English browsers, with contrast themes, and a body's own words."""
    judged = {name: page["axe"] for name, page in seen.pages.items() if page["axe"]}
    assert len(judged) == 12
    assert {name: result["violations"] for name, result in judged.items() if result["violations"]} == {}
    assert all(result["passes"] > 10 for result in judged.values())  # it did judge


def test_lighthouse_is_content(seen: Seen) -> None:
    """Accessibility 1.0 for the page with every part it can have."""
    assert [(each["score"], each["failed"]) for each in seen.lighthouse.values()] == [(1, [])]


def test_nothing_is_fetched_kept_or_run(seen: Seen) -> None:
    """One request a page, by the browser's own log: no favicon, no font, no cookie, and nothing on the console."""
    for page in seen.pages.values():
        assert page["requests"] == [page["url"]]
        assert page["cookies"] == []
        assert all(line.startswith(STATUS_LINES) for line in page["console"])


def test_no_page_is_wider_than_its_window(seen: Seen) -> None:
    """At 320 pixels, with text twice as large, on paper: nobody scrolls sideways."""
    assert {page["width"] for page in seen.pages.values()} >= {NARROW, WIDE}
    assert [name for name, page in seen.pages.items() if page["scrollWidth"] > page["width"]] == []


def test_the_page_is_sound_html(world: World, tmp_path: Path) -> None:
    """html-validate finds nothing, in any of the pages these settings make."""
    files = []
    for page in pages(load(world.daemon.config)):
        file = tmp_path / page.file_name
        file.write_bytes(page.responses.page_body)
        files.append(file)
    assert len(files) == 4
    assert validate(*files) == []


class _OpenSite(BaseHTTPRequestHandler):
    """A site that is on no list, and shows a picture from one that is."""

    def do_GET(self) -> None:
        body = (
            b'<!DOCTYPE html><title>open</title><p>An open page.</p><img alt="" src="http://blk.example/picture.png">'
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


class _Site(ThreadingHTTPServer):
    """Does not ask for its own name, as Python's does: nobody answers here, and each time that takes ten seconds."""

    def server_bind(self) -> None:
        TCPServer.server_bind(self)
        self.server_name, self.server_port = OPEN, 80


def _asks_us(daemon: Daemon, profile: Path) -> list[str]:
    """Chromium's own setting "use secure DNS with": our resolver and no other. Returns the flag that trusts its key."""
    template = f"https://127.0.0.1:{daemon.doh_port}{daemon.doh_path}{{?dns}}"
    profile.mkdir()
    secure_dns = {"mode": "secure", "templates": template}
    (profile / "Local State").write_text(json.dumps({"dns_over_https": secure_dns}))
    shown = x509.load_pem_x509_certificate(Path(daemon.settings["tls"]["certificate"]).read_bytes())
    key = shown.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode()
    # The driver switches off that Chromium tries https first; we want it as it is shipped, so we name other features.
    return [f"--ignore-certificate-errors-spki-list={digest}", "--disable-features=Translate,MediaRouter"]


def test_chromium_that_asks_us_over_https_shows_the_page(world: World, tmp_path: Path) -> None:
    """A listed http site, typed into a real browser whose DNS is our DoH: the notice, from the notice address.

    A page that is not listed is shown as it is, with no notice where it embeds a listed picture; https fails at once.
    """
    flags = _asks_us(world.daemon, tmp_path / "profile")
    site = _Site((address_of(OPEN), 80), _OpenSite)
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    folder = artifacts("notice")
    wanted = [
        View(name="listed", url="http://blk.example/any/path?x=1", screenshot=str(folder / "chromium-by-doh.png")),
        View(name="law", url="http://law.example/", screenshot=str(folder / "chromium-by-doh-law.png")),
        View(name="open", url=f"http://{OPEN}/"),
        View(name="https", url="https://blk.example/", may_fail=True),
    ]
    before = {kind: world.daemon.metric(f'mamori_queries_total{{transport="{kind}"}}') for kind in ("udp", "doh")}
    try:
        met = look(wanted, profile=tmp_path / "profile", flags=flags).pages
    finally:
        site.shutdown()
        site.server_close()
        thread.join()
    assert (met["listed"]["status"], met["listed"]["address"]) == (403, {"ipAddress": NOTICE_V4, "port": 80})
    assert "このページは表示できません" in met["listed"]["text"]
    assert met["listed"]["requests"] == ["http://blk.example/any/path?x=1"]
    assert (met["law"]["status"], met["law"]["address"]["ipAddress"]) == (451, LAW_V4)
    assert "Words of Second <Sample> Body." in met["law"]["text"]
    assert (met["open"]["status"], met["open"]["text"]) == (200, "An open page.")
    assert met["open"]["requests"] == [f"http://{OPEN}/", "http://blk.example/picture.png"]
    assert "ERR_CONNECTION_REFUSED" in met["https"]["fault"]
    assert world.daemon.metric('mamori_queries_total{transport="doh"}') > before["doh"]
    assert world.daemon.metric('mamori_queries_total{transport="udp"}') == before["udp"]
    assert OPEN in world.upstream.names()
    assert not {"blk.example", "law.example"} & set(world.upstream.names())
