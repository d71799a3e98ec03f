"""What a thief can do with one person's keys and the whole desk folder in her hands: nothing that lasts."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from securesystemslib.signer import CryptoSigner

from blocklist.errors import OperatorFault
from blocklist.keyring import generate_private, public_bytes
from blocklist.publish.desk import Desk
from blocklist.publish.faults import Refusal
from blocklist.publish.keys import ceremony, takeover
from blocklist.publish.keys.keyfiles import DutyKeys
from blocklist.publish.keys.minutes import Minutes, Witness
from blocklist.publish.publication import drop
from blocklist.publish.versions.assemble import Version
from blocklist.publish.versions.rekey import again, repeats
from tests.blocklist.publish.keys.test_rotation import change
from tests.blocklist.publish.signers import Signers, new_signer
from tests.blocklist.publish.support import NOW, PASSPHRASE, Office, entry


def edited(office: Office, *commands: str) -> None:
    """The master changed by hand."""
    with closing(sqlite3.connect(office.folder / "desk" / "master.db")) as db, db:
        for command in commands:
            db.execute(command)


def refused(office: Office) -> str:
    """What Bob's tool says of the version Alice's builds."""
    office.desk.build(office.alice, NOW)
    with pytest.raises(Refusal) as caught:
        office.desk.sign(office.bob, NOW)
    return caught.value.code


def planned(office: Office, folder: Path) -> ceremony.Ceremony:
    """Carol's duty key is replaced: two editors must sign the minutes."""
    return ceremony.plan(
        folder / "c", office.folder / "desk", "lost", [change(folder / "new", "carol", "duty", "eve")], NOW
    )


def rewritten(made: ceremony.Ceremony, *witnesses: Witness) -> ceremony.Ceremony:
    """Minutes written by hand."""
    (made.folder / "minutes.json").write_bytes(evolve(made.minutes, witnesses=witnesses).to_bytes())
    return ceremony.Ceremony.open(made.folder)


def test_one_editor_is_one_witness_however_often_she_signs(office: Office, tmp_path: Path) -> None:
    """Her signature copied, and made again a second later, is no second editor's: no duty key is replaced so."""
    made = planned(office, tmp_path)

    def witness(signer: CryptoSigner, seconds: int) -> Witness:
        return Minutes(made.minutes.facts).signed("alice", signer, NOW + timedelta(seconds=seconds)).witnesses[0]

    first, later = witness(office.alice.signing, 0), witness(office.alice.signing, 1)
    for minutes in ((first, first), (first, later)):
        crafted = rewritten(made, *minutes)
        assert crafted.missing() == (1, 0)
        with pytest.raises(Refusal, match="needs 1 more"):
            takeover.take_up(office.folder / "desk", crafted, office.alice, NOW)


def test_minutes_in_the_binder_name_nobody_who_did_not_sign(office: Office, tmp_path: Path) -> None:
    """A witness made up in the ceremony's folder is not kept."""
    made = planned(office, tmp_path)
    made = made.sign("alice", office.alice.signing, NOW).sign("bob", office.bob.signing, NOW)
    made_up = Witness("carol", office.carol.signing.public_key.keyid, "2026-11-22T03:00:00Z", "00" * 64)
    taken = takeover.take_up(office.folder / "desk", rewritten(made, *made.minutes.witnesses, made_up), office.bob, NOW)
    kept = Minutes.from_bytes(taken.minutes.read_bytes()).witnesses
    assert [one.holder for one in kept] == ["alice", "bob"]


@pytest.mark.parametrize("forgotten", ["DELETE FROM withdrawn", "UPDATE withdrawn SET confirmed_in = 1"])
def test_a_withdrawal_forgotten_in_the_master_is_not_overruled(office: Office, forgotten: str) -> None:
    """Listed still, and named as seen, it would be lifted at every ISP: the duty officer's own file tells."""
    gone, kept = entry("gone.example"), entry("kept.example")
    office.add([gone, kept], office.alice, office.bob)
    office.publish()
    office.desk.withdraw([gone.id], office.duty, NOW)
    edited(office, forgotten)
    assert refused(office) == "withdrawal_lost"


