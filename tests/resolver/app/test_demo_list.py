"""The demo's list body."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twisted.internet.testing import MemoryReactorClock
from twisted.web.test.requesthelper import DummyRequest

from blocklist import keyring
from blocklist.criteria import DEMO
from blocklist.entries import parse_entry
from resolver.app.demo_list import LISTED, StaticFiles, entries, publish


def test_the_entries_are_those_an_editor_could_write() -> None:
    """All names of the answer table's set-up, each by the rules of the criteria set."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    made = entries(now)
    assert [each.name for each in made] == [name for name, _, _ in LISTED]
    for each in made:
        parse_entry(each.to_bytes(), DEMO)


def test_a_body_is_published_and_stamped(tmp_path: Path) -> None:
    """Fresh keys, version 1, static files on loopback only, and a timestamp that can be signed anew."""
    reactor: Any = MemoryReactorClock()
    public = keyring.public_bytes(keyring.generate_private())
    body = publish(tmp_path, public, reactor)
    ((_, site, _, interface),) = reactor.tcpServers
    assert interface == "127.0.0.1"
    assert body.root.name == "1.root.json"
    assert body.root.is_file()
    timestamp = body.root.with_name("timestamp.json")
    before = json.loads(timestamp.read_text())["signed"]["version"]
    body.stamp()
    assert json.loads(timestamp.read_text())["signed"]["version"] > before
    assert isinstance(site.resource, StaticFiles)


def get(files: StaticFiles, path: str, etag: bytes | None = None) -> tuple[int, bytes, DummyRequest]:
    request = DummyRequest([part.encode() for part in path.split("/")])
    request.postpath, request.prepath = request.postpath, []
    if etag:
        request.requestHeaders.setRawHeaders("if-none-match", [etag])
    body = files.render(request)
    assert isinstance(body, bytes)
    return request.responseCode or 200, body, request


def test_files_are_served_with_an_etag_and_nothing_else_is(tmp_path: Path) -> None:
    """A poll that finds nothing new costs no body; folders and what lies outside are not found."""
    (tmp_path / "secret").write_text("s")
    out = tmp_path / "out" / "metadata"
    out.mkdir(parents=True)
    (out / "timestamp.json").write_text("{}")
    files = StaticFiles(tmp_path / "out")
    code, body, request = get(files, "metadata/timestamp.json")
    assert (code, body) == (200, b"{}")
    assert request.responseHeaders.getRawHeaders("cache-control") == ["max-age=5"]
    for path in ("metadata", "", "metadata/none.json", "../secret", "../../etc/passwd"):
        assert get(files, path)[:2] == (404, b"")
