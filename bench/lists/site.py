"""A list body's published files of any size: real keys and signatures, but random tokens instead of signed entries."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread

from attrs import define

from blocklist.attributes import Attributes
from blocklist.keyring import generate_private, public_bytes
from blocklist.manifest import Manifest
from blocklist.matchfile import tokens_of
from blocklist.tokens import TOKEN_BYTES
from tests.blocklist.trust.list_body import ListBody
from tests.support.listbody import QuietHandler

CHANGES = 500  # removals, and as many additions, from the first version to the second
_WORD = Attributes(60, 0).pack().to_bytes(2, "big")


@define(frozen=True)
class Place:
    """What a measuring child needs to know; kept as a file, since a child has a process of its own."""

    url: str  # of the folder with all sites
    root: bytes
    private: bytes  # the subscriber's
    host_key: bytes
    sealed: dict[str, str]  # site: path of its full file
    delta_bytes: int

    def write(self, folder: Path) -> None:
        plain = {"root": self.root.hex(), "private": self.private.hex(), "host_key": self.host_key.hex()}
        document = {"url": self.url, "sealed": self.sealed, "delta_bytes": self.delta_bytes, **plain}
        (folder / "place.json").write_text(json.dumps(document))

    @classmethod
    def read(cls, folder: Path) -> Place:
        fields = json.loads((folder / "place.json").read_text())
        root, private, host_key = (bytes.fromhex(fields[name]) for name in ("root", "private", "host_key"))
        return cls(fields["url"], root, private, host_key, fields["sealed"], fields["delta_bytes"])


def random_records(count: int, random: Random) -> bytes:
    """A set of records nobody made names for."""
    return b"".join(token + _WORD for token in sorted({random.randbytes(TOKEN_BYTES) for _ in range(count)}))


def changed(records: bytes, changes: int, random: Random) -> bytes:
    """The set with so many records taken out and as many others put in."""
    tokens = list(tokens_of(records))
    gone = set(random.sample(range(len(tokens)), changes))
    left = [token for at, token in enumerate(tokens) if at not in gone]
    return b"".join(token + _WORD for token in sorted(left + [random.randbytes(TOKEN_BYTES) for _ in range(changes)]))


@contextmanager
def published(folder: Path, entries: int, changes: int = CHANGES) -> Iterator[Place]:
    """Publish three versions, each as it stood in a folder of its own, and serve them.

    `first`; `delta`, some changes later; `full`, those changes again later, without a delta.
    """
    random, private = Random(1), generate_private()
    body = ListBody((public_bytes(private),), with_deltas=True, with_log=True)
    one = random_records(entries, random)
    two, three = changed(one, changes, random), changed(one, changes, random)
    sites = folder / "sites"
    sealed = {"first": _put(body, body.publish((), records=one), sites / "first")}
    second = body.publish((), records=two)
    sealed["delta"] = _put(body, second, sites / "delta")
    body.with_deltas = False
    body.delta_files.clear()
    sealed["full"] = _put(body, body.publish((), records=three), sites / "full")
    with _served(sites) as url:
        place = Place(url, body.pinned, private, secrets.token_bytes(32), sealed, second.deltas[-1].bytes)
        place.write(folder)
        yield place


def _put(body: ListBody, manifest: Manifest, folder: Path) -> str:
    """Write what is published now; return the path of the full file."""
    for url, data in body.files.items():
        path = folder / url.removeprefix("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    *_, name = manifest.full.path.split("/")
    return str(next((folder / "targets/match").rglob(f"*.{name}")))


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
