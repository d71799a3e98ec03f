"""The end of a ceremony at the desk."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.keyring import MATCH_PROFILE
from blocklist.publish.body import Body
from blocklist.publish.desk import Desk
from blocklist.publish.faults import Refusal
from blocklist.publish.keys.ceremony import Ceremony, plan
from blocklist.publish.keys.keyfiles import load_duty_keys, load_editor_keys, load_signing_key
from blocklist.publish.keys.minutes import Minutes
from blocklist.publish.keys.rotation import Change, roots
from blocklist.publish.keys.takeover import take_up
from blocklist.publish.master.vault import DATA_KEY_PROFILE, Vault
from tests.blocklist.publish.keys.test_rotation import change
from tests.blocklist.publish.support import NOW, PASSPHRASE, Office, entry
from tests.support.kills import killed_at


def held(office: Office, folder: Path, *changes: Change, reason: str = "lost") -> Ceremony:
    """A ceremony signed by root-1 and root-2, or by alice and bob where root is not changed."""
    made = plan(folder, office.folder / "desk", reason, changes, NOW)
    if made.root is None:
        return made.sign("alice", office.alice.signing, NOW).sign("bob", office.bob.signing, NOW)
    for name in ("root-1", "root-2"):
        made = made.sign(name, load_signing_key(office.desk.keys_folder / f"{name}.pem", PASSPHRASE), NOW)
    return made


def test_renewal_gives_root_a_year_and_keeps_minutes(office: Office, tmp_path: Path) -> None:
    """No key changes, no editor is needed; a second time changes nothing."""
    desk = office.folder / "desk"
    before = office.desk.root
    taken = take_up(desk, held(office, tmp_path / "c"), None, NOW)
    assert take_up(desk, Ceremony.open(tmp_path / "c"), None, NOW) == taken
    assert (taken.root_version, taken.entries_to_approve) == (2, 0)
    assert list(roots(desk)) == [1, 2]
    assert roots(desk)[1] == before
    assert Minutes.from_bytes(taken.minutes.read_bytes()).facts["reason"] == "lost"
    assert "root-2 at 2026-11-22T03:00:00Z" in taken.minutes.with_suffix(".txt").read_text()


def test_a_new_editor_reads_the_desk_and_her_forerunners_approvals_are_gone(office: Office, tmp_path: Path) -> None:
    """Wrapped by alice; what had bob's approval counts as approved by one again, and is counted."""
    office.subscribe()
    office.add([entry("one.example"), entry("two.example")], office.alice, office.bob)
    office.add([entry("three.example")], office.alice, office.carol)
    office.desk.close()
    ceremony = held(office, tmp_path / "c", change(tmp_path / "new", "bob", "editor", "dora"))
    desk = office.folder / "desk"
    with pytest.raises(OperatorFault, match="--editor"):
        take_up(desk, ceremony, None, NOW)
    taken = take_up(desk, ceremony, office.alice, NOW)
    assert (taken.entries_to_approve, taken.subscribers_to_approve) == (2, 1)
    assert [one.holder for one in Minutes.from_bytes(taken.minutes.read_bytes()).witnesses][2:] == ["alice"]
    opened = Desk.open(desk, tmp_path / "new")
    dora = opened.unlock("dora", PASSPHRASE)
    assert len(list(opened.entries(dora))) == 3
    assert opened.open_key(dora, MATCH_PROFILE) == opened.open_key(office.alice, MATCH_PROFILE)
    assert len(opened.unlock_duty("dora", PASSPHRASE).reading) == len(dora.reading)
    with pytest.raises(OperatorFault, match="no editor 'bob'"):
        opened.unlock("bob", PASSPHRASE)
    with pytest.raises(OperatorFault, match="holds no desk key"):
        opened.vault(office.bob)
    assert opened.approve(dora, opened.items()) == 4
    take_up(desk, Ceremony.open(tmp_path / "c"), office.alice, NOW)
    assert opened.approve(dora, opened.items()) == 0
    opened.close()


def test_after_a_theft_every_name_is_sealed_anew(office: Office, tmp_path: Path) -> None:
    """The stolen reading key opens the copy it had, not the next; duplicates are found as before."""
    office.add([entry("one.example"), entry("two.example")], office.alice, office.bob)
    before = office.desk.open_key(office.bob, DATA_KEY_PROFILE)
    office.desk.close()
    made = held(office, tmp_path / "c", change(tmp_path / "new", "bob", "editor"), reason="stolen")
    take_up(office.folder / "desk", made, office.alice, NOW)
    opened = Desk.open(office.folder / "desk", tmp_path / "new")
    bob = opened.unlock("bob", PASSPHRASE)
    for keys in (office.alice, office.carol, bob):
        assert opened.open_key(keys, DATA_KEY_PROFILE) != before
        assert sorted(one.name or "" for one in opened.entries(keys)) == ["one.example", "two.example"]
    with pytest.raises(OperatorFault, match="does not open this desk"):
        opened.vault(office.bob)
    row = next(opened._master.entries.every())
    with pytest.raises(OperatorFault, match="does not open"):
        row.opened(Vault("demo", before))
    again = entry("one.example")
    assert opened.insert([again], office.alice).keys() == {again.id}
    opened.close()


