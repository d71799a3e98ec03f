"""Every stored signature, and a forgery of each kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from blocklist.publish.desk import Desk
from blocklist.publish.keys.takeover import take_up
from blocklist.publish.master import approvals
from blocklist.publish.master.verifying import BAD_SIGNATURE, KEY_UNKNOWN, NO_ITEM, Failure, Signers, verify
from tests.blocklist.publish.keys.test_rotation import change
from tests.blocklist.publish.keys.test_takeover import held
from tests.blocklist.publish.support import NOW, Office, entry


@pytest.fixture
def busy(office: Office) -> tuple[Office, str]:
    """A desk where everything that can be signed was, and the id of one live entry."""
    one, off, back = entry("one.example"), entry("off.example"), entry("back.example")
    office.subscribe()
    office.add([one, off, back], office.alice, office.bob)
    office.publish()
    office.desk.suspend([one.id], office.carol, NOW, "doubt")
    office.desk.resume([one.id], office.alice, NOW)
    office.desk.request_removal([one.id], office.bob, NOW, "host", NOW.date())
    office.desk.withdraw([back.id], office.duty, NOW)
    office.desk.reinstate([back.id], office.alice)
    office.desk.remove([off.id], office.bob, NOW)
    return office, one.id


def test_a_desk_as_its_editors_left_it_verifies(busy: tuple[Office, str]) -> None:
    """Without a passphrase what is said about ids, with one the drafts and approvals too."""
    office, _ = busy
    keyless = office.desk.verify()
    assert (keyless.failures, keyless.entries_opened) == ((), False)
    said = {"suspend": 1, "resume": 1, "removal_requested": 1, "remove": 1}
    assert dict(keyless.good) == {**said, "withdrawal": 1, "reinstatement": 1, "subscriber": 2}
    full = office.desk.verify(office.carol)
    assert (full.failures, full.entries_opened) == ((), True)
    assert dict(full.good) == {**keyless.good, "draft": 3, "approval": 6}


@pytest.mark.parametrize(
    ("forgery", "kind", "signer", "reason"),
    [
        ("UPDATE statements SET editor = 'bob' WHERE kind = 'suspend'", "suspend", "bob", BAD_SIGNATURE),
        ("UPDATE statements SET editor = 'dave' WHERE kind = 'suspend'", "suspend", "dave", KEY_UNKNOWN),
        ("UPDATE statements SET facts = '{\"code\": \"order\"}' WHERE kind = 'suspend'", "suspend", "carol", None),
        ("UPDATE statements SET said_at = '2026-11-23T03:00:00Z' WHERE kind = 'resume'", "resume", "alice", None),
        ("UPDATE approvals SET signature = x'00' WHERE item = :id AND editor = 'bob'", "approval", "bob", None),
        ("UPDATE approvals SET editor = 'carol' WHERE item = :id AND editor = 'bob'", "approval", "carol", None),
        ("UPDATE entries SET draft = x'00' WHERE id = :id", "draft", "alice", None),
        ("UPDATE entries SET drafted_by = 'bob' WHERE id = :id", "draft", "bob", None),
        ("UPDATE withdrawn SET signature = x'00'", "withdrawal", "carol/duty", None),
        ("UPDATE approvals SET signature = x'00' WHERE item LIKE 'reinstate %'", "reinstatement", "alice", None),
        ("UPDATE approvals SET item = 'nothing' WHERE item = :id AND editor = 'bob'", "subscriber", "bob", NO_ITEM),
    ],
)
def test_each_forgery_is_found_and_named(
    busy: tuple[Office, str], forgery: str, kind: str, signer: str, reason: str | None
) -> None:
    """By kind and signer; nothing else fails."""
    office, live = busy
    office.desk._master._db.execute(forgery, {"id": live} if ":id" in forgery else {})
    (failure,) = office.desk.verify(office.alice).failures
    assert (failure.kind, failure.signer, failure.reason) == (kind, signer, reason or BAD_SIGNATURE)


def test_a_changed_entry_loses_its_draft_and_its_approvals(busy: tuple[Office, str]) -> None:
    """One flipped flag in the clear columns is enough."""
    office, live = busy
    change = "UPDATE entries SET facts = json_set(facts, '$.all_types', json('true')) WHERE id = ?"
    office.desk._master._db.execute(change, (live,))
    failures = office.desk.verify(office.alice).failures
    expected = [("draft", "alice"), ("approval", "alice"), ("approval", "bob")]
    assert failures == tuple(Failure(live, kind, signer, BAD_SIGNATURE) for kind, signer in expected)


def test_published_entries_without_two_good_approvals_are_named(busy: tuple[Office, str]) -> None:
    """One that fails, and one that is not there any more, as after a ceremony."""
    office, live = busy
    assert office.desk.verify(office.alice).unproven == ()
    office.desk._master._db.execute("UPDATE approvals SET signature = x'00' WHERE item = ? AND editor = 'bob'", (live,))
    assert office.desk.verify(office.alice).unproven == (live,)
    office.desk._master.forget_approvals("alice")
    assert len(office.desk.verify(office.bob).unproven) == 3
    assert office.desk.verify().unproven == ()


def test_a_removal_from_before_statements_is_checked(office: Office) -> None:
    """Its signature stands in the entry's row."""
    one = entry()
    office.add([one])
    old = approvals.removal_statement(one.id, "demo")
    good = bytes.fromhex(office.bob.signing.sign(old).signature)
    office.desk._master.entries.end(one.id, "bob", good)
    assert dict(office.desk.verify().good) == {"removal": 1}
    office.desk._master._db.execute("UPDATE entries SET removed_by = 'carol'")
    assert office.desk.verify().failures == (Failure(one.id, "removal", "carol", BAD_SIGNATURE),)


