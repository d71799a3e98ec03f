"""The desk's way from entries to static files."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from blocklist import matchfile
from blocklist.errors import OperatorFault
from blocklist.keyring import Keyring, generate_private, public_bytes, subscriber_id, unwrap
from blocklist.manifest import Bulk, Manifest
from blocklist.names import to_wire
from blocklist.publish.faults import Refusal
from blocklist.publish.master.releases import Release
from blocklist.stream import FileContext, Kind, unseal
from blocklist.tokens import host_token, token_key
from tests.blocklist.publish.support import NOW, Office, entry


def test_only_entries_two_editors_approved_are_built(office: Office) -> None:
    """An entry with one approval stays in the master."""
    office.add([entry("two.example")], office.alice, office.bob)
    office.add([entry("lonely.example")], office.alice)
    assert office.desk.build(office.alice, NOW).count == 1


def test_published_files_decrypt_to_the_approved_entries(office: Office) -> None:
    """What a subscriber opens with its wrapped secret are the tokens of the entries."""
    known = office.subscribe()
    office.add([entry("one.example"), entry("self.body.example", test=True)], office.alice, office.bob)
    assert office.publish() == 1
    staged = office.desk.stage.signed("targets")
    manifest = Manifest.from_bytes(staged.files["index.json"])
    keyring = Keyring.from_bytes(office.desk.stage.signed("keyring").files["keys/current"])
    wrapped = keyring.find(1, "match", known)
    assert wrapped is not None
    secret = unwrap(wrapped, office.private, list_id="demo", epoch=1)
    context = FileContext(secret, "demo", "csam", 1, manifest.full.path)
    records = matchfile.parse(unseal(staged.files[manifest.full.path], Kind.FULL, context))
    key = token_key(secret, "demo", 1)
    listed = ("one.example", "self.body.example")
    assert set(matchfile.tokens_of(records)) == {host_token(key, to_wire(name)) for name in listed}
    assert manifest.selftest == ("self.body.example",)
    assert (manifest.rekey_of, manifest.deltas, manifest.withdrawals_seen) == (None, (), 0)
    assert manifest.log is not None and manifest.log.size == 1


def test_second_editor_refuses_a_slipped_in_entry(office: Office) -> None:
    """An entry put into the master with forged approvals is built, but no editor's tool signs it."""
    office.add([entry("good.example")], office.alice, office.bob)
    slipped = entry("slipped.example")
    office.add([slipped], office.alice)
    office.desk._master.put_approvals("bob", [(slipped.id, bytes(64))])
    assert office.desk.build(office.alice, NOW).count == 2
    with pytest.raises(Refusal, match="1 records you did not approve"):
        office.desk.sign(office.bob, NOW)
    assert office.desk.staged_roles()["targets"].missing == 2


def test_an_entry_changed_after_approval_is_refused(office: Office) -> None:
    """The signature binds every field: the same id with another name is not what the editor approved."""
    good = entry("good.example")
    office.add([good, entry("other.example")], office.alice, office.bob)
    cell = office.desk.vault(office.alice).seal(good.id, "name", "changed.example")
    with closing(sqlite3.connect(office.folder / "desk" / "master.db")) as db:
        db.execute("UPDATE entries SET name = ? WHERE id = ?", (cell, good.id))
        db.commit()
    office.desk.build(office.alice, NOW)
    with pytest.raises(Refusal, match="did not approve"):
        office.desk.sign(office.alice, NOW)


def test_an_editor_who_did_not_approve_does_not_sign(office: Office) -> None:
    """Two approvals are not hers."""
    office.add([entry()], office.alice, office.bob)
    office.desk.build(office.alice, NOW)
    with pytest.raises(Refusal, match="not approve"):
        office.desk.sign(office.carol, NOW)


def test_one_signature_is_not_published(office: Office) -> None:
    """Below the threshold nothing is written."""
    office.add([entry()], office.alice, office.bob)
    office.desk.build(office.alice, NOW)
    office.desk.sign(office.alice, NOW)
    office.desk.sign(office.alice, NOW)
    with pytest.raises(Refusal, match="1 more signature"):
        office.desk.publish(office.out, office.online, NOW)
    assert not office.out.exists()


def test_a_third_editor_changes_nothing_that_is_published(office: Office) -> None:
    """Bob signs the keyring of version 1, Carol version 2 in his stead: the published keyring keeps its bytes."""
    office.subscribe()
    office.add([entry("one.example")], office.alice, office.bob, office.carol)
    office.publish()
    office.add([entry("two.example")], office.alice, office.carol)
    office.desk.build(office.alice, NOW)
    office.desk.sign(office.alice, NOW)
    assert office.desk.sign(office.carol, NOW)["targets"].missing == 0
    assert office.desk.publish(office.out, office.online, NOW) == 2


def test_expired_signatures_are_not_published(office: Office) -> None:
    """A version signed and forgotten for a month is not put out."""
    office.add([entry()], office.alice, office.bob)
    office.signed()
    with pytest.raises(Refusal, match="expired"):
        office.desk.publish(office.out, office.online, NOW + timedelta(days=31))


def test_a_removed_entry_is_gone_from_the_next_version(office: Office) -> None:
    """One editor removes; two sign the version without it."""
    kept, gone = entry("kept.example"), entry("gone.example")
    office.add([kept, gone], office.alice, office.bob)
    office.publish()
    office.desk.remove([gone.id], office.carol, NOW)
    difference = office.desk.diff(office.bob, NOW)
    assert difference.removed == (gone.id,)
    assert office.publish() == 2
    assert office.desk.published_ids() == {kept.id}


