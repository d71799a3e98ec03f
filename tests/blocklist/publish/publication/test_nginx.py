"""The server configuration, in front of real nginx over https."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import urllib3
from attrs import define, evolve
from urllib3.exceptions import HTTPError

from blocklist.errors import OperatorFault
from blocklist.keyring import generate_private, public_bytes
from blocklist.publish.publication.nginx import Origin, Site, Tls, caching_front, published_folder
from blocklist.publish.quick import QuickBody, make_body
from blocklist.trust.clock import SystemClock
from blocklist.trust.outcome import Keys, Kind, ListSource, Outcome
from blocklist.trust.subscription import Subscription
from blocklist.trust.transfer.tls import TlsFiles
from tests.support.listbody import entry, now
from tests.support.nginx import HOST, Authority, Certified, Nginx
from tests.support.ports import free_port

PRIVATE = generate_private()
YEAR = "public, max-age=31536000, immutable"
FIXED = ("metadata/1.root.json", "targets/keys/{keyring}", "targets/{index}")


@define
class Web:
    """An origin that asks for certificates, a cache in front of it that asks for none, and a list in the origin."""

    folder: Path
    body: QuickBody
    authority: Authority
    client: Certified
    origin: Nginx
    front: Nginx

    def get(self, url: str, *, certified: bool = True, **headers: str) -> urllib3.BaseHTTPResponse:
        context = ssl.create_default_context(cafile=self.authority.ca)
        if certified:
            context.load_cert_chain(self.client.certificate, self.client.key)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with urllib3.PoolManager(ssl_context=context) as pool:
            return pool.request("GET", url, headers=named, retries=False, timeout=30)

    def path(self, pattern: str) -> str:
        """A target's path with its hash."""
        places = {"index": "*.index.json", "keyring": "keys/*.current"}
        found = {name: next((self.body.out / "targets").glob(place)).name for name, place in places.items()}
        return pattern.format(**found)

    def subscriber(self, folder: Path, url: str, client: Certified | None) -> Subscription:
        tls = TlsFiles(self.authority.ca, *((client.certificate, client.key) if client else ()))
        source = ListSource("demo", "csam", self.body.root, (url,), tls=tls)
        subscription = Subscription(source, folder, Keys(os.urandom(32), PRIVATE), SystemClock())
        subscription.load()
        return subscription


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    folder = tmp_path_factory.mktemp("web")
    body = make_body(
        folder / "desk",
        list_id="demo",
        entries=[entry("one.example")],
        subscriber_public_keys=[public_bytes(PRIVATE)],
        now=now(),
        out=folder / "out",
    )
    (body.out / "targets" / "half.current.new").write_bytes(b"half")
    authority = Authority(folder / "authority")
    server, client = authority.issue("server"), authority.issue("client")
    origin, front = (Nginx(folder / name, free_port()) for name in ("origin", "front"))
    site = Site("localhost", (f"{HOST}:{origin.port}",), Tls(server.certificate, server.key, authority.ca))
    behind = Origin(origin.url, folder / "cache", authority.ca, client.certificate, client.key, "localhost")
    outside = evolve(site, listen=(f"{HOST}:{front.port}",), tls=Tls(server.certificate, server.key))
    made = Web(folder, body, authority, client, origin, front)
    try:
        origin.start(published_folder(site, body.out))
        front.start(caching_front(outside, behind))
        yield made
    finally:
        origin.stop()
        front.stop()
        body.close()


def servers(web: Web) -> tuple[str, str]:
    return web.origin.url, web.front.url


@pytest.mark.peers
def test_only_the_timestamp_and_the_record_are_short_lived(web: Web) -> None:
    """At the origin and through the cache; and each file carries an ETag that makes a 304."""
    for url in servers(web):
        for path, life in (
            ("metadata/timestamp.json", "public, max-age=5"),
            ("log.jsonl", "public, max-age=5"),
            *((web.path(path), YEAR) for path in FIXED),
        ):
            reply = web.get(url + path)
            assert (reply.status, reply.headers["Cache-Control"]) == (200, life), path
            again = web.get(url + path, If_None_Match=reply.headers["ETag"])
            assert (again.status, again.data) == (304, b"")


