"""The link check against servers on loopback that answer as pages on the Internet do."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from resolver.cli.notice.links import USER_AGENT, LinkLimits, check_links, links_of, phones_of
from tests.resolver.edge.notice.notices import WHOLE
from tests.resolver.settings.samples import full, read
from tests.support.certificates import Authority
from tests.support.ports import free_port

LIMITS = LinkLimits(wait_seconds=2.0, link_seconds=20.0)
ENDLESS = LinkLimits(wait_seconds=2.0, link_seconds=1.0)


class _Handler(BaseHTTPRequestHandler):
    """/NUMBER answers that status, /to/URL redirects there, /round for ever, /drip sends its head byte by byte."""

    def do_GET(self) -> None:
        self.server.heard.append((self.path, self.headers["User-Agent"]))  # type: ignore[attr-defined]
        if self.path == "/drip":
            self._drip()
        elif self.path.startswith("/to/") or self.path == "/round":
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
        else:
            self.send_response(int(self.path[1:]))
            self.send_header("Content-Length", str(1 << 40))  # nobody is meant to read it
            self.end_headers()

    def _drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not self.server.over.wait(0.05):  # type: ignore[attr-defined]
            self.wfile.write(b"x")

    def log_message(self, *_: object) -> None:
        return


class _Site:
    """A Web site on loopback, over TLS if it has a certificate."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.heard, self.server.over = [], threading.Event()  # type: ignore[attr-defined]
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  # visitors that leave early
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://localhost:{self.server.server_address[1]}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    @property
    def heard(self) -> list[tuple[str, str]]:
        return self.server.heard  # type: ignore[attr-defined, no-any-return]

    def stop(self) -> None:
        self.server.over.set()  # type: ignore[attr-defined]
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture
def site() -> Iterator[_Site]:
    site = _Site()
    yield site
    site.stop()


@pytest.fixture
def safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Site]:
    """A site whose certificate this process' OpenSSL trusts."""
    authority = Authority(tmp_path)
    issued = authority.issue("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.pem))
    site = _Site(context)
    yield site
    site.stop()


def _one(url: str, limits: LinkLimits = LIMITS) -> tuple[str, str]:
    (finding,) = check_links({"here": url}, limits)
    assert finding.place == "here" and finding.words.startswith(url)
    return finding.state, finding.words.removeprefix(url).strip()


def test_a_page_that_answers_is_good(safe: _Site) -> None:
    """Over https, and asked for under our own name; the body, which would never end, is not waited for."""
    assert _one(f"{safe.url}/200") == ("good", "answers")
    assert safe.heard == [("/200", USER_AGENT)]


def test_a_page_over_http_is_to_be_looked_at(site: _Site) -> None:
    """It answers, and anybody on the way can see who follows it."""
    state, words = _one(f"{site.url}/200")
    assert state == "look" and "unencrypted" in words


@pytest.mark.parametrize("status", [404, 410, 403, 500])
def test_a_page_that_is_gone_is_bad(site: _Site, status: int) -> None:
    """The status says how."""
    assert _one(f"{site.url}/{status}") == ("bad", f"answers HTTP {status}")


def test_redirects_are_followed_to_their_end(safe: _Site) -> None:
    """What counts is what the visitor meets at last."""
    assert _one(f"{safe.url}/to//200") == ("good", "answers")
    assert _one(f"{safe.url}/to//404") == ("bad", "answers HTTP 404")
    assert _one(f"{safe.url}/round") == ("bad", f"leads on more than {LIMITS.redirects} times")


def test_a_redirect_out_of_encryption_is_bad(safe: _Site, site: _Site) -> None:
    """https that leads to http is what the address bar warns of; the page behind it is not even asked."""
    assert _one(f"{safe.url}/to/{site.url}/200") == ("bad", "leads on to a page that is not https")
    assert site.heard == []


def test_a_redirect_into_the_own_network_is_bad(site: _Site) -> None:
    """A desk's page that leads the command to another address of this machine: that one is not asked."""
    inside = _Site()
    try:
        url = inside.url.replace("localhost", "127.0.0.1")
        assert _one(f"{site.url}/to/{url}/200") == ("bad", "leads on to an address that is not on the Internet")
        assert inside.heard == []
    finally:
        inside.stop()


def test_a_certificate_nobody_trusts_is_bad(safe: _Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Visitors would meet a warning."""
    monkeypatch.delenv("SSL_CERT_FILE")
    assert _one(f"{safe.url}/200") == ("bad", "has no certificate that browsers trust for this name")


def test_tls_that_is_none_is_bad(site: _Site) -> None:
    """A plain server behind https: no certificate is at fault."""
    assert _one(site.url.replace("http:", "https:") + "/200") == ("bad", "speaks no TLS that browsers speak")


def test_nobody_there_is_bad(tmp_path: Path) -> None:
    """A closed port, and a name that leads nowhere."""
    assert _one(f"https://localhost:{free_port()}/") == ("bad", "cannot be reached: no connection")
    assert _one("https://nobody.invalid/") == ("bad", "has a host name that is not found")


def test_a_server_that_says_nothing_or_never_ends_is_left_behind(site: _Site) -> None:
    """Silence ends at the wait, a head that comes byte by byte at the time of one link; neither holds the command."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert _one(url, LinkLimits(wait_seconds=0.2)) == ("bad", "does not answer in time")
    assert _one(f"{site.url}/drip", ENDLESS) == ("bad", "gives no whole answer within 1 s")


def test_what_is_no_http_is_bad(site: _Site) -> None:
    """Some other service on that port."""
    with socket.create_server(("127.0.0.1", 0)) as other:

        def greet() -> None:
            with other.accept()[0] as visitor:
                visitor.sendall(b"220 mail.test\r\n")

        threading.Thread(target=greet, daemon=True).start()
        state, words = _one(f"http://127.0.0.1:{other.getsockname()[1]}/")
    assert (state, words) == ("bad", "answers something that is no HTTP")


def test_a_url_that_stands_twice_is_asked_once(site: _Site) -> None:
    """Each place has its finding, in order."""
    url = f"{site.url}/404"
    findings = check_links({"first": url, "second": url}, LIMITS)
    assert [each.place for each in findings] == ["first", "second"]
    assert len(site.heard) == 1


def test_every_link_and_number_has_its_place() -> None:
    """All that a visitor can follow or dial, named as it stands in the settings file."""
    data = full()
    data["notices"]["default"] |= WHOLE | {"blocked_by": "https://isp.example/why"}
    settings = read(data)
    assert links_of(settings) == {
        "terms.url": "https://isp.example/terms",
        "notices.default.law_url": "https://law.example/document",
        "notices.default.policy_url": "https://isp.example/policy",
        "notices.default.contact_url": "https://isp.example/contact",
        "notices.default.blocked_by": "https://isp.example/why",
        "notices.default.desks[0].url": "https://a.example/?x=1&y=2",
        "notices.default.desks[2].url": "https://b.example/report",
        "notices.default.desks[6].url": "https://c.example/",
        "notices.default.desks[7].url": "https://d.example/",
        "notices.default.desks[8].url": "https://e.example/",
    }
    phones = phones_of(settings)
    assert [each.place for each in phones] == [f"notices.default.desks[{number}].phone" for number in (1, 3, 4, 5, 6)]
    assert {each.state for each in phones} == {"look"}
    assert "189 (Sample child guidance centres): dial it once" in [each.words for each in phones]
