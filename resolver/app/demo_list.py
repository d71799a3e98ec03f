"""The demo's list body: real keys and signatures, freshly made, published to a folder and served as static files."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.web.http import CACHED
from twisted.web.resource import Resource
from twisted.web.server import Request, Site
from ulid import ULID

from blocklist.entries import Entry
from blocklist.publish.quick import make_body
from resolver.app.demo_settings import LIST_ID

STAMP_SECONDS = 300  # list.md: the timestamp is signed anew every 5 min
VALID_DAYS = 60

# name and type of each entry, with what is special about it: the set-up of the table of answers
LISTED = (
    ("blk.example", "domain", ""),
    ("exact.example", "host", ""),
    ("gone.example", "host", ""),
    ("alltypes.example", "host", "all_types"),
    ("self-test.example", "host", "test"),
)


@frozen
class ListBody:
    """A published list: its URL on loopback, its root.json, and `stamp` to re-sign the timestamp."""

    url: str
    root: Path
    stamp: Callable[[], object]


def publish(folder: Path, subscriber: bytes, reactor: Any) -> ListBody:
    """Make the body, publish version 1 for one subscriber (public key) and serve it on a free loopback port."""
    out = folder / "published"
    body = make_body(
        folder / "desk",
        list_id=LIST_ID,
        entries=entries(_now()),
        subscriber_public_keys=[subscriber],
        now=_now(),
        out=out,
    )
    port = reactor.listenTCP(0, Site(StaticFiles(out)), interface="127.0.0.1").getHost().port
    return ListBody(f"http://127.0.0.1:{port}/", out / "metadata" / "1.root.json", lambda: body.stamp(_now()))


def entries(now: datetime) -> list[Entry]:
    """The demo's entries as an editor would write them today."""
    until = now.date() + timedelta(days=VALID_DAYS)
    return [
        Entry(
            id=str(ULID()),
            type=kind,
            name=name,
            criterion="self_test" if special == "test" else "dns_cumulative",
            basis="emergency",
            last_resort="not_deleted_after_request",
            decided_on=now.date(),
            verified=now.date(),
            review_by=until,
            not_after=until,
            all_types=special == "all_types",
            test=special == "test",
        )
        for name, kind, special in LISTED
    ]


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class StaticFiles(Resource):
    """The published folder as a plain Web server shows it: files with an ETag, no listing of folders."""

    isLeaf = True

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder.resolve()

    def render_GET(self, request: Request) -> bytes | int:
        """One file, 304 where the asker has it, else 404 (not to be kept: it may be published in a moment)."""
        path = self._folder.joinpath(*(part.decode("utf-8", "replace") for part in request.postpath or ())).resolve()
        if not path.is_relative_to(self._folder) or not path.is_file():
            request.setResponseCode(404)
            request.setHeader("cache-control", "no-store")
            return b""
        data = path.read_bytes()
        fresh = "max-age=5" if path.name == "timestamp.json" else "immutable, max-age=31536000"
        request.setHeader("cache-control", fresh)
        cached = request.setETag(f'"{hashlib.sha256(data).hexdigest()}"'.encode()) is CACHED
        return b"" if cached else data
