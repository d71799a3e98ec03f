"""Making a desk: keys for every holder, root.json with the real thresholds, the empty master.

Root holders and editors type their own passphrases; each key is a file of its own that its holder may take away.
"""

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from attrs import frozen
from securesystemslib.signer import CryptoSigner

from blocklist.criteria import CriteriaSet
from blocklist.errors import OperatorFault
from blocklist.keyring import MATCH_PROFILE, generate_private, public_bytes, wrap
from blocklist.publish import roles
from blocklist.publish.body import EDITORS_NEEDED, PURPOSE, Body, Editor, check_list
from blocklist.publish.files import make_folder, write_atomically
from blocklist.publish.keyfiles import check_holder_name, new_reading_key, new_signing_key
from blocklist.publish.master import Master
from blocklist.publish.outlet import ONLINE_ROLES
from blocklist.publish.vault import DATA_KEY_PROFILE, KEY_BYTES

ROOT_FILE: Final = "root.json"
CRITERIA_FILE: Final = "criteria.json"
KEYS_FOLDER: Final = "keys"
FIRST_EPOCH: Final = 1


@frozen
class RootSize:
    """How many root keys there are and how many must agree."""

    keys: int
    needed: int

    @property
    def holders(self) -> tuple[str, ...]:
        """Names of the root keys: `root-1`, `root-2`…"""
        return tuple(f"root-{number}" for number in range(1, self.keys + 1))


FULL_ROOT: Final = RootSize(5, 3)
SMALL_ROOT: Final = RootSize(3, 2)


@frozen(kw_only=True)
class NewDesk:
    """What `init` was told. `passphrases` has one for each editor, each of `root.holders` and each online role."""

    list_id: str
    criteria: CriteriaSet
    editors: tuple[str, ...]
    passphrases: Mapping[str, bytes]
    purpose: str = PURPOSE
    own_domain: str | None = None
    root: RootSize = FULL_ROOT


def create(folder: Path, keys_folder: Path, new: NewDesk, now: datetime) -> None:
    """Make the desk; `desk.json` is written last, so that a half-made folder is no desk.

    Raises `OperatorFault` for a folder in use, a bad id or holder name, too few editors, a short passphrase.
    """
    check_list(new.list_id, new.purpose, len(new.editors))
    if len({*new.editors, *new.root.holders, *ONLINE_ROLES}) != len(new.editors) + new.root.keys + len(ONLINE_ROLES):
        raise OperatorFault("holder_name", "each editor needs a name of her own, and not that of another key")
    if folder.exists() and any(folder.iterdir()):
        raise OperatorFault("folder_in_use", f"{folder} is not empty: a desk needs a folder of its own")
    make_folder(folder)
    make_folder(keys_folder)
    editors = tuple(_new_editor(keys_folder, check_holder_name(name), new.passphrases[name]) for name in new.editors)
    body = Body(
        list_id=new.list_id,
        purpose=new.purpose,
        own_domain=new.own_domain,
        epoch=FIRST_EPOCH,
        base_date=now.date() - timedelta(days=1),  # an entry that ends on the first day already has one day
        editors=editors,
    )
    write_atomically(folder / ROOT_FILE, _new_root(keys_folder, editors, new, now))
    write_atomically(folder / CRITERIA_FILE, new.criteria.to_bytes())
    _new_master(folder, body)
    body.save(folder)


def _new_editor(keys_folder: Path, name: str, passphrase: bytes) -> Editor:
    private = generate_private()
    new_reading_key(keys_folder / f"{name}.read.pem", private, passphrase)
    return Editor(
        name=name,
        signing=new_signing_key(keys_folder / f"{name}.sign.pem", passphrase).public_key,
        keyring=new_signing_key(keys_folder / f"{name}.keyring.pem", passphrase).public_key,
        reading=public_bytes(private),
    )


def _new_root(keys_folder: Path, editors: tuple[Editor, ...], new: NewDesk, now: datetime) -> bytes:
    def key(name: str) -> CryptoSigner:
        return new_signing_key(keys_folder / f"{name}.pem", new.passphrases[name])

    holders = [key(name) for name in new.root.holders]
    public = {role: [key(role).public_key] for role in ONLINE_ROLES}
    public["targets"] = [editor.signing for editor in editors]
    public["root"] = [holder.public_key for holder in holders]
    thresholds = {"root": new.root.needed, "targets": EDITORS_NEEDED, "snapshot": 1, "timestamp": 1}
    return roles.make_root(public, thresholds, holders, now).to_bytes()


def _new_master(folder: Path, body: Body) -> None:
    """The data key and the first epoch's secret exist nowhere but wrapped to the editors' reading keys."""
    master = Master.create(folder)
    data_key, secret = os.urandom(KEY_BYTES), os.urandom(KEY_BYTES)
    with master.transaction():
        for editor in body.editors:
            for profile, key in ((DATA_KEY_PROFILE, data_key), (MATCH_PROFILE, secret)):
                wrapped = wrap(key, editor.reading, list_id=body.list_id, epoch=body.epoch, profile=profile)
                master.put_wrapped(profile, body.epoch, editor.name, wrapped)
    master.close()
