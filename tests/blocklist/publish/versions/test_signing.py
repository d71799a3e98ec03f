"""What an editor's tool refuses to sign."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from blocklist.keyring import Keyring
from blocklist.manifest import Bulk, Manifest
from blocklist.publish.faults import Refusal
from blocklist.publish.versions import roles, signing
from blocklist.publish.versions.assemble import Version
from tests.blocklist.publish.support import NOW, Office, entry


def staged(office: Office) -> signing.Staged:
    office.add([entry()], office.alice, office.bob)
    office.desk.build(office.alice, NOW)
    metadata = office.desk.stage.load("targets")
    assert metadata is not None
    return signing.Staged(metadata, office.desk.stage.files(metadata))


def with_index(one: signing.Staged, **changed: object) -> signing.Staged:
    manifest = evolve(Manifest.from_bytes(one.files["index.json"]), **changed)
    return signing.Staged(one.metadata, {**one.files, "index.json": manifest.to_bytes()})


def refused(office: Office, one: signing.Staged, last: int = 0) -> str:
    with pytest.raises(Refusal) as caught:
        check(office, one, version=last)
    return caught.value.code


def check(office: Office, one: signing.Staged, bulk: Bulk | None = None, **known: object) -> None:
    """What Bob's tool does, and what it knows besides."""
    manifest = Manifest.from_bytes(office.desk.stage.signed("targets").files["index.json"])
    before = signing.Before(log=manifest.log, **known)  # type: ignore[arg-type]
    signing.check_targets(one, office.desk.assembled(office.bob, NOW, mine_only=True), before, NOW, bulk)


def test_an_index_that_differs_in_any_fact_is_refused(office: Office) -> None:
    """Digest, count, self-test names, epoch facts; a malformed one, too."""
    good = staged(office)
    check(office, good)
    assert refused(office, with_index(good, count=2)) == "index_differs"
    assert refused(office, with_index(good, set_sha256="0" * 64)) == "index_differs"
    assert refused(office, with_index(good, selftest=("slipped.body.example",))) == "index_differs"
    assert refused(office, with_index(good, base_date=NOW.date() - timedelta(days=9))) == "index_differs"
    assert refused(office, signing.Staged(good.metadata, {**good.files, "index.json": b"{}"})) == "index_invalid"


def test_an_announcement_she_did_not_agree_with_is_refused(office: Office) -> None:
    """It lifts the ISPs' size guard and follows from no entry; neither more nor less than she said."""
    good = staged(office)
    announced = with_index(good, bulk=Bulk(2, 10**6, 10**6))
    assert refused(office, announced) == "announcement_differs"
    with pytest.raises(Refusal, match="announces no change"):
        check(office, good, Bulk(2, 1, 1))


def test_a_file_that_does_not_open_is_refused(office: Office) -> None:
    """One changed byte."""
    good = staged(office)
    path = Manifest.from_bytes(good.files["index.json"]).full.path
    damaged = good.files[path][:-1] + bytes([good.files[path][-1] ^ 1])
    assert refused(office, signing.Staged(good.metadata, {**good.files, path: damaged})) == "file_unreadable"


def test_versions_never_go_back_and_never_lie_ahead(office: Office) -> None:
    """Not above the published one; built by a clock ahead."""
    good = staged(office)
    assert refused(office, good, last=1) == "version_old"
    far = 1 + signing.MAX_STEP
    log = Manifest.from_bytes(good.files["index.json"]).log
    files = office.desk.assembled(office.alice, NOW).files(Version(far, NOW, log=log))
    keys = [editor.keyring for editor in office.desk.body.editors]
    ahead = signing.Staged(roles.make_targets(far, files, keys, 2, NOW), files)
    assert refused(office, ahead) == "version_far"
    assert refused(office, with_index(good, signed_at=NOW + timedelta(hours=2))) == "time_ahead"


def test_a_role_file_that_says_more_is_refused(office: Office) -> None:
    """A longer life, another file, other keyring keys."""
    good = staged(office)
    good.metadata.signed.expires += timedelta(days=1)
    assert refused(office, good) == "role_differs"
    files = {**good.files, "more": b""}
    keys = [editor.keyring for editor in office.desk.body.editors]
    for changed in (
        roles.make_targets(1, files, keys, 2, NOW),
        roles.make_targets(1, good.files, keys, 1, NOW),
        roles.make_targets(1, good.files, keys[:2], 2, NOW),
    ):
        assert refused(office, signing.Staged(changed, files)) == "role_differs"


def test_a_keyring_of_another_list_or_shape_is_refused(office: Office) -> None:
    """Malformed, of another list, or with a longer life."""
    body = office.desk.body

    def code(data: bytes, built: timedelta = timedelta()) -> str:
        files = {"keys/current": data}
        with pytest.raises(Refusal) as caught:
            signing.check_keyring(
                signing.Staged(roles.make_keyring(1, files, NOW + built), files), body, frozenset(), NOW
            )
        return caught.value.code

    assert code(b"{}") == "keyring_invalid"
    assert code(Keyring("other", ()).to_bytes()) == "keyring_invalid"
    assert code(Keyring("demo", ()).to_bytes(), timedelta(days=1)) == "time_ahead"


def test_a_listed_name_never_becomes_a_self_test_name(office: Office) -> None:
    """Self-test names stand in clear in every ISP's index: only the body's own may."""
    office.add([entry("self.body.example", test=True), entry("other.example", test=True)], office.alice, office.bob)
    office.desk.build(office.alice, NOW)
    with pytest.raises(Refusal, match="1 self-test names are not under the body's own domain"):
        office.desk.sign(office.bob, NOW)
