"""The ISPs that may read the list: registering them, letting one go, and the keyring that opens the list for them.

Both take two editors. Whoever is let go keeps what she could read already; a rekey closes every later version to her.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from attrs import define, frozen

from blocklist.errors import OperatorFault
from blocklist.keyring import MATCH_PROFILE, Keyring, WrappedKey, subscriber_id, wrap
from blocklist.publish.body import EDITORS_NEEDED, Body
from blocklist.publish.files import only_one
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.master import approvals
from blocklist.publish.master.verifying import Proof
from blocklist.publish.records import Subscriber
from blocklist.publish.review.objection_desk import ObjectionDesk
from blocklist.publish.versions import roles
from blocklist.publish.versions.assemble import KEYRING_PATH
from blocklist.publish.versions.stage import Stage

RENEWED_BEFORE: Final = roles.KEYRING_LIFETIME / 3  # a build re-signs the keyring this long before its expiry


@frozen
class Membership:
    """A registered ISP, how many editors said that it may read the list, and who said when that it no longer may."""

    subscriber: Subscriber
    approvals: int
    words: Mapping[str, int]  # epoch in which an editor let it go, by editor

    @property
    def removals(self) -> int:
        """How many editors let it go."""
        return len(self.words)

    @property
    def left_in(self) -> int | None:
        """The epoch it was let go in, the last it can read; None while it is a subscriber."""
        return max(self.words.values()) if self.removals >= EDITORS_NEEDED else None

    @property
    def reads(self) -> bool:
        """Whether the next keyring opens the list for it."""
        return self.approvals >= EDITORS_NEEDED and self.left_in is None


@define
class Subscribing(ObjectionDesk):
    """An open desk and its subscribers."""

    @property
    def stage(self) -> Stage:
        """The role files being signed."""
        return Stage(self.folder)

    def register_subscriber(self, public_key: bytes, label: str, keys: EditorKeys, expected: str | None = None) -> str:
        """Register an ISP's public key (1,216 bytes) under this editor's approval; returns the subscriber's id.

        `expected` is the id the ISP told by another way: a file swapped on its way here is refused.
        """
        if expected is not None and subscriber_id(public_key) != expected.lower():
            raise OperatorFault("subscriber_swapped", "this is not the key with that id: ask the ISP, register nothing")
        wrap(bytes(32), public_key, list_id=self.body.list_id, epoch=self.body.epoch)  # refuses what is no such key
        subscriber = Subscriber(label, public_key)
        with only_one(self.folder), self._master.transaction():
            if not self._master.put_subscriber(subscriber):
                raise OperatorFault(
                    "subscriber_known",
                    f"subscriber {subscriber.id} is, or once was, registered: one that comes back makes a new key",
                )
            self._master.put_approvals(keys.name, [approvals.sign_subscriber(subscriber, self.body.list_id, keys)])
        return subscriber.id

    def remove_subscriber(self, wanted: str, keys: EditorKeys) -> int:
        """This editor's word that an ISP may read no later epoch; returns how many editors said so."""
        with only_one(self.folder), self._master.transaction():
            if all(one.id != wanted for one in self._master.subscribers()):
                raise OperatorFault("subscriber_unknown", f"no subscriber {wanted!r}: `mamori-list subscriber list`")
            epoch, list_id = self.body.epoch, self.body.list_id
            self._master.put_approvals(keys.name, [approvals.sign_leaving(wanted, epoch, list_id, keys)])
        return next(one.removals for one in self.memberships() if one.subscriber.id == wanted)

    def memberships(self) -> list[Membership]:
        """Every ISP that was ever registered; a word that nobody signed lets none go."""
        counts, signers, list_id = self._master.approvers(), self._signers(), self.body.list_id
        words: dict[str, dict[str, int]] = {}
        for item, editor, signature in self._master.approvals_from(approvals.LEAVING):
            subscriber, epoch = approvals.read_leaving(item)
            said = approvals.leaving_statement(subscriber, epoch, list_id)
            if signers.reason_against(Proof(subscriber, "subscriber_removal", editor, signature, said)) is None:
                words.setdefault(subscriber, {})[editor] = epoch
        return [Membership(one, counts.get(one.id, 0), words.get(one.id, {})) for one in self._master.subscribers()]

    def subscribers(self) -> list[tuple[Subscriber, int]]:
        """Every registered ISP that was not let go, with the number of editors that approved it."""
        return [(one.subscriber, one.approvals) for one in self.memberships() if one.left_in is None]

    def readers_of(self, keys: EditorKeys) -> frozenset[str]:
        """Ids of the subscribers that this editor proves to have approved and not to have let go."""
        mine, list_id = self._master.approvals_by(keys.name), self.body.list_id
        gone = {
            subscriber
            for item, editor, signature in self._master.approvals_from(approvals.LEAVING)
            for subscriber, epoch in (approvals.read_leaving(item),)
            if editor == keys.name and signature == approvals.sign_leaving(subscriber, epoch, list_id, keys)[1]
        }
        approved = approvals.approved_subscribers(self._master.subscribers(), list_id, mine, keys)
        return frozenset(one.id for one in approved) - gone

    def _build_keyring(self, body: Body, secret: bytes, now: datetime) -> None:
        """Stage `keys/current` for the epoch of `body` and the one before, if it changed or ages.

        A replaced key's signature makes it new, too. Wraps that were published are kept; those of a rekey that was
        given up hold a secret nobody uses.
        """
        staged = self.stage.load(roles.KEYRING_ROLE)
        there = Keyring.from_bytes(self.stage.files(staged)[KEYRING_PATH]).keys if staged is not None else ()
        kept = {(key.epoch, key.subscriber): key for key in there if key.epoch <= self.body.epoch}
        wanted = [one.subscriber for one in self.memberships() if one.reads]
        aging = staged is not None and staged.signed.expires - now < RENEWED_BEFORE
        ring = make_keyring(body, secret, wanted, kept)
        if (
            staged is not None
            and not aging
            and staged.signatures.keys() <= {editor.keyring.keyid for editor in self.body.editors}
            and {(key.epoch, key.subscriber): key for key in ring.keys}
            == {(key.epoch, key.subscriber): key for key in there}
        ):
            return
        files = {KEYRING_PATH: ring.to_bytes()}
        version = 1 if staged is None else staged.signed.version + 1
        self.stage.put(roles.KEYRING_ROLE, roles.make_keyring(version, files, now), files)


def make_keyring(
    body: Body, secret: bytes, wanted: Iterable[Subscriber], kept: Mapping[tuple[int, str], WrappedKey]
) -> Keyring:
    """`keys/current` for these subscribers: this epoch's secret, wrapped anew where no wrap is kept, and the last's.

    `kept` are wraps by (epoch, subscriber).
    """
    keys = []
    for one in wanted:
        before, now = kept.get((body.epoch - 1, one.id)), kept.get((body.epoch, one.id))
        if now is None:
            wrapped = wrap(secret, one.public, list_id=body.list_id, epoch=body.epoch)
            now = WrappedKey(body.epoch, MATCH_PROFILE, one.id, wrapped)
        keys += [now] if before is None else [before, now]
    return Keyring(body.list_id, tuple(keys))
