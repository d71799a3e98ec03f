"""A ceremony: one change of keys, planned in a folder that goes from holder to holder, and taken up by the desk.

The folder holds what was (`before.json`, `desk-before.json`), what is planned (`plan.json`), what comes of it
(`root.json`, `desk.json`) and the minutes. Every holder's tool makes `root.json` and `desk.json` anew from the plan
before her key signs: nobody signs what she cannot read. A root version counts when enough holders of the root before it
and enough of its own have signed. Where root.json does not change (a duty officer's key), two editors sign the minutes.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from attrs import evolve, frozen
from securesystemslib.signer import Key, Signer
from tuf.api.metadata import Metadata, Root
from tuf.api.serialization import DeserializationError

from blocklist.canonical import format_instant
from blocklist.errors import OperatorFault
from blocklist.publish import body as bodies
from blocklist.publish.body import EDITORS_NEEDED, Body
from blocklist.publish.faults import Refusal
from blocklist.publish.files import make_folder, read_file, write_atomically
from blocklist.publish.keys import rotation
from blocklist.publish.keys.minutes import Minutes
from blocklist.publish.keys.publickeys import PublicKeys
from blocklist.publish.keys.rotation import Change
from blocklist.publish.keys.setup import ROOT_FILE

REASONS: Final = ("renewal", "lost", "stolen", "new_holder", "new_device")
FORMAT: Final = 1
_PLAN, _BEFORE, _ROOT, _BODY, _BODY_BEFORE, _MINUTES = (
    "plan.json",
    "before.json",
    "root.json",
    "desk.json",
    "desk-before.json",
    "minutes.json",
)


@frozen
class Plan:
    """What is to be done: a reason and the seats that get new keys (none: every key stays and root is renewed)."""

    reason: str
    changes: tuple[Change, ...]
    planned_at: datetime

    @property
    def id(self) -> str:
        """The ceremony's name: when it was planned."""
        return f"{self.planned_at:%Y%m%dT%H%M%SZ}"

    @property
    def in_root(self) -> bool:
        """Whether there is a new root version."""
        return not self.changes or any(change.in_root for change in self.changes)

    def to_bytes(self) -> bytes:
        """The file."""
        changes = [{"seat": change.seat, "new": change.new.to_plain()} for change in self.changes]
        plain = {"format": FORMAT, "reason": self.reason, "planned_at": format_instant(self.planned_at)}
        return json.dumps({**plain, "changes": changes}, indent=2).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read it back."""
        try:
            plain = json.loads(data)
            changes = (Change(one["seat"], PublicKeys.from_plain(one["new"])) for one in plain["changes"])
            made = cls(plain["reason"], tuple(changes), datetime.fromisoformat(plain["planned_at"]))
            if plain["format"] == FORMAT and made.reason in REASONS:
                return made
        except (ValueError, KeyError, TypeError):
            pass
        raise OperatorFault("ceremony_damaged", f"{_PLAN} is damaged: plan the ceremony anew")


@frozen
class Outcome:
    """What a plan makes of what was: the new root (None: unchanged), the new desk facts, and the minutes' facts."""

    root: Metadata[Root] | None
    body: Body
    facts: Mapping[str, Any]


@frozen
class Ceremony:
    """A ceremony folder as read: the signatures in it count only through `missing`."""

    folder: Path
    plan: Plan
    before: bytes
    body_before: Body
    root: Metadata[Root] | None
    minutes: Minutes

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read a folder and prove that its root and desk files are what its plan gives. `Refusal` if not."""
        plan = Plan.from_bytes(_read(folder, _PLAN))
        before = _read(folder, _BEFORE)
        body_before = _body(_read(folder, _BODY_BEFORE))
        expected = work_out(before, body_before, plan)
        root = None if expected.root is None else _root(_read(folder, _ROOT))
        minutes = Minutes.from_bytes(_read(folder, _MINUTES))
        same_root = root is None or expected.root is None or root.signed == expected.root.signed
        if not same_root or minutes.facts != expected.facts or _read(folder, _BODY) != expected.body.to_bytes():
            raise Refusal("plan_differs", "this ceremony's files are not what its plan gives: sign nothing, ask why")
        return cls(folder, plan, before, body_before, root, minutes)

    @property
    def body(self) -> Body:
        """The desk's facts after it."""
        return rotation.next_body(self.body_before, self.plan.changes, self.plan.planned_at)

    def signers(self) -> dict[str, Key]:
        """By key id: whose signatures this ceremony needs some of."""
        if self.root is None:
            return {editor.signing.keyid: editor.signing for editor in self.body_before.editors}
        before = Metadata[Root].from_bytes(self.before).signed
        roots = (before, self.root.signed)
        return {keyid: root.keys[keyid] for root in roots for keyid in root.roles[Root.type].keyids}

    def missing(self) -> tuple[int, int]:
        """How many signatures are missing of the holders before, and of those after it."""
        if self.root is None:
            proven = {witness.keyid for witness in self.minutes.proven(self.signers())}
            return max(0, EDITORS_NEEDED - len(proven)), 0
        before = Metadata[Root].from_bytes(self.before).signed
        result = self.root.signed.get_root_verification_result(before, self.root.signed_bytes, self.root.signatures)
        return max(0, result.first.missing), max(0, result.second.missing)

    def sign(self, holder: str, signer: Signer, now: datetime) -> Self:
        """Put one holder's signature on the new root and on the minutes. Raises `Refusal` for a key with no say."""
        keyid = signer.public_key.keyid
        if keyid not in self.signers():
            raise Refusal("key_no_say", f"the key of {holder} has no say in this ceremony: nothing was signed")
        if self.root is not None:
            self.root.sign(signer, append=True)
            write_atomically(self.folder / _ROOT, self.root.to_bytes())
        minutes = self.minutes.signed(holder, signer, now)
        write_atomically(self.folder / _MINUTES, minutes.to_bytes())
        return evolve(self, minutes=minutes)