def test_a_withdrawal_file_of_nobody_is_not_believed(office: Office) -> None:
    """An emptied one of a later serial, signed by an editor; nor is its absence taken for a word."""
    gone, kept = entry("gone.example"), entry("kept.example")
    office.add([gone, kept], office.alice, office.bob)
    office.publish()
    office.desk.withdraw([gone.id], office.duty, NOW)
    thief = DutyKeys("carol", office.alice.signing, office.duty.reading)
    edited(office, "DELETE FROM withdrawn")
    office.desk.withdraw((), thief, NOW)
    assert refused(office) == "withdrawal_unproven"
    (office.folder / "desk" / "stage" / "withdraw.json").unlink()
    assert refused(office) == "withdrawals_ahead"


def test_what_two_editors_reinstate_is_signed(office: Office) -> None:
    """The duty officer's file still holds it, and Bob said with his own key that it is back."""
    back = entry("back.example")
    office.add([back], office.alice, office.bob)
    office.publish()
    office.desk.withdraw([back.id], office.duty, NOW)
    for keys in (office.alice, office.bob):
        office.desk.reinstate([back.id], keys)
    assert office.publish() == 2
    assert office.desk.published_ids() == {back.id}


@pytest.mark.parametrize("ending", ["remove", "gone", "objection", "withdraw"])
def test_what_was_taken_off_is_not_raised_in_the_master(office: Office, ending: str) -> None:
    """The row made live again by hand, both approvals still good: somebody's word stands against it."""
    one = entry("one.example")
    office.add([one, entry("kept.example")], office.alice, office.bob)
    office.publish()
    if ending == "remove":
        office.desk.remove([one.id], office.carol, NOW)
    elif ending == "gone":
        office.desk.gone_at_source([one.id], office.carol, NOW, NOW.date())
    elif ending == "objection":
        opened = office.desk.open_objection([one.id], office.alice, NOW, received=NOW.date())
        office.desk.decide_objection(opened.ticket, office.carol, NOW, "upheld")
        edited(office, "DELETE FROM statements WHERE kind = 'remove'")
    else:
        office.desk.withdraw([one.id], office.duty, NOW)
        office.publish()
        office.desk.withdraw((), office.duty, NOW)
    edited(office, "UPDATE entries SET removed_by = NULL")
    assert refused(office) == "ended_listed"


def swapped(office: Office, **changed: object) -> Office:
    """desk.json written by a thief, and the desk opened anew."""
    body = office.desk.body
    carol = {"duties": body.duties, "editors": body.editors}[str(changed.pop("where"))][2]
    new = evolve(carol, **changed)
    evolve(
        body,
        duties=tuple(new if one == carol else one for one in body.duties),
        editors=tuple(new if one == carol else one for one in body.editors),
    ).save(office.folder / "desk")
    office.desk.close()
    return evolve(office, desk=Desk.open(office.folder / "desk"))


@pytest.mark.parametrize(
    ("where", "field"), [("duties", "signing"), ("editors", "signing"), ("editors", "keyring"), ("editors", "reading")]
)
def test_key_holders_that_nobody_agreed_to_are_not_named_to_isps(office: Office, where: str, field: str) -> None:
    """A duty officer, a keyring signer or a reader put into desk.json: no version names her, no rekey wraps to her."""
    office.add([entry()], office.alice, office.bob)
    office.publish()
    stranger: object = public_bytes(generate_private()) if field == "reading" else new_signer().public_key
    office = swapped(office, where=where, **{field: stranger})
    assert refused(office) == "holders_changed"
    for verb in (
        lambda: office.desk.rekey(office.alice, NOW),
        lambda: office.desk.add_duty("dave", PASSPHRASE, office.alice),
    ):
        with pytest.raises(Refusal, match="has not agreed to the key holders"):
            verb()
    office.desk.agree(evolve(office.alice, name="bob"))
    assert refused(office) == "holders_changed"


def test_a_new_duty_officer_is_agreed_to_by_every_editor_who_signs(office: Office) -> None:
    """Whoever adds her agrees; the second editor compares and says so herself."""
    office.desk.add_duty("dave", PASSPHRASE, office.alice)
    office.add([entry()], office.alice, office.bob)
    office.desk.build(office.alice, NOW)
    office.desk.sign(office.alice, NOW)
    with pytest.raises(Refusal, match=f"then approve {office.desk.holders}"):
        office.desk.sign(office.bob, NOW)
    assert office.desk.approve(office.bob, [office.desk.holders]) == 1
    assert office.desk.sign(office.bob, NOW)["targets"].missing == 0


