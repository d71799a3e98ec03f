"""The end of a ceremony at the desk: new root and desk facts in force, secrets wrapped to the new reading keys.

Save, then act, in an order that a kill cannot spoil: master, `desk.json`, `root.json`. Run again, it goes on where it
was; a ceremony that was taken up whole changes nothing.
"""

import os
from datetime import datetime
from pathlib import Path
from typing import Final

from attrs import frozen
from tuf.api.metadata import Metadata

from blocklist.errors import OperatorFault, PublisherFault
from blocklist.keyring import MATCH_PROFILE, unwrap, wrap
from blocklist.publish.body import EDITORS_NEEDED, Body
from blocklist.publish.faults import Refusal
from blocklist.publish.files import make_folder, only_one, read_file, write_atomically
from blocklist.publish.keys.ceremony import Ceremony
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.keys.minutes import Minutes
from blocklist.publish.keys.publickeys import DUTY, EDITOR
from blocklist.publish.keys.rotation import ROOTS_FOLDER, Change
from blocklist.publish.keys.setup import FIRST_EPOCH, ROOT_FILE, wrap_for
from blocklist.publish.master import approvals, rows
from blocklist.publish.master.master import Master
from blocklist.publish.master.vault import DATA_KEY_PROFILE, KEY_BYTES, Vault

MINUTES_FOLDER: Final = "minutes"
STOLEN: Final = "stolen"


@frozen
class Taken:
    """What a ceremony left to do: approvals that count no more, counted by what they were about."""

    root_version: int
    entries_to_approve: int
    subscribers_to_approve: int
    minutes: Path


def take_up(desk: Path, ceremony: Ceremony, keys: EditorKeys | None, now: datetime) -> Taken:
    """Put a ceremony in force at the desk. `keys`: an editor's, when somebody gets a new reading key.

    She signs the minutes, too, since nobody else can tell that the secrets were wrapped.
    Raises `Refusal` while signatures are missing, `OperatorFault` for another desk's ceremony.
    """
    before, after = ceremony.missing()
    if before or after:
        raise Refusal(
            "signatures_missing",
            f"this ceremony needs {before} more signature(s) of the holders before it and {after} of those after it",
        )
    with only_one(desk):
        _check_place(desk, ceremony)
        entries, subscribers = (0, 0) if Body.load(desk) == ceremony.body else _write_master(desk, ceremony, keys)
        ceremony.body.save(desk)
        if ceremony.root is not None:
            version = ceremony.root.signed.version - 1
            make_folder(desk / ROOTS_FOLDER)
            write_atomically(desk / ROOTS_FOLDER / f"{version}.root.json", ceremony.before)
            write_atomically(desk / ROOT_FILE, ceremony.root.to_bytes())
        minutes = Minutes(ceremony.minutes.facts, ceremony.minutes.proven(ceremony.signers()))
        if keys is not None:
            minutes = minutes.signed(keys.name, keys.signing, now)
        path = make_folder(desk / MINUTES_FOLDER) / f"{ceremony.plan.id}.json"
        write_atomically(path, minutes.to_bytes())
        write_atomically(path.with_suffix(".txt"), minutes.text().encode())
    version = Metadata.from_bytes(read_file(desk / ROOT_FILE, "root metadata")).signed.version
    return Taken(version, entries, subscribers, path)


def _check_place(desk: Path, ceremony: Ceremony) -> None:
    """The desk must be the one it was planned for, or have taken it up already, in part or whole."""
    here = read_file(desk / ROOT_FILE, "root metadata")
    same = Metadata.from_bytes(here).signed
    after = None if ceremony.root is None else ceremony.root.signed
    if here != ceremony.before and same != after:
        raise OperatorFault("other_root", "root.json changed since this ceremony was planned: plan it anew")
    if Body.load(desk) not in (ceremony.body_before, ceremony.body):
        raise OperatorFault("other_desk", "desk.json changed since this ceremony was planned: plan it anew")


