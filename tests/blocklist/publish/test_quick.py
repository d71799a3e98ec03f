"""A whole body in one call, read back with the real TUF client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater

from blocklist import matchfile
from blocklist.keyring import Keyring, generate_private, public_bytes, subscriber_id, unwrap
from blocklist.manifest import Manifest
from blocklist.names import to_wire
from blocklist.publish.quick import make_body
from blocklist.stream import FileContext, Kind, unseal
from blocklist.tokens import host_token, token_key
from tests.blocklist.publish.support import entry


class FolderFetcher(FetcherInterface):
    """Serves a folder as a static web server would."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = self._folder / urlsplit(url).path.lstrip("/")
        if not path.is_file():
            raise DownloadHTTPError("missing", 404)
        yield path.read_bytes()


def client(out: Path, root: bytes, cache: Path) -> Updater:
    """A fresh TUF client of the published folder."""
    (cache / "targets").mkdir(parents=True)
    updater = Updater(
        str(cache), "http://host.test/metadata/", str(cache / "targets"), "http://host.test/targets/",
        fetcher=FolderFetcher(out), bootstrap=root,
    )  # fmt: skip
    updater.refresh()
    return updater


def target(updater: Updater, path: str) -> bytes:
    info = updater.get_targetinfo(path)
    assert info is not None
    return Path(updater.download_target(info)).read_bytes()


def read_list(updater: Updater, private: bytes) -> tuple[Manifest, bytes, bytes]:
    """Index, token key and records, as a subscriber gets them."""
    manifest = Manifest.from_bytes(target(updater, "index.json"))
    keyring = Keyring.from_bytes(target(updater, "keys/current"))
    wrapped = keyring.find(manifest.epoch, "match", subscriber_id(public_bytes(private)))
    assert wrapped is not None
    secret = unwrap(wrapped, private, list_id=manifest.list_id, epoch=manifest.epoch)
    context = FileContext(secret, manifest.list_id, manifest.purpose, manifest.epoch, manifest.full.path)
    sealed = target(updater, manifest.full.path)
    assert len(sealed) == manifest.full.bytes
    records = matchfile.parse(unseal(sealed, Kind.FULL, context))
    assert (matchfile.set_digest(records), len(records) // 18) == (manifest.set_sha256, manifest.count)
    return manifest, token_key(secret, manifest.list_id, manifest.epoch), records


def test_a_tuf_client_reads_and_decrypts_every_version(tmp_path: Path) -> None:
    """Version 1, a changed version 2 and a stamped one verify from the pinned root."""
    private = generate_private()
    now = datetime.now(UTC)  # the client's own clock counts
    day = {"decided_on": now.date(), "verified": now.date(), "review_by": now.date(), "not_after": now.date()}
    one, two, three = (entry(f"{name}.example", **day) for name in ("one", "two", "three"))
    body = make_body(
        tmp_path / "desk", list_id="demo", entries=[one, two], subscriber_public_keys=[public_bytes(private)],
        now=now, out=tmp_path / "out",
    )  # fmt: skip
    manifest, key, records = read_list(client(body.out, body.root, tmp_path / "first"), private)
    assert (manifest.version, manifest.count) == (1, 2)
    assert body.publish([two, three], now) == 2
    assert body.stamp(now) > int(now.timestamp())
    manifest, key, records = read_list(client(body.out, body.root, tmp_path / "second"), private)
    assert manifest.version == 2
    assert set(matchfile.tokens_of(records)) == {host_token(key, to_wire(n)) for n in ("two.example", "three.example")}
    body.close()


def test_an_entry_taken_back_comes_under_a_new_id(tmp_path: Path) -> None:
    """Publishing a list, a smaller one and the first again keeps every id used once."""
    now = datetime.now(UTC)
    entries = [entry("one.example"), entry("two.example")]
    body = make_body(
        tmp_path / "desk", list_id="demo", entries=entries, subscriber_public_keys=[], now=now, out=tmp_path / "out"
    )
    body.publish(entries[:1], now)
    body.publish(entries, now)
    assert len(body.desk.published_ids()) == 2
    assert len(body.desk.known_ids()) == 3
    body.close()
