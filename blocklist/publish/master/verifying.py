"""Every signature in the master, checked against the public keys of `desk.json`.

What was said about entries, removals, withdrawals and subscribers needs no passphrase. A draft or an approval is a
signature over the whole entry, name and all, so checking it needs one editor's reading key.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from attrs import field, frozen
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.signer import SSlibKey
from tuf.api.metadata import Metadata, Root, Targets

from blocklist import canonical
from blocklist.entries import Entry
from blocklist.publish.body import EDITORS_NEEDED, Body
from blocklist.publish.master import approvals
from blocklist.publish.master.master import Master
from blocklist.publish.master.rows import entry_of
from blocklist.publish.master.statements import Statement
from blocklist.publish.master.vault import Vault
from blocklist.publish.records import Row
from blocklist.publish.versions import duty

KEY_UNKNOWN: Final = "key_unknown"  # desk.json has no such signer
BAD_SIGNATURE: Final = "bad_signature"
NO_ITEM: Final = "no_item"  # the signature stands beside nothing it could be about
APPROVAL: Final = "approval"
_BY_NAME: Final = frozenset({APPROVAL, "subscriber", "reinstatement", "withdrawal"})
Watch = Callable[[Iterable[Any], int], Iterable[Any]]


@frozen
class Failure:
    """A signature that proves nothing: what it is about, of which kind, under whose name, and why."""

    item: str
    kind: str
    signer: str
    reason: str


@frozen
class Proof:
    """One signature to check; `statement` None: there is nothing left that it could cover."""

    item: str
    kind: str
    signer: str
    signature: bytes
    statement: bytes | None


@frozen
class Signers:
    """The public keys a desk's signatures are checked with: by holder, and those of editors before a ceremony."""

    keys: Mapping[str, Ed25519PublicKey] = field(repr=False)
    replaced: tuple[Ed25519PublicKey, ...] = field(default=(), repr=False)
    former: Mapping[str, tuple[Ed25519PublicKey, ...]] = field(factory=dict, repr=False)  # duty keys before a ceremony

    @classmethod
    def of(cls, body: Body, roots: Iterable[bytes]) -> "Signers":
        """The editors' signing keys and the duty officers' (`NAME/duty`): one person may hold both.

        `roots` is every root.json there was: each names the editors' keys of its time.
        """
        named = {editor.name: editor.signing for editor in body.editors}
        once = {key.keyid: key for root in roots for key in _editors_in(root)}
        former = [_public(key) for keyid, key in once.items() if keyid not in {key.keyid for key in named.values()}]
        named |= {f"{officer.name}/duty": officer.signing for officer in body.duties}
        withdrew = {
            f"{one.name}/duty": tuple(_public(key) for key in body.duty_keys(one.name, 0)) for one in body.former_duties
        }
        return cls({name: _public(key) for name, key in named.items()}, tuple(former), withdrew)

    def reason_against(self, proof: Proof) -> str | None:
        """Why this signature proves nothing; None when it is good.

        What an editor said, and her drafts, stand when her key is replaced. Her approvals do not.
        """
        if proof.statement is None:
            return NO_ITEM
        known = [self.keys[proof.signer]] if proof.signer in self.keys else []
        known += self.former.get(proof.signer, ())
        keys = known if proof.kind in _BY_NAME else [*known, *self.replaced]
        if any(_is_good(key, proof.signature, proof.statement) for key in keys):
            return None
        return BAD_SIGNATURE if known else KEY_UNKNOWN


@frozen
class Verdict:
    """How many signatures of each kind are good, which are not, and whether entries were looked into.

    `unproven` are entries of the published version that fewer than two good approvals stand behind: none, unless an
    approval fails or a ceremony replaced an editor since. They are told when entries were looked into.
    """

    good: Mapping[str, int]
    failures: tuple[Failure, ...]
    unproven: tuple[str, ...]
    entries_opened: bool


