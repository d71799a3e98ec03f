"""Making a desk: keys for every holder, root.json with the real thresholds, the empty master.

Root holders and editors type their own passphrases; each key is a file of its own that its holder may take away.
"""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from attrs import evolve, frozen
from securesystemslib.signer import CryptoSigner

from blocklist.criteria import CriteriaSet
from blocklist.errors import OperatorFault
from blocklist.keyring import MATCH_PROFILE, generate_private, public_bytes, wrap
from blocklist.publish.body import EDITORS_NEEDED, PURPOSE, Body, Duty, Editor, check_list
from blocklist.publish.files import make_folder, write_atomically
from blocklist.publish.keys.keyfiles import check_holder_name, new_reading_key, new_signing_key
from blocklist.publish.master import approvals
from blocklist.publish.master.master import Master
from blocklist.publish.master.vault import DATA_KEY_PROFILE, KEY_BYTES
from blocklist.publish.publication.outlet import ONLINE_ROLES
from blocklist.publish.versions import roles

ROOT_FILE: Final = "root.json"
CRITERIA_FILE: Final = "criteria.json"
KEYS_FOLDER: Final = "keys"
FIRST_EPOCH: Final = 1
LOG_PROFILE: Final = "log"  # HPKE profile of the key behind the public record's commitments


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
    """What `init` was told. `passphrases` has one for each editor, duty officer, root holder and online role.

    Without `duties` the editors are the duty officers, each with one key file more.
    """

    list_id: str
    criteria: CriteriaSet
    editors: tuple[str, ...]
    passphrases: Mapping[str, bytes]
    purpose: str = PURPOSE
    own_domain: str | None = None
    root: RootSize = FULL_ROOT
    duties: tuple[str, ...] = ()

    @property
    def holders(self) -> tuple[str, ...]:
        """Everybody who types a passphrase, but for the online machine."""
        return tuple(dict.fromkeys((*self.editors, *self.duties, *self.root.holders)))


def create(folder: Path, keys_folder: Path, new: NewDesk, now: datetime) -> None:
    """Make the desk; `desk.json` is written last, so that a half-made folder is no desk.

    Raises `OperatorFault` for a folder in use, a bad id or holder name, too few editors, a short passphrase.
    """
    check(folder, new)
    make_folder(folder)
    make_folder(keys_folder)
    made = [_new_editor(keys_folder, name, new.passphrases[name]) for name in new.editors]
    editors = tuple(editor for editor, _ in made)
    duties = tuple(new_duty(keys_folder, name, new.passphrases[name], editors) for name in new.duties or new.editors)
    body = Body(
        list_id=new.list_id,
        purpose=new.purpose,
        own_domain=new.own_domain,
        epoch=FIRST_EPOCH,
        base_date=now.date() - timedelta(days=1),  # an entry that ends on the first day already has one day
        editors=editors,
        duties=duties,
    )
    write_atomically(folder / ROOT_FILE, _new_root(keys_folder, editors, new, now))
    write_atomically(folder / CRITERIA_FILE, new.criteria.to_bytes())
    _new_master(folder, body, {editor.name: signer for editor, signer in made})
    body.save(folder)


def check(folder: Path, new: NewDesk) -> None:
    """Refuse what `create` would refuse, but for the passphrases: before anybody is asked for one."""
    check_list(new.list_id, new.purpose, len(new.editors))
    _check_names(new)
    if folder.exists() and any(folder.iterdir()):
        raise OperatorFault("folder_in_use", f"{folder} is not empty: a desk needs a folder of its own")


def _check_names(new: NewDesk) -> None:
    people = {*new.editors, *new.duties}
    if len(set(new.editors)) < len(new.editors) or len(set(new.duties)) < len(new.duties):
        raise OperatorFault("holder_name", "each editor and each duty officer needs a name of her own")
    if people & {*new.root.holders, *ONLINE_ROLES}:
        raise OperatorFault("holder_name", "an editor or duty officer needs a name of her own, not that of another key")
    for name in people:
        check_holder_name(name)