@pytest.mark.parametrize("link", ["stage", "stage/files"])
def test_a_build_deletes_nothing_behind_a_link(office: Office, tmp_path: Path, link: str) -> None:
    """A stage that leads into the editor's own folder would be swept: her files are no staged ones."""
    office.add([entry()], office.alice, office.bob)
    office.desk.build(office.alice, NOW)
    hers = tmp_path / "hers" / "files" / "letter"
    hers.parent.mkdir(parents=True)
    hers.write_bytes(b"hers")
    place = office.folder / "desk" / link
    shutil.rmtree(place)
    place.symlink_to(hers.parent if link.endswith("files") else hers.parent.parent)
    with pytest.raises(OperatorFault, match="link to elsewhere"):
        office.desk.build(office.alice, NOW)
    assert hers.read_bytes() == b"hers"


@pytest.mark.parametrize("what", ["pipe", "link", "folder", "large"])
def test_a_submitted_file_that_is_none_is_refused_at_once(tmp_path: Path, what: str) -> None:
    """It is opened once, without waiting and without following; only then looked at."""
    body = Signers()
    place = drop.put(tmp_path, (body.make("targets", 1),), NOW)
    file = place / "targets.json"
    file.unlink()
    if what == "pipe":
        os.mkfifo(file)
    elif what == "folder":
        file.mkdir()
    elif what == "link":
        file.symlink_to("/dev/zero")
    else:
        file.write_bytes(bytes(drop.DropLimits().role_bytes + 1))
    with pytest.raises(Refusal, match="no plain file"):
        drop.read(place, drop.DropLimits())


def test_a_reinstatement_nobody_signed_lifts_no_withdrawal(office: Office) -> None:
    """Two made-up rows, or one editor's word under two names: the next withdraw/current holds the token still."""
    one = entry()
    office.add([one, entry("kept.example")], office.alice, office.bob)
    office.publish()
    office.desk.withdraw([one.id], office.duty, NOW)
    office.desk.reinstate([one.id], office.alice)
    edited(office, "INSERT INTO approvals SELECT item, 'bob', signature FROM approvals WHERE item LIKE 'reinstate%'")
    edited(office, "INSERT INTO approvals SELECT DISTINCT item, 'dave', x'00' FROM approvals WHERE item LIKE 're%'")
    assert [off.id for off in office.desk.withdrawn()] == [one.id]
    assert office.desk.build(office.alice, NOW).count == 1


def test_a_word_nobody_signed_lets_no_subscriber_go(office: Office) -> None:
    """Two made-up rows would leave an ISP without the next epoch's secret."""
    known = office.subscribe()
    for editor in ("alice", "bob"):
        edited(office, f"INSERT INTO approvals VALUES ('leave {known} 1', '{editor}', zeroblob(64))")
    (one,) = office.desk.memberships()
    assert (one.removals, one.reads) == (0, True)


def test_a_rekey_that_keeps_the_secret_is_not_signed(office: Office) -> None:
    """Made by a thief's tool for a subscriber that was let go; the second editor's tool opens both secrets."""
    office.add([entry()], office.alice, office.bob)
    office.publish()
    office.desk.withdraw((), office.duty, NOW)
    desk, published = office.desk, office.desk._repeatable()
    old = desk._old_set(office.alice, published, NOW.date(), mine_only=False)
    body = desk.body.in_epoch((2, NOW.date() - timedelta(days=1)))
    version = Version(desk.next_version(), NOW, rekey_of=repeats(published.manifest))
    desk._put(office.alice, again(old, body, old.secret), version, None, NOW)
    with pytest.raises(Refusal, match="the old one's secret"):
        desk.sign(office.bob, NOW)


def test_a_decision_nobody_signed_closes_no_objection(office: Office) -> None:
    """A row written by hand: the ticket stays open, and an editor who did not list the entry takes it off."""
    one = entry()
    office.add([one], office.alice, office.bob)
    ticket = office.desk.open_objection([one.id], office.carol, NOW, received=NOW.date()).ticket
    forged = f"'{ticket}', 'objection_decide', 'carol', '2026-11-22T03:00:00Z', '{{\"code\": \"rejected\"}}', x'00'"
    edited(office, f"INSERT INTO statements (item, kind, editor, said_at, facts, signature) VALUES ({forged})")
    assert (office.desk.objection(ticket).code, office.desk.objections()[ticket].code) == (None, None)
    assert office.desk.decide_objection(ticket, office.carol, NOW, "upheld").decided_by == "carol"
    assert office.desk.live_ids() == frozenset()