def test_a_subscriber_that_was_let_go_stays_out(office: Office, tmp_path: Path) -> None:
    """The word of a replaced editor against a subscriber is kept, unlike her approvals."""
    known = office.subscribe()
    office.desk.approve(office.carol, [known])
    for keys in (office.alice, office.bob):
        office.desk.remove_subscriber(known, keys)
    assert not any(one.reads for one in office.desk.memberships())
    take_up(
        office.folder / "desk", held(office, tmp_path / "c", change(tmp_path / "n", "bob", "editor")), office.alice, NOW
    )
    (membership,) = office.desk.memberships()
    assert (membership.approvals, membership.reads) == (2, False)


def test_a_new_duty_officer_reads_the_epochs_secret_and_no_more(office: Office, tmp_path: Path) -> None:
    """In the place of an editor's second key: the editor goes on reading the desk."""
    ceremony = held(office, tmp_path / "c", change(tmp_path / "new", "carol", "duty", "emma"), reason="new_holder")
    take_up(office.folder / "desk", ceremony, office.alice, NOW)
    opened = Desk.open(office.folder / "desk", tmp_path / "new")
    emma = load_duty_keys(tmp_path / "new", "emma", PASSPHRASE)
    assert opened.open_key(emma, MATCH_PROFILE) == opened.open_key(office.carol, MATCH_PROFILE)
    with pytest.raises(OperatorFault, match="holds no desk key"):
        opened.open_key(emma, "desk")
    assert [duty.name for duty in Body.load(office.folder / "desk").duties] == ["alice", "bob", "emma"]
    opened.close()


def test_an_editors_new_duty_key_leaves_her_reading_key_alone(office: Office, tmp_path: Path) -> None:
    """Made beside it."""
    keys = office.desk.keys_folder
    (keys / "carol.duty.pem").rename(tmp_path / "stolen.pem")
    take_up(office.folder / "desk", held(office, tmp_path / "c", change(keys, "carol", "duty")), office.alice, NOW)
    opened = Desk.open(office.folder / "desk")
    opened.unlock_duty("carol", PASSPHRASE)
    opened.vault(opened.unlock("carol", PASSPHRASE))
    opened.close()


def test_too_few_signatures_and_other_desks_are_refused(office: Office, tmp_path: Path) -> None:
    """Nothing is changed then."""
    desk = office.folder / "desk"
    made = plan(tmp_path / "c", desk, "renewal", [], NOW)
    with pytest.raises(Refusal, match=r"2 more signature\(s\) of the holders before it and 2"):
        take_up(desk, made, None, NOW)
    old = held(office, tmp_path / "old")
    take_up(desk, held(office, tmp_path / "new-root"), None, NOW)
    take_up(desk, held(office, tmp_path / "third"), None, NOW)
    with pytest.raises(OperatorFault, match=r"root.json changed"):
        take_up(desk, old, None, NOW)
    bob = held(office, tmp_path / "bob", change(tmp_path / "new", "bob", "editor"))
    with pytest.raises(OperatorFault, match="another editor must wrap"):
        take_up(desk, bob, office.bob, NOW)


def test_a_kill_at_any_write_is_taken_up_where_it_was(office: Office, tmp_path: Path) -> None:
    """`kill -9` before each change of a file, then the same verb again: the desk is whole, the new editor reads it."""
    office.add([entry()], office.alice, office.bob)
    office.desk.close()
    ceremony = held(office, tmp_path / "c", change(tmp_path / "new", "bob", "editor"))
    bob = load_editor_keys(tmp_path / "new", "bob", PASSPHRASE)
    for step in itertools.count(1):
        desk = tmp_path / f"desk-{step}"
        shutil.copytree(office.folder / "desk", desk)
        if not killed_at(step, lambda desk=desk: take_up(desk, ceremony, office.alice, NOW)):
            break
        taken = take_up(desk, ceremony, office.alice, NOW)
        assert (taken.root_version, list(roots(desk))) == (2, [1, 2])
        opened = Desk.open(desk, tmp_path / "new")
        assert len(list(opened.entries(bob))) == 1
        assert opened.approve(bob, opened.items()) == 1
        opened.close()
        shutil.rmtree(desk)
    assert step > 5
