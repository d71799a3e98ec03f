"""Making a desk."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Root

from blocklist.errors import OperatorFault
from blocklist.publish.desk import Desk
from blocklist.publish.keys.setup import FULL_ROOT
from blocklist.publish.publication.outlet import ONLINE_ROLES
from tests.blocklist.publish.support import EDITORS, NOW, PASSPHRASE, Office, new_desk


@pytest.mark.parametrize(("small", "keys", "needed"), [(True, 3, 2), (False, 5, 3)])
def test_root_has_the_real_thresholds(tmp_path: Path, small: bool, keys: int, needed: int) -> None:
    """Root 2 of 3 or 3 of 5, targets 2 of 3, snapshot and timestamp 1; signed by the root keys; one year."""
    holders = dict.fromkeys((*EDITORS, *FULL_ROOT.holders, *ONLINE_ROLES), PASSPHRASE)
    Desk.create(tmp_path / "desk", new_desk() if small else new_desk(root=FULL_ROOT, passphrases=holders), NOW).close()
    metadata = Metadata[Root].from_file(str(tmp_path / "desk" / "root.json"))
    root = metadata.signed
    assert {role: (len(one.keyids), one.threshold) for role, one in root.roles.items()} == {
        "root": (keys, needed),
        "targets": (3, 2),
        "snapshot": (1, 1),
        "timestamp": (1, 1),
    }
    assert root.expires == NOW + timedelta(days=365)
    assert root.consistent_snapshot
    root.verify_delegate("root", metadata.signed_bytes, metadata.signatures)


def test_every_holder_has_files_of_her_own(tmp_path: Path) -> None:
    """Three for each editor, two for a duty officer who is none, one for each root key and on-line role."""
    passphrases = {**new_desk().passphrases, "dave": PASSPHRASE}
    new = new_desk(duties=("dave", "carol"), passphrases=passphrases)
    desk = Desk.create(tmp_path / "desk", new, NOW, tmp_path / "keys")
    assert [duty.name for duty in desk.body.duties] == ["dave", "carol"]
    assert desk.body.duty("carol").reading == desk.body.editor("carol").reading
    desk.close()
    names = sorted(path.name for path in (tmp_path / "keys").iterdir())
    editors = [f"{name}.{use}.pem" for name in EDITORS for use in ("sign", "keyring", "read")]
    duties = ["carol.duty.pem", "dave.duty.pem", "dave.read.pem"]
    others = ["root-1.pem", "root-2.pem", "root-3.pem", "snapshot.pem", "timestamp.pem"]
    assert names == sorted([*editors, *duties, *others])


def test_without_duty_officers_the_editors_are_them(office: Office) -> None:
    """Each has one key file more, and reads with her own reading key."""
    assert [duty.name for duty in office.desk.body.duties] == list(EDITORS)
    assert (office.desk.keys_folder / "bob.duty.pem").is_file()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"list_id": "Bad Id"}, "list id"),
        ({"purpose": "gambling"}, "only purpose"),
        ({"editors": ("alice", "bob")}, "3 or more"),
        ({"editors": ("alice", "bob", "alice")}, "name of her own"),
        ({"editors": ("alice", "bob", "root-1")}, "name of her own"),
        ({"duties": ("dave", "dave")}, "name of her own"),
        ({"duties": ("../dave",)}, "use a-z"),
        ({"passphrases": dict.fromkeys((*EDITORS, *FULL_ROOT.holders, *ONLINE_ROLES), b"short")}, "fewer than 16"),
    ],
)
def test_a_wrong_start_makes_no_desk(tmp_path: Path, fields: dict[str, object], message: str) -> None:
    """Bad ids, another purpose, too few editors, short passphrases."""
    with pytest.raises(OperatorFault, match=message):
        Desk.create(tmp_path / "desk", new_desk(**fields), NOW)
    with pytest.raises(OperatorFault, match="is no desk"):
        Desk.open(tmp_path / "desk")


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    """A desk needs a folder of its own."""
    (tmp_path / "note").touch()
    with pytest.raises(OperatorFault, match="not empty"):
        Desk.create(tmp_path, new_desk(), NOW)
