"""From signed bytes to a set of records: the index against what was pinned and seen, the secret, the file, a rekey."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from attrs import evolve

from blocklist import keyring, matchfile, stream
from blocklist.attributes import Attributes, expiry_instant
from blocklist.errors import OperatorFault, PublisherFault
from blocklist.keyring import Keyring
from blocklist.manifest import DeltaRef, Manifest, RekeyOf
from blocklist.records import TABLES
from blocklist.trust.limits import ClockLimits
from blocklist.trust.outcome import ListSource
from blocklist.trust.storage.state import ListState
from blocklist.trust.storage.store import StoredVersion


def check_index(manifest: Manifest, source: ListSource, state: ListState, now: datetime, limits: ClockLimits) -> None:
    """Raise PublisherFault unless this is the pinned list, not older than what was taken and not from the future."""
    if (manifest.list_id, manifest.purpose) != (source.list_id, source.purpose):
        raise PublisherFault("wrong_list", "index.json is of another list or purpose than the configuration names")
    if manifest.version < state.version or manifest.signed_at.timestamp() < state.marks.signed_at:
        raise PublisherFault("rollback", f"index.json (version {manifest.version}) is older than one already taken")
    if manifest.signed_at.timestamp() > now.timestamp() + limits.signed_ahead_max:
        raise PublisherFault("signed_ahead", "index.json was signed more than an hour in the future")


def check_same(manifest: Manifest, held: Manifest) -> None:
    """Raise PublisherFault when a version number comes back with another set, epoch or base date."""
    if (manifest.set_sha256, manifest.epoch, manifest.base_date) != (held.set_sha256, held.epoch, held.base_date):
        raise PublisherFault("rollback", f"version {manifest.version} came back with another content")


def check_base(manifest: Manifest, held: Manifest) -> None:
    """Raise PublisherFault when an index moves `base_date` within an epoch: what is kept would end on other days."""
    if manifest.epoch == held.epoch and manifest.base_date != held.base_date:
        raise PublisherFault("index", f"version {manifest.version} moves base_date within epoch {manifest.epoch}")


def unwrap_secret(data: bytes, manifest: Manifest, private: bytes) -> bytes:
    """Return the epoch secret that `keys/current` holds for this subscriber."""
    ring = Keyring.from_bytes(data)
    if ring.list_id != manifest.list_id:
        raise PublisherFault("keyring", "keys/current is of another list")
    subscriber = keyring.subscriber_id(keyring.public_bytes(private))
    wrapped = ring.find(manifest.epoch, keyring.MATCH_PROFILE, subscriber)
    if wrapped is None:
        raise OperatorFault(
            "not_subscribed",
            f"the list body has wrapped no key of epoch {manifest.epoch} for this host: send it this host's public key",
        )
    return keyring.unwrap(wrapped, private, list_id=manifest.list_id, epoch=manifest.epoch)


def open_records(data: bytes, manifest: Manifest, secret: bytes) -> bytes:
    """Decrypt and parse the full file of a version, and compare it with what the editors signed."""
    plain = stream.unseal(data, stream.Kind.FULL, _context(manifest, manifest.full.path, secret))
    del data  # as long as the list, and not needed again
    return check_set(matchfile.parse(plain), manifest)


def open_delta(data: bytes, manifest: Manifest, link: DeltaRef, secret: bytes) -> bytes:
    """Decrypt the file of one link of a version's chain."""
    return stream.unseal(data, stream.Kind.DELTA, _context(manifest, link.path, secret))


def check_set(records: bytes, manifest: Manifest) -> bytes:
    """Return the records if they are the set that the editors signed, else raise PublisherFault."""
    if len(records) // matchfile.RECORD_BYTES != manifest.count or matchfile.set_digest(records) != manifest.set_sha256:
        raise PublisherFault("match_file", "the match file is not the set that index.json commits to")
    if max(matchfile.basis_rows(records)) >= len(manifest.basis):
        raise PublisherFault("match_file", "a record names a row that the basis table lacks")
    return records


def _context(manifest: Manifest, path: str, secret: bytes) -> stream.FileContext:
    return stream.FileContext(secret, manifest.list_id, manifest.purpose, manifest.epoch, path)


def rekey_source(manifest: Manifest, rekey: RekeyOf, held: Manifest) -> Manifest:
    """Return the index of the old epoch's last version, as far as `rekey_of` tells, for a client that is behind it."""
    return evolve(
        held,
        version=rekey.version,
        set_sha256=rekey.set_sha256,
        count=rekey.count,
        full=rekey.full,
        deltas=rekey.deltas,
        basis=manifest.basis,
        rekey_of=None,
        bulk=None,
    )


def check_rekey(manifest: Manifest, records: bytes, held: StoredVersion) -> None:
    """Raise PublisherFault unless a rekey version repeats the held one: same count, same entries but for the tokens."""
    if manifest.count != held.manifest.count or _shape(records, manifest) != _shape(held.records, held.manifest):
        raise PublisherFault("epoch_change", "the rekeyed set differs from the one held; the old epoch is kept")


def repeats(rekey: RekeyOf, held: Manifest) -> bool:
    """Return whether `rekey_of` names exactly the held version."""
    named = (rekey.epoch, rekey.version, rekey.set_sha256, rekey.count)
    return named == (held.epoch, held.version, held.set_sha256, held.count)


def _shape(records: bytes, manifest: Manifest) -> Counter[tuple[int, str, bool, bool]]:
    """Return how many records end at which time with which basis code, all_types and test."""
    shape: Counter[tuple[int, str, bool, bool]] = Counter()
    for word, count in TABLES.word_counts(records).items():
        attributes = Attributes.unpack(word)
        ends, code = expiry_instant(manifest.base_date, attributes.expiry_days), manifest.basis[attributes.basis].code
        shape[ends, code, attributes.all_types, attributes.test] += count
    return shape