def plan(folder: Path, desk: Path, reason: str, changes: Sequence[Change], now: datetime) -> Ceremony:
    """Begin a ceremony in the new folder `folder`, from the desk as it stands."""
    if reason not in REASONS:
        raise OperatorFault("reason", f"reason {reason!r}: one of {', '.join(REASONS)}")
    if len({change.seat for change in changes}) < len(changes):
        raise OperatorFault("seat_twice", "a seat gets one new key in a ceremony")
    if folder.exists() and any(folder.iterdir()):
        raise OperatorFault("folder_in_use", f"{folder} is not empty: a ceremony needs a folder of its own")
    planned = Plan(reason, tuple(changes), now.replace(microsecond=0))
    before, body_before = read_file(desk / ROOT_FILE, "root metadata"), Body.load(desk)
    outcome = work_out(before, body_before, planned)
    make_folder(folder)
    if outcome.root is not None:
        write_atomically(folder / _ROOT, outcome.root.to_bytes())
    write_atomically(folder / _BEFORE, before)
    write_atomically(folder / _BODY_BEFORE, body_before.to_bytes())
    write_atomically(folder / _BODY, outcome.body.to_bytes())
    write_atomically(folder / _MINUTES, Minutes(outcome.facts).to_bytes())
    write_atomically(folder / _PLAN, planned.to_bytes())
    return Ceremony.open(folder)


def work_out(before: bytes, body_before: Body, planned: Plan) -> Outcome:
    """What the plan makes of root and desk facts; every tool that is to sign works it out for itself."""
    old = _root(before).signed
    root = rotation.next_root(before, body_before, planned.changes, planned.planned_at) if planned.in_root else None
    body = rotation.next_body(body_before, planned.changes, planned.planned_at)
    changes = [
        {
            "seat": change.seat,
            "kind": change.new.kind,
            "holder": change.new.name,
            "out": list(rotation.old_keyids(change, old, body_before)),
            "in": list(change.new.keyids),
        }
        for change in planned.changes
    ]
    facts = {
        "list_id": body.list_id,
        "ceremony": planned.id,
        "reason": planned.reason,
        "root_before": old.version,
        "root_after": None if root is None else root.signed.version,
        "root_expires": None if root is None else format_instant(root.signed.expires),
        "root_signed_sha256": None if root is None else sha256(root.signed_bytes).hexdigest(),
        "desk_before_sha256": body_before.digest,
        "desk_after_sha256": body.digest,
        "changes": changes,
    }
    return Outcome(root, body, facts)


def _read(folder: Path, name: str) -> bytes:
    return read_file(folder / name, "file of the ceremony")


def _root(data: bytes) -> Metadata[Root]:
    try:
        metadata = Metadata[Root].from_bytes(data)
    except DeserializationError:
        metadata = None
    if metadata is None or not isinstance(metadata.signed, Root):
        raise OperatorFault("ceremony_damaged", f"{_ROOT} or {_BEFORE} is damaged: take another holder's copy")
    return metadata


def _body(data: bytes) -> Body:
    try:
        return bodies.Body.from_bytes(data)
    except (ValueError, KeyError, TypeError):
        raise OperatorFault("ceremony_damaged", f"{_BODY_BEFORE} is damaged: take another holder's copy") from None
