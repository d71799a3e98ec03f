"""Withdrawing: one duty officer takes entries off in seconds; nothing in this file can add one.

Her `withdraw/current` replaces the one before, so it carries everything that is off and not yet left out of a version.
She needs the epoch's secret and no data key: an entry is found by its id or by the token of a name she was told, and
no other name is opened. The next version leaves the entries out (it *confirms*), unless two editors reinstate them.
"""

import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from attrs import frozen
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import Signature, SSlibKey
from tuf.api.metadata import Metadata, Targets

from blocklist import canonical
from blocklist.canonical import format_instant
from blocklist.errors import OperatorFault
from blocklist.names import canonical_name, suffixes, to_wire
from blocklist.publish.body import EDITORS_NEEDED, Body
from blocklist.publish.faults import Refusal
from blocklist.publish.keys.keyfiles import DutyKeys, EditorKeys
from blocklist.publish.master.master import Master
from blocklist.publish.master.releases import Releases
from blocklist.publish.master.withdrawals import REINSTATE, Withdrawn
from blocklist.publish.publication.outlet import SignedRole
from blocklist.publish.records import shown
from blocklist.publish.versions import roles
from blocklist.stream import SALT_BYTES, FileContext, Kind, seal
from blocklist.tokens import domain_token, host_token, token_key
from blocklist.withdrawal import WITHDRAW_PATH, Withdrawal


@frozen
class Found:
    """Entries of the published version that a name leads to: at the name itself, and at names above it."""

    ids: tuple[str, ...]
    above: tuple[str, ...]  # `domain` entries that cover the name, the nearest first


def find(name: str, releases: Releases, secret: bytes, body: Body) -> Found:
    """Look a name up among the published entries. Raises `EntryFault` for what is no name."""
    key = token_key(secret, body.list_id, body.epoch)
    wire = to_wire(canonical_name(name))
    above = {domain_token(key, suffix): len(suffix) for suffix in suffixes(wire) if suffix != wire}
    covering = sorted((-above[token], entry_id) for entry_id, token in releases.behind(above))
    exact = releases.behind((host_token(key, wire), domain_token(key, wire)))
    return Found(tuple(entry_id for entry_id, _ in exact), tuple(entry_id for _, entry_id in covering))


def behind(ids: Collection[str], releases: Releases) -> dict[str, bytes]:
    """Id -> token of `ids` and of every published entry with a token of theirs: a token is taken off as a whole."""
    known = releases.tokens_of(ids)
    unknown = [entry_id for entry_id in ids if not known.get(entry_id)]
    if unknown:
        raise OperatorFault(
            "entry_unknown", f"no entry {shown(unknown[0])} in the published version: nothing was withdrawn"
        )
    return {entry_id: known[entry_id] for entry_id in ids} | dict(releases.behind(set(known.values())))


def off(master: Master, body: Body) -> dict[str, Withdrawn]:
    """By id: the entries that are withdrawn and that too few editors reinstated, each under her own key."""
    unconfirmed = master.withdrawals.unconfirmed()
    said = {one.reinstatement: _reinstatement(one, body.list_id) for one in unconfirmed.values()}
    keys = {editor.name: editor.signing for editor in body.editors}
    words = Counter(
        item
        for item, editor, signature in master.approvals_from(REINSTATE)
        if item in said and editor in keys and _is_good(keys[editor], signature, said[item])
    )
    return {entry_id: one for entry_id, one in unconfirmed.items() if words[one.reinstatement] < EDITORS_NEEDED}


def proven_off(body: Body, master: Master, mine: Mapping[str, bytes], keys: EditorKeys) -> frozenset[str]:
    """Ids that this editor's tool leaves out: withdrawn by a duty officer's proven word, not reinstated by her own.

    `mine` are the signatures stored under her name. Raises `Refusal` for a withdrawal nobody signed.
    """
    withdrawn = master.withdrawals.unconfirmed().values()
    for one in withdrawn:
        verify(one, body)
    return frozenset(
        one.id for one in withdrawn if mine.get(one.reinstatement) != _sign_reinstatement(one, body.list_id, keys)
    )


def reinstate(ids: Iterable[str], body: Body, master: Master, keys: EditorKeys) -> int:
    """Keep an editor's word that withdrawn entries go back; returns for how many. Inside the caller's transaction."""
    withdrawn = master.withdrawals.unconfirmed()
    spoken = master.approvals_by(keys.name)
    signatures = []
    for entry_id in ids:
        if entry_id not in withdrawn:
            raise OperatorFault("entry_unknown", f"entry {shown(entry_id)} is not withdrawn: nothing was reinstated")
        one = withdrawn[entry_id]
        if one.reinstatement not in spoken:
            signatures.append((one.reinstatement, _sign_reinstatement(one, body.list_id, keys)))
    master.put_approvals(keys.name, signatures)
    return len(signatures)