def test_what_an_editor_said_stands_when_her_key_is_replaced(office: Office) -> None:
    """Her drafts and statements are checked with the key an earlier root named; her approvals count no more."""
    one = entry()
    office.add([one], office.alice)
    office.desk.suspend([one.id], office.alice, NOW, "doubt")
    editors = tuple(evolve(each, signing=office.bob.keyring.public_key) if each.name == "alice" else each
                    for each in office.desk.body.editors)  # fmt: skip
    signers = Signers.of(evolve(office.desk.body, editors=editors), [office.desk.root])
    found = verify(office.desk._master, "demo", signers, office.desk.vault(office.bob))
    assert dict(found.good) == {"suspend": 1, "draft": 1}
    assert found.failures == (Failure(one.id, "approval", "alice", BAD_SIGNATURE),)
    forgotten = verify(office.desk._master, "demo", Signers(signers.keys), office.desk.vault(office.bob))
    assert {failure.kind for failure in forgotten.failures} == {"suspend", "draft", "approval"}


def test_a_copy_of_the_master_proves_who_approved_with_public_keys_alone(office: Office) -> None:
    """The desk's own tool has no part in it: an entry's bytes, a signature, and the key from desk.json."""
    one = entry()
    office.add([one], office.bob)
    ((item, editor, signature),) = office.desk._master.approvals()
    assert (item, editor) == (one.id, "bob")
    office.bob.signing._private_key.public_key().verify(signature, one.to_bytes())  # type: ignore[union-attr,call-arg]
    assert evolve(one, name="two.example").to_bytes() != one.to_bytes()


def test_what_a_replaced_duty_key_withdrew_is_still_proven(office: Office, tmp_path: Path) -> None:
    """It stays off until two editors say otherwise, so whoever looks must see by whom."""
    office.add([entry()], office.alice, office.bob)
    office.publish()
    office.desk.withdraw(office.desk.published_ids(), office.duty, NOW)
    keys = office.desk.keys_folder
    (keys / "carol.duty.pem").rename(tmp_path / "old.pem")
    take_up(office.folder / "desk", held(office, tmp_path / "c", change(keys, "carol", "duty")), office.alice, NOW)
    opened = Desk.open(office.folder / "desk")
    assert opened.verify().good["withdrawal"] == 1
    assert opened.verify().failures == ()
    opened.close()