def new_duty(keys_folder: Path, name: str, passphrase: bytes, editors: Iterable[Editor]) -> Duty:
    """Make a duty officer's key, and a reading key unless she is an editor and has one."""
    check_holder_name(name)
    reading = next((editor.reading for editor in editors if editor.name == name), None)
    if reading is None:
        reading = _new_reading(keys_folder, name, passphrase)
    return Duty(name, new_signing_key(keys_folder / f"{name}.duty.pem", passphrase).public_key, reading)


def add_duty(
    folder: Path,
    keys_folder: Path,
    body: Body,
    master: Master,
    name: str,
    passphrase: bytes,
    secrets: Mapping[int, bytes],
) -> Body:
    """Add a duty officer to a desk; `secrets` are those of the epochs she will need, `{epoch: secret}`.

    `desk.json` is written last: a kill before leaves key files nobody knows, which their holder deletes.
    """
    if any(duty.name == name for duty in body.duties):
        raise OperatorFault("duty_known", f"{name} is a duty officer of this desk already")
    new = new_duty(keys_folder, name, passphrase, body.editors)
    if all(editor.name != name for editor in body.editors):
        with master.transaction():
            for epoch, secret in secrets.items():
                wrapped = wrap(secret, new.reading, list_id=body.list_id, epoch=epoch, profile=MATCH_PROFILE)
                master.put_wrapped(MATCH_PROFILE, epoch, name, wrapped)
    grown = evolve(body, duties=(*body.duties, new))
    grown.save(folder)
    return grown


def _new_reading(keys_folder: Path, name: str, passphrase: bytes) -> bytes:
    private = generate_private()
    new_reading_key(keys_folder / f"{name}.read.pem", private, passphrase)
    return public_bytes(private)


def _new_editor(keys_folder: Path, name: str, passphrase: bytes) -> tuple[Editor, CryptoSigner]:
    reading = _new_reading(keys_folder, name, passphrase)
    signer = new_signing_key(keys_folder / f"{name}.sign.pem", passphrase)
    keyring = new_signing_key(keys_folder / f"{name}.keyring.pem", passphrase).public_key
    return Editor(name, signer.public_key, keyring, reading), signer


def _new_root(keys_folder: Path, editors: tuple[Editor, ...], new: NewDesk, now: datetime) -> bytes:
    def key(name: str) -> CryptoSigner:
        return new_signing_key(keys_folder / f"{name}.pem", new.passphrases[name])

    holders = [key(name) for name in new.root.holders]
    public = {role: [key(role).public_key] for role in ONLINE_ROLES}
    public["targets"] = [editor.signing for editor in editors]
    public["root"] = [holder.public_key for holder in holders]
    thresholds = {"root": new.root.needed, "targets": EDITORS_NEEDED, "snapshot": 1, "timestamp": 1}
    return roles.make_root(public, thresholds, holders, now).to_bytes()


def _new_master(folder: Path, body: Body, signers: Mapping[str, CryptoSigner]) -> None:
    """The data key, the log key and the first epoch's secret exist nowhere but wrapped to reading keys.

    The editors, who are all here, agree to the key holders.
    """
    master = Master.create(folder)
    editors = {editor.name: editor.reading for editor in body.editors}
    with master.transaction():
        for profile, readers in ((DATA_KEY_PROFILE, editors), (MATCH_PROFILE, body.readers()), (LOG_PROFILE, editors)):
            wrap_for(master, body.list_id, profile, body.epoch, readers, os.urandom(KEY_BYTES))
        for name, signer in signers.items():
            master.put_agreed(name, approvals.sign_holders(body.digest, body.list_id, signer).hex())
    master.close()


def wrap_for(master: Master, list_id: str, profile: str, epoch: int, readers: Mapping[str, bytes], key: bytes) -> None:
    """Keep a key wrapped to each reader, `{name: reading key}`. Inside the caller's transaction."""
    for name, reading in readers.items():
        master.put_wrapped(profile, epoch, name, wrap(key, reading, list_id=list_id, epoch=epoch, profile=profile))