def _sign_reinstatement(one: Withdrawn, list_id: str, keys: EditorKeys) -> bytes:
    return bytes.fromhex(keys.signing.sign(_reinstatement(one, list_id)).signature)


def _reinstatement(one: Withdrawn, list_id: str) -> bytes:
    return canonical.dumps({"list_id": list_id, "reinstate": one.id, "serial": one.serial})


def withdraw(
    ids: Iterable[str], *, body: Body, master: Master, secret: bytes, keys: DutyKeys, now: datetime
) -> SignedRole:
    """Book the withdrawal of published entries and sign it together with those in force. Save, then act.

    Without ids it signs the present state again, for seven more days.
    """
    in_force = off(master, body)
    serial = max(master.withdrawals.last_serial() + 1, int(now.timestamp()))
    new = [
        Withdrawn(entry_id, token, serial, keys.name, sign(entry_id, serial, body.list_id, keys))
        for entry_id, token in behind(tuple(ids), master.releases).items()
        if entry_id not in in_force
    ]
    with master.transaction():
        master.withdrawals.book(serial, format_instant(now), keys.name, new)
    tokens = {*master.releases.tokens_of(in_force).values(), *(one.token for one in new)}
    files = {WITHDRAW_PATH: sealed(Withdrawal(body.epoch, serial, tuple(sorted(tokens))), secret, body)}
    role = roles.make_withdraw(serial, files, keys.signing, now)
    return SignedRole(roles.WITHDRAW_ROLE, role.to_bytes(), files)


def sealed(withdrawal: Withdrawal, secret: bytes, body: Body) -> bytes:
    """`withdraw/current` as subscribers open it."""
    context = FileContext(secret, body.list_id, body.purpose, withdrawal.epoch, WITHDRAW_PATH)
    return seal(withdrawal.to_bytes(), Kind.WITHDRAW, context, os.urandom(SALT_BYTES))


def confirm(master: Master, version: int) -> None:
    """After `version` was published: what it leaves out is off for good. Inside the caller's transaction."""
    unconfirmed = master.withdrawals.unconfirmed()
    listed = master.releases.tokens_of(unconfirmed)
    for entry_id, one in unconfirmed.items():
        if entry_id not in listed:
            master.withdrawals.confirm(entry_id, version)
            master.entries.end(entry_id, one.duty, one.signature)


def statement(entry_id: str, serial: int, list_id: str) -> bytes:
    """What a duty officer's key signs about one entry."""
    return canonical.dumps({"list_id": list_id, "withdraw": entry_id, "serial": serial})


def sign(entry_id: str, serial: int, list_id: str, keys: DutyKeys) -> bytes:
    """The duty officer's word that this entry comes off."""
    return bytes.fromhex(keys.signing.sign(statement(entry_id, serial, list_id)).signature)


def verify_role(role: Metadata[Targets], body: Body) -> None:
    """Refuse a withdraw role that no duty officer signed."""
    version, signed = role.signed.version, role.signed_bytes
    names = {one.name for one in body.duties} | {one.name for one in body.former_duties}
    for key in (key for name in names for key in body.duty_keys(name, version)):
        with suppress(UnverifiedSignatureError, KeyError):
            key.verify_signature(role.signatures[key.keyid], signed)
            return
    raise Refusal(
        "withdrawal_unproven",
        f"no duty officer signed withdraw/current version {version}: ask why, have it renewed (`withdraw --renew`)",
    )


def verify(withdrawn: Withdrawn, body: Body) -> None:
    """Refuse an entry the master calls withdrawn when no duty officer's signature proves it."""
    signed = statement(withdrawn.id, withdrawn.serial, body.list_id)
    keys = body.duty_keys(withdrawn.duty, withdrawn.serial)
    if not any(_is_good(key, withdrawn.signature, signed) for key in keys):
        raise Refusal(
            "withdrawal_unproven",
            f"the desk calls {withdrawn.id} withdrawn by {withdrawn.duty}, no signature proves it:"
            " sign nothing, ask why",
        )


def _is_good(key: SSlibKey, signature: bytes, said: bytes) -> bool:
    try:
        key.verify_signature(Signature(key.keyid, signature.hex()), said)
    except UnverifiedSignatureError:
        return False
    return True
