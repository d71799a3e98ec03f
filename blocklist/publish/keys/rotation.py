"""What a change of keys makes of root.json and desk.json. Pure: files in, files out.

A *seat* is what a key is for, whoever holds it: `root-3` is the third key of the root role, an editor's or duty
officer's name her place at the desk, `snapshot` and `timestamp` the online keys. A seat keeps its place when its key is
replaced, so that its name goes on to mean something.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from attrs import evolve, frozen
from tuf.api.metadata import Metadata, Root

from blocklist.errors import OperatorFault
from blocklist.publish.body import Body, Duty, Editor, FormerDuty
from blocklist.publish.files import read_file
from blocklist.publish.keys.publickeys import DUTY, EDITOR, ONLINE_KINDS, ROOT, PublicKeys
from blocklist.publish.keys.setup import ROOT_FILE
from blocklist.publish.versions.roles import ROOT_LIFETIME

ROOTS_FOLDER: Final = "roots"  # in the desk: the root versions before the one in force
_ROLE: Final = {ROOT: "root", EDITOR: "targets", "snapshot": "snapshot", "timestamp": "timestamp"}


@frozen
class Change:
    """One seat and the keys it gets."""

    seat: str
    new: PublicKeys

    @property
    def in_root(self) -> bool:
        """Whether root.json names this key: a duty officer's stands in the targets file alone."""
        return self.new.kind != DUTY


def old_keyids(change: Change, root: Root, body: Body) -> tuple[str, ...]:
    """Ids of the keys that lose the seat. Raises `OperatorFault` for a seat that is not there."""
    kind, seat = change.new.kind, change.seat
    if kind == ROOT:
        keyids = root.roles[ROOT].keyids
        names = [f"root-{number}" for number in range(1, len(keyids) + 1)]
        if seat not in names:
            raise OperatorFault("seat_unknown", f"no root seat {seat!r}: the seats are {', '.join(names)}")
        return (keyids[names.index(seat)],)
    if kind in ONLINE_KINDS:
        if seat != kind:
            raise OperatorFault("seat_unknown", f"{seat!r} is no seat for a {kind} key: write {kind}=FILE")
        return tuple(root.roles[kind].keyids)
    if kind == DUTY:
        return (body.duty(seat).signing.keyid,)
    editor = body.editor(seat)
    officer = [duty.signing.keyid for duty in body.duties if duty.name == seat]
    return (editor.signing.keyid, editor.keyring.keyid, *officer)


def next_root(root: bytes, body: Body, changes: Sequence[Change], now: datetime) -> Metadata[Root]:
    """The next root version, unsigned, with a year to live."""
    signed = Metadata[Root].from_bytes(root).signed
    before = Metadata[Root].from_bytes(root).signed
    for change in changes:
        if change.in_root:
            old, role = old_keyids(change, before, body)[0], signed.roles[_ROLE[change.new.kind]]
            keyid = change.new.signing.keyid
            if keyid in signed.keys:
                raise OperatorFault("key_known", f"the new key of {change.seat} is in root.json already")
            role.keyids[role.keyids.index(old)] = keyid
            signed.keys[keyid] = change.new.signing
    used = {keyid for role in signed.roles.values() for keyid in role.keyids}
    signed.keys = {keyid: key for keyid, key in signed.keys.items() if keyid in used}
    signed.version += 1
    signed.expires = now.replace(microsecond=0) + ROOT_LIFETIME
    return Metadata(signed)


def next_body(body: Body, changes: Sequence[Change], now: datetime) -> Body:
    """The desk's facts with the new editors and duty officers. Raises `OperatorFault` for a name taken twice.

    What a replaced duty key withdrew before `now` goes on counting: whether it was a thief's is for two editors to say.
    """
    seats = {change.seat for change in changes}
    until = int(now.timestamp())
    before = body
    for change in changes:
        new = change.new
        if new.kind == EDITOR and new.keyring is not None:
            body = _with_editor(body, change.seat, Editor(new.name, new.signing, new.keyring, new.reading), new)
        elif new.kind == DUTY:
            body = _with_duty(body, change.seat, Duty(new.name, new.signing, new.reading))
    gone = [one for one in before.duties if one.name in seats and one not in body.duties]
    former = (*body.former_duties, *(FormerDuty(one.name, one.signing, until) for one in gone))
    body = evolve(body, former_duties=former)
    for holders in (body.editors, body.duties):
        names = [holder.name for holder in holders]
        if len(set(names)) < len(names):
            raise OperatorFault("holder_name", "each editor and each duty officer needs a name of her own")
    own = {editor.name: editor.reading for editor in body.editors}
    if any(duty.reading != own.get(duty.name, duty.reading) for duty in body.duties):
        raise OperatorFault(
            "reading_key", "an editor who is a duty officer has one reading key: make the new key beside it"
        )
    return body


def _with_editor(body: Body, seat: str, editor: Editor, new: PublicKeys) -> Body:
    is_duty = any(duty.name == seat for duty in body.duties)
    if is_duty != (new.duty is not None):
        need = f"{seat} is a duty officer, too: make the keys with --duty" if is_duty else f"{seat} is no duty officer"
        raise OperatorFault("duty_key", need)
    body = evolve(body, editors=tuple(editor if one.name == seat else one for one in body.editors))
    return body if new.duty is None else _with_duty(body, seat, Duty(new.name, new.duty, new.reading))


def _with_duty(body: Body, seat: str, duty: Duty) -> Body:
    return evolve(body, duties=tuple(duty if one.name == seat else one for one in body.duties))


def roots(desk: Path) -> Mapping[int, bytes]:
    """Every root version this desk ever published, oldest first: clients walk from the one they pinned."""
    files = [*(desk / ROOTS_FOLDER).glob("*.root.json"), desk / ROOT_FILE]
    found = {}
    for path in files:
        data = read_file(path, "root metadata")
        found[Metadata[Root].from_bytes(data).signed.version] = data
    return dict(sorted(found.items()))
