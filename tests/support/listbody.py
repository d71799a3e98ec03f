"""A list body with real keys on loopback: static files served by a plain HTTP server, entries made for the tests."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from attrs import evolve
from ulid import ULID

from blocklist.entries import Entry
from blocklist.publish.body import EDITORS_NEEDED
from blocklist.publish.publication.outlet import Outlet, SignedRole
from blocklist.publish.quick import make_body
from blocklist.publish.versions import roles
from blocklist.publish.versions.assemble import Version


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *_: Any) -> None:
        """Keep the test's output readable."""


class ListBody:
    """Publishes lists into `<folder>/out` and serves them at `url`."""

    def __init__(self, folder: Path, subscriber: bytes, entries: list[Entry], list_id: str = "demo") -> None:
        self.out = folder / "out"
        self.body = make_body(
            folder / "desk",
            list_id=list_id,
            entries=entries,
            subscriber_public_keys=[subscriber],
            now=now(),
            out=self.out,
        )
        self.root = folder / "root.json"  # as an ISP keeps it: its own copy, pinned
        self.root.write_bytes(self.body.root)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(self.out)))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def publish(self, entries: list[Entry]) -> None:
        self.body.publish(entries, now())

    def publish_empty(self) -> None:
        """Sign and publish a list without entries, which the desk itself refuses to do."""
        body, desk = self.body, self.body.desk
        empty = evolve(desk.assembled(body.alice, now()), entries=(), records=b"")
        body.version += 1
        files = empty.files(Version(body.version, now()))
        keyring_keys = [editor.keyring for editor in desk.body.editors]
        targets = roles.make_targets(body.version, files, keyring_keys, EDITORS_NEEDED, now())
        for editor in (body.alice, body.bob):
            targets.sign(editor.signing, append=True)
        signed = (SignedRole("targets", targets.to_bytes(), files), desk.stage.signed(roles.KEYRING_ROLE))
        Outlet(self.out).publish(desk.root, signed, body.online, now())

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def entry(name: str, kind: str = "host", *, all_types: bool = False, test: bool = False, days: int = 60) -> Entry:
    """One entry as an editor would write it today, valid for `days`."""
    today = now().date()
    return Entry(
        id=str(ULID()),
        type=kind,
        name=name,
        criterion="self_test" if test else "dns_cumulative",
        basis="emergency",
        last_resort="hosted_abroad",
        decided_on=today,
        verified=today,
        review_by=today + timedelta(days=days),
        not_after=today + timedelta(days=days),
        all_types=all_types,
        test=test,
    )
