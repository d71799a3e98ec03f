"""From signed bytes to records."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from attrs import evolve

from blocklist import keyring, stream
from blocklist.errors import BlocklistError, OperatorFault, PublisherFault
from blocklist.manifest import RekeyOf
from blocklist.trust import verify
from blocklist.trust.clock import TimeMarks
from blocklist.trust.limits import ClockLimits
from blocklist.trust.outcome import ListSource
from blocklist.trust.rules.mask import Mask
from blocklist.trust.storage.state import ListState
from blocklist.trust.storage.store import StoredVersion
from tests.blocklist.trust.conftest import KEYS
from tests.blocklist.trust.list_body import LIST_ID, NOW, PURPOSE, ListBody, names

SOURCE = ListSource(LIST_ID, PURPOSE, b"", ())
TEN = names(*range(10))
SEEN = ListState(version=5, marks=TimeMarks(signed_at=NOW.timestamp()))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, None),
        ({"list_id": "other"}, "wrong_list"),
        ({"purpose": "other"}, "wrong_list"),
        ({"version": 4}, "rollback"),
        ({"signed_at": NOW - timedelta(seconds=1)}, "rollback"),
        ({"signed_at": NOW + timedelta(hours=1)}, None),
        ({"signed_at": NOW + timedelta(hours=1, seconds=1)}, "signed_ahead"),
    ],
)
def test_index_against_what_was_pinned_and_seen(body: ListBody, fields: dict[str, object], code: str | None) -> None:
    """Pinned identity, floors that never fall, and an hour of tolerance into the future."""
    manifest = evolve(body.publish(TEN, version=5), **fields)  # type: ignore[misc]
    assert _code(lambda: verify.check_index(manifest, SOURCE, SEEN, NOW, ClockLimits())) == code


def test_version_number_is_used_once(body: ListBody) -> None:
    """The same number may come again with a later signature, never with another set or epoch."""
    manifest = body.publish(TEN)
    verify.check_same(evolve(manifest, signed_at=NOW + timedelta(days=1)), manifest)
    for fields in ({"set_sha256": "0" * 64}, {"epoch": 2}, {"base_date": NOW.date()}):
        assert _code(lambda fields=fields: verify.check_same(evolve(manifest, **fields), manifest)) == "rollback"


def test_secret_is_unwrapped_for_us_only(body: ListBody) -> None:
    """The keyring of this list opens with our key; another list's, or none for us, is refused."""
    manifest = body.publish(TEN)
    data = body.target("keys/current")
    assert verify.unwrap_secret(data, manifest, KEYS.subscriber_private) == body.secrets[1]
    assert (
        _code(lambda: verify.unwrap_secret(data, evolve(manifest, list_id="other"), KEYS.subscriber_private))
        == "keyring"
    )
    with pytest.raises(OperatorFault):
        verify.unwrap_secret(data, manifest, keyring.generate_private())


def test_records_are_what_the_index_commits_to(body: ListBody) -> None:
    """Count, digest, basis rows and secret must all agree."""
    manifest = body.publish(TEN)
    data, secret = body.target(manifest.full.path), body.secrets[1]
    assert verify.open_records(data, manifest, secret) == body.records(TEN)
    for bent in (
        evolve(manifest, count=9),
        evolve(manifest, set_sha256="0" * 64),
        evolve(manifest, basis=manifest.basis[:1]),
    ):
        assert _code(lambda bent=bent: verify.open_records(data, bent, secret)) == "match_file"
    assert _code(lambda: verify.open_records(data, manifest, bytes(32))) == "file_damaged"


def test_unsorted_records_are_refused(body: ListBody) -> None:
    """A file that is well signed and sealed, and not strictly increasing, is refused."""
    good = body.records(TEN)
    manifest = body.publish((), records=good[18:] + good[:18])
    assert (
        _code(lambda: verify.open_records(body.target(manifest.full.path), manifest, body.secrets[1])) == "match_file"
    )


@pytest.mark.parametrize(("size", "days", "code"), [(10, 0, None), (9, 0, "epoch_change"), (10, 1, "epoch_change")])
def test_rekey_repeats_count_and_shape(body: ListBody, size: int, days: int, code: str | None) -> None:
    """Under new keys tokens cannot be compared, so number, ends, basis and flags must be equal."""
    held = body.publish(TEN)
    stored = StoredVersion(held.to_bytes(), body.secrets[1], body.records(TEN), Mask())
    body.secrets[2] = os.urandom(32)
    records = body.records(TEN[:size], epoch=2, not_after=NOW.date() + timedelta(days=39 - days))
    manifest = body.publish((), epoch=2, records=records)
    assert _code(lambda: verify.check_rekey(manifest, records, stored)) == code


def test_rekey_names_the_version_held(body: ListBody) -> None:
    """Epoch, version, digest and count all name it; what is known of it suffices to fetch it."""
    held = body.publish(TEN)
    rekey = RekeyOf(1, 1, held.set_sha256, held.count, held.full, ())
    assert verify.repeats(rekey, held)
    assert not verify.repeats(evolve(rekey, version=2), held)
    between = verify.rekey_source(held, evolve(rekey, version=2), held)
    assert (between.version, between.epoch, between.rekey_of) == (2, 1, None)


def test_file_of_another_place_does_not_open(body: ListBody) -> None:
    """The path is part of the key: an older version's file under a new name is refused."""
    manifest = body.publish(TEN)
    path = "match/1/9.full"
    sealed = stream.seal(
        body.records(TEN), stream.Kind.FULL, stream.FileContext(body.secrets[1], LIST_ID, PURPOSE, 1, path), bytes(32)
    )
    with pytest.raises(PublisherFault):
        verify.open_records(sealed, manifest, body.secrets[1])


def _code(call: object) -> str | None:
    try:
        call()  # type: ignore[operator]
    except BlocklistError as error:
        return error.code
    return None