def _write_master(desk: Path, ceremony: Ceremony, keys: EditorKeys | None) -> tuple[int, int]:
    """Wrap every secret anew, and forget what replaced editors approved; returns what then lacks approvals."""
    if keys is None:
        raise OperatorFault("editor_missing", "an editor must wrap the desk's secrets to the new reading key: --editor")
    master = Master.open(desk)
    try:
        with master.transaction():
            counted = {item for item, count in master.approvers().items() if count >= EDITORS_NEEDED}
            if ceremony.plan.reason == STOLEN and any(one.new.kind == EDITOR for one in ceremony.plan.changes):
                _new_data_key(master, ceremony, keys)
            for change in ceremony.plan.changes:
                _wrap(master, ceremony.body, change, keys)
                if change.new.kind == EDITOR:
                    master.forget_approvals(change.seat)
            _agree(master, ceremony, keys)
            approvers = master.approvers()
            fallen = {item for item in counted if approvers.get(item, 0) < EDITORS_NEEDED}
            subscribers = {one.id for one in master.subscribers()}
            return len(fallen & master.entries.live_ids()), len(fallen & subscribers)
    finally:
        master.close()


def _new_data_key(master: Master, ceremony: Ceremony, keys: EditorKeys) -> None:
    """A thief who can open a copy of the desk shall not open the next copy: seal every name anew."""
    list_id, gone = ceremony.body.list_id, {change.seat for change in ceremony.plan.changes}
    wrapped = master.wrapped(DATA_KEY_PROFILE, FIRST_EPOCH, keys.name)
    old, new = _opened(wrapped, keys, list_id, FIRST_EPOCH, DATA_KEY_PROFILE), os.urandom(KEY_BYTES)
    rows.reseal(master, Vault(list_id, old), Vault(list_id, new))
    master.forget_wrapped(DATA_KEY_PROFILE)
    stay = {one.name: one.reading for one in ceremony.body_before.editors if one.name not in gone}
    wrap_for(master, list_id, DATA_KEY_PROFILE, FIRST_EPOCH, stay, new)


def _agree(master: Master, ceremony: Ceremony, keys: EditorKeys) -> None:
    """She who agreed to the key holders before agrees to those after it; every other editor says so herself."""
    before, after = (
        approvals.sign_holders(body.digest, body.list_id, keys.signing).hex()
        for body in (ceremony.body_before, ceremony.body)
    )
    if master.agreed(keys.name) == before:
        master.put_agreed(keys.name, after)


def _opened(wrapped: bytes, keys: EditorKeys, list_id: str, epoch: int, profile: str) -> bytes:
    try:
        return unwrap(wrapped, keys.reading, list_id=list_id, epoch=epoch, profile=profile)
    except PublisherFault:
        raise OperatorFault("reading_key", f"the reading key of {keys.name} does not open this desk") from None


def _wrap(master: Master, body: Body, change: Change, keys: EditorKeys) -> None:
    """Every secret this editor can open that the new holder is to have; a duty officer gets the epochs' only."""
    new, editors = change.new, {editor.name: editor.reading for editor in body.editors}
    if not new.reading or (new.kind == DUTY and editors.get(new.name) == new.reading):
        return
    if keys.name in (change.seat, new.name):
        raise OperatorFault("editor_other", "another editor must wrap the desk's secrets to the new reading key")
    wrapped = []
    for profile, epoch, data in master.wrapped_for(keys.name):
        if new.kind == DUTY and profile != MATCH_PROFILE:
            continue
        secret = _opened(data, keys, body.list_id, epoch, profile)
        wrapped.append((profile, epoch, wrap(secret, new.reading, list_id=body.list_id, epoch=epoch, profile=profile)))
    gone = new.name if new.kind == DUTY and change.seat in editors else change.seat
    master.replace_wrapped(gone, new.name, wrapped)