def verify(
    master: Master, list_id: str, signers: Signers, vault: Vault | None, watch: Watch = lambda values, _: values
) -> Verdict:
    """Check everything that is signed; without a vault all but drafts and approvals of entries."""
    good: Counter[str] = Counter()
    approved: Counter[str] = Counter()
    failures = []
    for proof in _proofs(master, list_id, vault, watch):
        reason = signers.reason_against(proof)
        if reason is None:
            good[proof.kind] += 1
            approved[proof.item] += proof.kind == APPROVAL
        else:
            failures.append(Failure(proof.item, proof.kind, proof.signer, reason))
    published = master.releases.published_ids() if vault is not None else frozenset()
    unproven = tuple(sorted(item for item in published if approved[item] < EDITORS_NEEDED))
    return Verdict(dict(good), tuple(failures), unproven, vault is not None)


def proof_of(said: Statement, list_id: str) -> Proof:
    """What proves a statement."""
    return Proof(said.item, str(said.kind), said.editor, said.signature, said.body(list_id))


def _proofs(master: Master, list_id: str, vault: Vault | None, watch: Watch) -> Iterator[Proof]:
    for said in master.statements.all():
        yield proof_of(said, list_id)
    for one in master.withdrawals.every():
        statement = duty.statement(one.id, one.serial, list_id)
        yield Proof(one.id, "withdrawal", f"{one.duty}/duty", one.signature, statement)
    by_item = {
        item: [(editor, signature) for _, editor, signature in group]
        for item, group in groupby(master.approvals(), itemgetter(0))
    }
    withdrawn = {one.id for one in master.withdrawals.every()}
    for row in watch(master.entries.every(), master.entries.total()):
        if row.removal is not None and row.id not in withdrawn:
            statement = approvals.removal_statement(row.id, list_id)
            yield Proof(row.id, "removal", row.removed_by, row.removal, statement)
        yield from _of_entry(row, by_item.pop(row.id, ()), list_id, vault)
    yield from _of_others(master, by_item, list_id)


def _of_entry(row: Row, approved: Iterable[tuple[str, bytes]], list_id: str, vault: Vault | None) -> Iterator[Proof]:
    if vault is None:
        return
    entry: Entry = entry_of(row.opened(vault))
    if row.draft is not None and row.drafted_by is not None:
        yield Proof(row.id, "draft", row.drafted_by, row.draft, approvals.draft_statement(entry, list_id))
    for editor, signature in approved:
        yield Proof(row.id, APPROVAL, editor, signature, entry.to_bytes())


def _of_others(master: Master, by_item: Mapping[str, list[tuple[str, bytes]]], list_id: str) -> Iterator[Proof]:
    """Approvals of subscribers and reinstatements, and those that are about nothing the master holds."""
    subscribers = {one.id: approvals.subscriber_statement(one, list_id) for one in master.subscribers()}
    for item, approved in by_item.items():
        kind, statement = "subscriber", subscribers.get(item)
        if item.startswith("reinstate "):
            _, entry_id, serial = item.split(" ")
            statement = canonical.dumps({"list_id": list_id, "reinstate": entry_id, "serial": int(serial)})
            kind, item = "reinstatement", entry_id
        elif item.startswith(approvals.LEAVING):
            item, epoch = approvals.read_leaving(item)
            kind, statement = "subscriber_removal", approvals.leaving_statement(item, epoch, list_id)
        for editor, signature in approved:
            yield Proof(item, kind, editor, signature, statement)


def _editors_in(root: bytes) -> list[SSlibKey]:
    signed = Metadata[Root].from_bytes(root).signed
    named = (signed.keys[keyid] for keyid in signed.roles[Targets.type].keyids)
    return [key for key in named if isinstance(key, SSlibKey) and key.keytype == "ed25519"]


def _is_good(key: Ed25519PublicKey, signature: bytes, statement: bytes) -> bool:
    try:
        key.verify(signature, statement)
    except InvalidSignature:
        return False
    return True


def _public(key: SSlibKey) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.keyval["public"]))