def test_an_expired_entry_is_left_out(office: Office) -> None:
    """An entry past its last day is not built, and an empty list is refused."""
    office.add([entry(not_after=NOW.date())], office.alice, office.bob)
    with pytest.raises(Refusal, match="empty"):
        office.desk.build(office.alice, NOW + timedelta(days=1))


def test_a_signed_version_number_is_never_given_twice(office: Office) -> None:
    """A version somebody signed is passed over when it is built again."""
    office.add([entry()], office.alice, office.bob)
    assert office.desk.build(office.alice, NOW).version == 1
    assert office.desk.build(office.alice, NOW).version == 1
    office.desk.sign(office.alice, NOW)
    assert office.desk.build(office.alice, NOW).version == 2


def test_a_build_cut_short_is_not_published(office: Office) -> None:
    """A staged file the master knows nothing of is refused."""
    office.add([entry()], office.alice, office.bob)
    office.signed()
    office.desk._master.releases.put(Release(version=1, set_sha256="0" * 64, records=b"", entries=()))
    with pytest.raises(OperatorFault, match="cut short"):
        office.desk.publish(office.out, office.online, NOW)


def test_publishing_again_after_a_kill_ends_well(office: Office) -> None:
    """The same version published twice (the first run died before booking it) gives one version and valid files."""
    office.add([entry()], office.alice, office.bob)
    assert office.publish() == 1
    assert office.desk.publish(office.out, office.online, NOW) == 1
    assert office.desk.build(office.alice, NOW).version == 2


def test_the_keyring_names_only_subscribers_two_editors_approved(office: Office) -> None:
    """One approval wraps nothing; a keyring that stays the same keeps its version."""
    known = office.subscribe()
    office.desk.register_subscriber(public_bytes(generate_private()), "unapproved", office.alice)
    office.add([entry()], office.alice, office.bob)
    office.publish()
    keyring = Keyring.from_bytes(office.desk.stage.signed("keyring").files["keys/current"])
    assert [key.subscriber for key in keyring.keys] == [known]
    office.publish()
    assert office.desk.staged_roles()["keyring"].version == 1
    office.publish(NOW + timedelta(days=21))
    assert office.desk.staged_roles()["keyring"].version == 2


def test_an_editor_refuses_a_keyring_for_a_subscriber_she_did_not_approve(office: Office) -> None:
    """Forged approvals of a subscriber build a keyring that no other editor signs."""
    foreign = office.desk.register_subscriber(public_bytes(generate_private()), "foreign", office.alice)
    office.desk._master.put_approvals("bob", [(foreign, bytes(64))])
    office.add([entry()], office.alice, office.bob)
    office.desk.build(office.alice, NOW)
    with pytest.raises(Refusal, match="1 subscribers you did not approve"):
        office.desk.sign(office.bob, NOW)


def test_a_public_key_swapped_in_the_master_is_wrapped_for_by_nobody(office: Office) -> None:
    """A subscriber is named by its key itself, so another key in its row has no approvals."""
    office.subscribe()
    with closing(sqlite3.connect(office.folder / "desk" / "master.db")) as db, db:
        db.execute("UPDATE subscribers SET public = ?", (public_bytes(generate_private()),))
    office.add([entry()], office.alice, office.bob)
    office.signed()
    assert Keyring.from_bytes(office.desk.stage.signed("keyring").files["keys/current"]).keys == ()


def test_a_subscriber_is_registered_once_and_under_its_own_id(office: Office) -> None:
    """A swapped file, a second registration and a wrong key are refused."""
    public = public_bytes(generate_private())
    with pytest.raises(OperatorFault, match="not the key with that id"):
        office.desk.register_subscriber(public, "isp", office.alice, "0" * 64)
    office.desk.register_subscriber(public, "isp", office.alice, subscriber_id(public))
    with pytest.raises(OperatorFault, match="registered"):
        office.desk.register_subscriber(public, "isp", office.alice)
    with pytest.raises(OperatorFault, match="1216"):
        office.desk.register_subscriber(b"short", "isp", office.alice)


def test_check_sees_the_size_guard_and_an_announcement_lifts_it(office: Office) -> None:
    """More than 50 additions to a small list are a finding, unless announced a version and an hour before."""
    office.add([entry(f"n{number}.example") for number in range(10)], office.alice, office.bob)
    office.publish()
    office.add([entry(f"m{number}.example") for number in range(60)], office.alice, office.bob)
    assert [finding.guard for finding in office.desk.check(office.alice, NOW).findings] == ["adds"]
    office.desk.remove(
        [one.id for one in office.desk.entries(office.alice) if one.name.startswith("m")], office.alice, NOW
    )
    office.desk.build(office.alice, NOW, Bulk(3, 60, 0))
    for editor in (office.alice, office.bob):
        office.desk.sign(editor, NOW, Bulk(3, 60, 0))
    assert office.desk.publish(office.out, office.online, NOW) == 2
    office.add([entry(f"m{number}.example") for number in range(60)], office.alice, office.bob)
    early, later = NOW + timedelta(seconds=3599), NOW + timedelta(seconds=3600)
    assert [finding.guard for finding in office.desk.check(office.alice, early).findings] == ["adds"]
    assert office.desk.publish(office.out, office.online, early) == 2  # the same again: the hour does not begin anew
    assert office.desk.check(office.alice, later).findings == ()


def test_status_counts_without_a_key(office: Office) -> None:
    """What `status` shows needs nobody's passphrase."""
    office.subscribe()
    office.add([entry()], office.alice, office.bob)
    office.publish()
    state = office.desk.status()
    assert (state.entries, state.subscribers, state.published_version) == (1, 1, 1)
    assert {role: one.missing for role, one in state.staged.items()} == {"targets": 0, "keyring": 0}
