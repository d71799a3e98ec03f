"""What a change of keys makes of root and desk."""

from __future__ import annotations

from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Root

from blocklist.errors import OperatorFault
from blocklist.publish.body import Body
from blocklist.publish.keys.publickeys import PublicKeys, make_keys
from blocklist.publish.keys.rotation import Change, next_body, next_root, old_keyids, roots
from tests.blocklist.publish.support import NOW, PASSPHRASE, Office


def change(folder: Path, seat: str, kind: str, name: str | None = None) -> Change:
    """A seat's new keys, made in `folder`."""
    return Change(seat, make_keys(folder, kind, name or seat, PASSPHRASE, with_duty=True))


def test_a_seat_keeps_its_place(office: Office, tmp_path: Path) -> None:
    """The role lists the new key where the old one stood; what nobody uses is gone; a year to live."""
    before = Metadata[Root].from_bytes(office.desk.root).signed
    second = change(tmp_path / "new", "root-2", "root")
    after = next_root(office.desk.root, office.desk.body, [second], NOW).signed
    assert after.version == 2
    first, _, third = before.roles["root"].keyids
    assert after.roles["root"].keyids == [first, second.new.signing.keyid, third]
    assert before.roles["root"].keyids[1] not in after.keys
    assert len(after.keys) == len(before.keys)
    assert (after.expires - NOW).days == 365
    assert next_root(office.desk.root, office.desk.body, [], NOW).signed.keys == before.keys


def test_every_seat_has_its_role(office: Office, tmp_path: Path) -> None:
    """Online keys, editors; a duty officer's key is not in root."""
    body, root = office.desk.body, office.desk.root
    changes = [
        change(tmp_path / "new", "timestamp", "timestamp"),
        change(tmp_path / "new", "snapshot", "snapshot", "snapshot-2"),
        change(tmp_path / "new", "bob", "editor", "dora"),
        change(tmp_path / "new", "carol", "duty"),
    ]
    after = next_root(root, body, changes[:3], NOW).signed
    assert after.roles["timestamp"].keyids == [changes[0].new.signing.keyid]
    assert after.roles["snapshot"].keyids == [changes[1].new.signing.keyid]
    assert after.roles["targets"].keyids[1] == changes[2].new.signing.keyid
    assert [one.in_root for one in changes] == [True, True, True, False]
    new = next_body(body, changes[:3], NOW)
    assert [editor.name for editor in new.editors] == ["alice", "dora", "carol"]
    assert [duty.name for duty in new.duties] == ["alice", "dora", "carol"]
    assert [(one.name, one.until) for one in new.former_duties] == [("bob", int(NOW.timestamp()))]
    assert Body.from_bytes(new.to_bytes()) == new
    signed = Metadata[Root].from_bytes(root).signed
    bob, officer = body.editor("bob"), body.duty("bob")
    assert old_keyids(changes[2], signed, body) == (bob.signing.keyid, bob.keyring.keyid, officer.signing.keyid)
    assert old_keyids(changes[3], signed, body) == (body.duty("carol").signing.keyid,)


def test_what_cannot_be_is_told(office: Office, tmp_path: Path) -> None:
    """Unknown seats, names taken, keys known, missing duty keys, two reading keys for one person."""
    body, root = office.desk.body, Metadata[Root].from_bytes(office.desk.root).signed
    for seat, kind in (("root-4", "root"), ("online", "timestamp"), ("dora", "editor"), ("dora", "duty")):
        with pytest.raises(OperatorFault, match=r"no root seat|no seat for|no editor|no duty officer"):
            old_keyids(change(tmp_path / seat / kind, seat, kind, kind), root, body)
    with pytest.raises(OperatorFault, match="name of her own"):
        next_body(body, [change(tmp_path / "1", "bob", "editor", "alice")], NOW)
    with pytest.raises(OperatorFault, match="too: make the keys with --duty"):
        next_body(body, [Change("bob", make_keys(tmp_path / "2", "editor", "bob", PASSPHRASE))], NOW)
    with pytest.raises(OperatorFault, match="one reading key"):
        next_body(body, [change(tmp_path / "3", "bob", "duty")], NOW)
    known = PublicKeys("root", "root-1", root.keys[root.roles["root"].keyids[0]])  # type: ignore[arg-type]
    with pytest.raises(OperatorFault, match="already"):
        next_root(office.desk.root, body, [Change("root-1", known)], NOW)


def test_all_root_versions_of_a_desk(office: Office) -> None:
    """The one in force and those before it, in order."""
    desk = office.folder / "desk"
    (desk / "roots").mkdir()
    (desk / "roots" / "1.root.json").write_bytes(office.desk.root)
    second = next_root(office.desk.root, office.desk.body, [], NOW).to_bytes()
    (desk / "root.json").write_bytes(second)
    assert roots(desk) == {1: office.desk.root, 2: second}