@pytest.mark.peers
def test_what_is_not_there_is_never_remembered(web: Web) -> None:
    """The next root version is a 404 until it is there, and then it is there at once, past the cache too."""
    for url in servers(web):
        for path in ("metadata/7.root.json", "targets/", "", "targets/half.current.new", "metadata/../desk.json"):
            reply = web.get(url + path)
            assert (reply.status, reply.headers["Cache-Control"]) == (404, "no-store"), path
    (web.body.out / "metadata" / "7.root.json").write_bytes(b"{}")
    assert [web.get(url + "metadata/7.root.json").status for url in servers(web)] == [200, 200]
    (web.body.out / "metadata" / "7.root.json").unlink()


@pytest.mark.peers
def test_a_tail_of_the_public_record_can_be_asked_for(web: Web) -> None:
    """By its first byte; the cache, too, cuts it."""
    record = (web.body.out / "log.jsonl").read_bytes()
    for url in servers(web):
        reply = web.get(url + "log.jsonl", Range="bytes=14-")
        assert reply.status == 206
        assert reply.data and record[14:].startswith(reply.data), "a cache may be five seconds behind"


@pytest.mark.peers
def test_only_known_subscribers_are_served_where_certificates_are_asked_for(web: Web) -> None:
    """Without one, and with one of another authority: 400 or no handshake, and no file."""
    assert web.get(web.front.url + "log.jsonl", certified=False).status == 200
    assert web.get(web.origin.url + "log.jsonl", certified=False).status == 400
    stranger = Authority(web.folder / "stranger").issue("stranger")
    with suppress(HTTPError):
        assert evolve(web, client=stranger).get(web.origin.url + "log.jsonl").status == 400


@pytest.mark.peers
def test_a_subscriber_lives_behind_a_cache(web: Web, tmp_path: Path) -> None:
    """The real client: first visit, 304, a new version; at the origin with its certificate and not without."""
    known = web.subscriber(tmp_path / "known", web.origin.url, web.client)
    behind = web.subscriber(tmp_path / "behind", web.front.url, None)
    assert known.refresh() == behind.refresh() == Outcome(Kind.UPDATED)
    assert known.refresh().kind is Kind.UNCHANGED
    unknown = web.subscriber(tmp_path / "unknown", web.origin.url, None)
    assert unknown.refresh().kind is Kind.FAILED
    web.body.publish([entry("one.example"), entry("two.example")], now())
    assert known.refresh() == Outcome(Kind.UPDATED)
    assert known.status().version == 2


@pytest.mark.peers
def test_nothing_is_written_about_who_asked(web: Web) -> None:
    """After good requests and bad ones: no line in any file of either server, nor on its standard error."""
    for url in servers(web):
        web.get(url + "metadata/timestamp.json")
        web.get(url + "metadata/9.root.json")
    for server in (web.origin, web.front):
        files = [path for path in server.folder.rglob("*") if path.is_file()]
        assert {path.name for path in files} == {"nginx.conf", "output", "pid"}
        assert (server.folder / "output").read_bytes() == b""


def test_a_value_that_nginx_could_misread_is_refused(tmp_path: Path) -> None:
    """A blank, a quote or a brace in a path would end the directive."""
    tls = Tls(tmp_path / "a.pem", tmp_path / "a.key")
    for bad in (Path("/srv/a b"), Path("/srv/a;b"), Path('/srv/"'), Path("/srv/$x"), Path("/srv/a}")):
        with pytest.raises(OperatorFault, match="written for nginx"):
            published_folder(Site("list.example", ("443",), tls), bad)
    for url in ("list.example", "ftp://list.example/", "https:///x", "https://list.example/?a"):
        with pytest.raises(OperatorFault, match="origin's URL"):
            caching_front(Site("list.example", ("443",), tls), Origin(url, tmp_path))
