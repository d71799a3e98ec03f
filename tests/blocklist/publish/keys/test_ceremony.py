"""A ceremony, from plan to the last signature."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner

from blocklist.errors import OperatorFault
from blocklist.publish.faults import Refusal
from blocklist.publish.keys import ceremony
from blocklist.publish.keys.ceremony import Ceremony, plan
from blocklist.publish.keys.keyfiles import load_signing_key
from blocklist.publish.keys.rotation import Change
from tests.blocklist.publish.keys.test_rotation import change
from tests.blocklist.publish.support import NOW, PASSPHRASE, Office


def holder(office: Office, name: str) -> CryptoSigner:
    return load_signing_key(office.desk.keys_folder / f"{name}.pem", PASSPHRASE)


@pytest.fixture
def planned(office: Office, tmp_path: Path) -> Iterator[Ceremony]:
    """Root seat 3 gets a new key, since the old one is lost."""
    yield plan(tmp_path / "c", office.folder / "desk", "lost", [change(tmp_path / "new", "root-3", "root")], NOW)


def test_old_and_new_holders_sign_root_and_minutes(office: Office, planned: Ceremony, tmp_path: Path) -> None:
    """Two of three before and two of three after: here the two who stay are enough for both."""
    assert planned.missing() == (2, 2)
    first = planned.sign("root-1", holder(office, "root-1"), NOW)
    assert first.missing() == (1, 1)
    new = load_signing_key(tmp_path / "new" / "root-3.pem", PASSPHRASE)
    assert first.sign("root-3", new, NOW).missing() == (1, 0)
    last = Ceremony.open(planned.folder).sign("root-2", holder(office, "root-2"), NOW)
    assert last.missing() == (0, 0)
    assert [one.holder for one in last.minutes.proven(last.signers())] == ["root-1", "root-3", "root-2"]
    assert last.minutes.facts["changes"][0]["in"] == [new.public_key.keyid]


def test_a_key_without_a_say_signs_nothing(office: Office, planned: Ceremony) -> None:
    """An editor's, an online key."""
    before = planned.root
    for name in ("alice.sign", "timestamp"):
        with pytest.raises(Refusal, match="no say"):
            planned.sign(name, holder(office, name), NOW)
    assert Ceremony.open(planned.folder).root == before


def test_nobody_signs_what_the_plan_does_not_give(planned: Ceremony) -> None:
    """A root with another threshold, a desk with another editor, minutes that say less: each is noticed."""
    for name, old, new in (
        ("root.json", b'"threshold":2', b'"threshold":1'),
        ("desk.json", b'"name": "bob"', b'"name": "bab"'),
        ("minutes.json", b'"lost"', b'"renewal"'),
    ):
        path = planned.folder / name
        data = path.read_bytes()
        changed = json.dumps(json.loads(data)).encode() if name == "root.json" else data
        path.write_bytes(changed.replace(old.replace(b":", b": ") if name == "root.json" else old, new))
        assert path.read_bytes() != changed
        with pytest.raises(Refusal, match="sign nothing"):
            Ceremony.open(planned.folder)
        path.write_bytes(data)
    assert Ceremony.open(planned.folder) == planned


def test_two_editors_are_enough_for_a_duty_officers_key(office: Office, tmp_path: Path) -> None:
    """Root does not name it; the minutes are signed all the same."""
    keys = office.desk.keys_folder
    (keys / "carol.duty.pem").rename(keys / "carol.duty.old")
    new = change(keys, "carol", "duty")
    made = plan(tmp_path / "c", office.folder / "desk", "stolen", [new], NOW)
    assert (made.root, made.missing()) == (None, (2, 0))
    with pytest.raises(Refusal, match="no say"):
        made.sign("root-1", holder(office, "root-1"), NOW)
    made = made.sign("alice", office.alice.signing, NOW).sign("bob", office.bob.signing, NOW)
    assert made.missing() == (0, 0)


def test_wrong_plans_and_damaged_folders_are_told(office: Office, planned: Ceremony, tmp_path: Path) -> None:
    """Each with what to do."""
    desk, seat = office.folder / "desk", planned.plan.changes[0]
    with pytest.raises(OperatorFault, match="one of renewal"):
        plan(tmp_path / "d", desk, "whim", [], NOW)
    with pytest.raises(OperatorFault, match="one new key"):
        plan(tmp_path / "d", desk, "lost", [seat, Change("root-3", seat.new)], NOW)
    with pytest.raises(OperatorFault, match="a folder of its own"):
        plan(planned.folder, desk, "renewal", [], NOW)
    for name in ("plan.json", "before.json", "root.json", "desk-before.json", "minutes.json"):
        path = planned.folder / name
        data = path.read_bytes()
        path.write_bytes(b"{}")
        with pytest.raises(OperatorFault, match=r"damaged"):
            Ceremony.open(planned.folder)
        path.write_bytes(data)


def test_reasons_are_codes() -> None:
    """No free text in the minutes."""
    assert all(reason.replace("_", "").isalpha() for reason in ceremony.REASONS)
