"""From approved entries to the bytes of one version. `build` and every signing editor's tool run the same code.

What DNS cannot enforce (a url without `dns_ok`, an ip) and what has expired stays in the master only.
"""

import os
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from attrs import evolve, frozen

from blocklist import matchfile
from blocklist.attributes import Attributes
from blocklist.criteria import CriteriaSet
from blocklist.entries import Entry
from blocklist.manifest import Bulk, FileRef, LogHead, Manifest, RekeyOf, delta_path, full_path
from blocklist.publish.body import Body
from blocklist.publish.master.releases import Release
from blocklist.publish.versions import deltas
from blocklist.publish.versions.deltas import NO_CHAIN, Chain
from blocklist.stream import SALT_BYTES, FileContext, Kind, seal
from blocklist.tokens import token_key

INDEX_PATH = "index.json"
KEYRING_PATH = "keys/current"
MIN_WAIT_SECONDS = 3_600  # floor of list.md for a bulk announcement


@frozen
class Version:
    """What makes two builds of the same entries differ."""

    number: int
    signed_at: datetime  # UTC, whole seconds
    bulk: Bulk | None = None
    withdrawals_seen: int = 0  # the highest serial of a withdrawal that the entries take into account
    chain: Chain = NO_CHAIN
    log: LogHead | None = None
    rekey_of: RekeyOf | None = None


@frozen
class Assembly:
    """A list's set in one epoch: the records, the entries behind them, and the context of its files."""

    body: Body
    criteria: CriteriaSet
    secret: bytes
    entries: tuple[Entry, ...]
    tokens: tuple[bytes, ...]  # of the entries, in their order
    records: bytes

    def manifest(self, version: Version, full_bytes: int) -> Manifest:
        """`index.json` over this set."""
        return Manifest(
            list_id=self.body.list_id,
            purpose=self.body.purpose,
            version=version.number,
            signed_at=version.signed_at,
            epoch=self.body.epoch,
            base_date=self.body.base_date,
            count=len(self.records) // matchfile.RECORD_BYTES,
            set_sha256=matchfile.set_digest(self.records),
            full=FileRef(full_path(self.body.epoch, version.number), full_bytes),
            basis=self.criteria.basis,
            criteria_set=self.criteria.id,
            selftest=tuple(sorted({entry.name for entry in self.entries if entry.test})),
            rekey_of=version.rekey_of,
            deltas=version.chain.links,
            withdrawals_seen=version.withdrawals_seen,
            log=version.log,
            bulk=version.bulk,
            min_wait=MIN_WAIT_SECONDS,
        )

    def context(self, path: str) -> FileContext:
        """Where a sealed file of this set belongs."""
        return FileContext(self.secret, self.body.list_id, self.body.purpose, self.body.epoch, path)

    def files(self, version: Version) -> dict[str, bytes]:
        """The target files of this version; sealed under fresh random bytes, so that no two builds share a file key.

        Of the version's chain of deltas as much is named as pays beside the full file.
        """
        path = full_path(self.body.epoch, version.number)
        sealed = seal(self.records, Kind.FULL, self.context(path), os.urandom(SALT_BYTES))
        version = evolve(version, chain=deltas.trim(version.chain, len(sealed)))
        return {INDEX_PATH: self.manifest(version, len(sealed)).to_bytes(), path: sealed, **version.chain.files}

    def release(self, manifest: Manifest, files: Mapping[str, bytes], log_line: bytes) -> Release:
        """What the master books of this set's version: of its target files the ones made for it."""
        made = {full_path(manifest.epoch, manifest.version), delta_path(manifest.epoch, manifest.version)}
        return Release(
            version=manifest.version,
            set_sha256=manifest.set_sha256,
            records=self.records,
            entries=tuple(zip((entry.id for entry in self.entries), self.tokens, strict=True)),
            manifest=manifest.to_bytes(),
            files={path: files[path] for path in made & files.keys()},
            log_line=log_line,
            begins=(manifest.epoch, manifest.base_date) if manifest.rekey_of else None,
        )


def assemble(body: Body, criteria: CriteriaSet, secret: bytes, entries: Iterable[Entry], day: date) -> Assembly:
    """Turn entries into records for the UTC day `day`; there may be none left."""
    key = token_key(secret, body.list_id, body.epoch)
    kept: list[Entry] = []
    items: list[tuple[bytes, Attributes]] = []
    for entry in entries:
        token = entry.token(key)
        if token is not None and entry.not_after >= day:
            kept.append(entry)
            items.append((token, entry.attributes(body.base_date, criteria)))
    tokens = tuple(token for token, _ in items)
    return Assembly(body, criteria, secret, tuple(kept), tokens, matchfile.build(items) if items else b"")
