"""A rekey version: the last published set once more, under the keys of the next epoch (list.md, Epochs).

Nothing but keys may change, so that a subscriber can prove it: the same count, and the same number of entries for each
last day, basis, `all_types` and `test`. Everything that would make a difference is published before. The new secret is
wrapped to whoever reads from now on, which shuts out the ones let go.
"""

import os
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from struct import iter_unpack
from typing import Final

from attrs import define, evolve

from blocklist import matchfile
from blocklist.attributes import Attributes
from blocklist.entries import Entry
from blocklist.errors import PublisherFault
from blocklist.keyring import MATCH_PROFILE
from blocklist.manifest import Manifest, RekeyOf
from blocklist.publish.body import Body
from blocklist.publish.faults import Refusal
from blocklist.publish.files import only_one
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.master.vault import KEY_BYTES
from blocklist.publish.versions import assemble, duty, roles
from blocklist.publish.versions.assemble import Assembly, Version
from blocklist.publish.versions.building import Building
from blocklist.publish.versions.deltas import Published
from blocklist.stream import FileContext, Kind, unseal
from blocklist.tokens import token_key
from blocklist.withdrawal import WITHDRAW_PATH, Withdrawal

OUT_ALONE: Final = timedelta(days=1)  # how long a rekey version is better left out before the next one
EPOCH_LIFE: Final = timedelta(days=90)  # `status` asks for a rekey after that


@define
class Rekeying(Building):
    """An open desk and the change of its epoch. The new one is in force once its rekey version is published."""

    def rekey(self, keys: EditorKeys, now: datetime) -> Manifest:
        """Stage a version that repeats the published one under new keys; `Refusal` says what must be done first."""
        self.check_holders(keys)
        with only_one(self.folder):
            self.body.check_duties()
            published = self._repeatable()
            self._check_withdrawals(published.manifest, keys)
            body = self.body.in_epoch((self.body.epoch + 1, now.date() - timedelta(days=1)))
            old = self._old_set(keys, published, now.date(), mine_only=False)
            new = again(old, body, os.urandom(KEY_BYTES))
            number, seen = self.next_version(), self._master.withdrawals.last_serial()
            version = Version(
                number, now.replace(microsecond=0), withdrawals_seen=seen, rekey_of=repeats(published.manifest)
            )
            return self._put(keys, new, version, None, now)

    def rekey_out_for(self, now: datetime) -> timedelta | None:
        """How long the published version is out, if it is a rekey version."""
        published, begun = self._master.releases.last_published(), self._master.releases.epochs_begun()
        if published is None or not begun or begun[-1][0] != published[0]:
            return None
        return now - datetime.fromisoformat(begun[-1][1])

    def _rekeyed(self, keys: EditorKeys, manifest: Manifest, *, mine_only: bool) -> Assembly:
        """The set of a staged rekey version, proven from the entries."""
        published, body = self._repeatable(), self._body_in(manifest.epoch)
        self._check_withdrawals(published.manifest, keys)
        old = self._old_set(keys, published, manifest.signed_at.date(), mine_only=mine_only)
        secret = self.open_key(keys, MATCH_PROFILE, manifest.epoch)
        if secret == old.secret:
            raise Refusal("secret_reused", "the new epoch has the old one's secret: whoever was let go would read on")
        return again(old, body, secret)

    def _repeated(self, manifest: Manifest) -> RekeyOf | None:
        """What a staged version must say that it repeats: nothing in the epoch in force."""
        return None if manifest.epoch == self.body.epoch else repeats(self._repeatable().manifest)

    def _body_in(self, epoch: int) -> Body:
        """The list's facts in the epoch in force or in the one a staged rekey version begins."""
        if epoch == self.body.epoch:
            return self.body
        base_date = self._master.releases.epochs_from(self.body.epoch).get(epoch)
        if base_date is None:
            raise Refusal("epoch_unknown", f"the staged version is of epoch {epoch}, which this desk did not begin")
        return self.body.in_epoch((epoch, base_date))

    def _repeatable(self) -> Published:
        """The published version, if a rekey can follow it."""
        published = self._published()
        if published is None:
            raise Refusal("nothing_published", "a rekey repeats a published version: build, sign and publish one first")
        bulk = published.manifest.bulk
        if bulk is not None and bulk.version > published.manifest.version:
            raise Refusal(
                "bulk_announced",
                f"version {published.manifest.version} announced a bulk change for version {bulk.version}:"
                " publish that first, a rekey would take its number",
            )
        return published

    def _check_withdrawals(self, published: Manifest, keys: EditorKeys) -> None:
        """Withdrawn tokens cannot be found again under new keys: all must be confirmed, and the file empty."""
        unconfirmed, off = self._master.withdrawals.unconfirmed().values(), duty.off(self._master, self.body)
        waiting = [one.id for one in unconfirmed if one.id in off or one.serial > published.withdrawals_seen]
        if waiting:
            raise _first(f"{len(waiting)} withdrawals are not yet confirmed by a published version")
        staged = self.stage.load(roles.WITHDRAW_ROLE)
        if staged is None or self._open_withdrawal(self.stage.files(staged), keys).tokens:
            raise Refusal(
                "withdraw_not_empty",
                "withdraw/current must be empty before a rekey: a duty officer runs `mamori-list withdraw DESK --renew`"
                " and has it published",
            )

    def _open_withdrawal(self, files: dict[str, bytes], keys: EditorKeys) -> Withdrawal:
        body = self.body
        context = FileContext(self.open_key(keys, MATCH_PROFILE), body.list_id, body.purpose, body.epoch, WITHDRAW_PATH)
        try:
            return Withdrawal.from_bytes(unseal(files[WITHDRAW_PATH], Kind.WITHDRAW, context))
        except (KeyError, PublisherFault):
            raise Refusal(
                "withdraw_not_empty",
                "the staged withdraw/current does not open in this epoch: run `mamori-list withdraw DESK --renew`",
            ) from None

    def _old_set(self, keys: EditorKeys, published: Published, day: date, *, mine_only: bool) -> Assembly:
        """The published set, from its entries as they stand; `Refusal` when they no longer give it."""
        listed = self._master.releases.published_ids()
        entries = tuple(one for one in (self._mine(keys) if mine_only else self._approved(keys)) if one.id in listed)
        _check_none_ended(entries, day)
        secret = self.open_key(keys, MATCH_PROFILE)
        old = assemble.assemble(self.body, self.criteria, secret, entries, day)
        if old.records != published.records:
            raise _first(f"the entries no longer give the set of version {published.manifest.version}")
        return old


def again(old: Assembly, body: Body, secret: bytes) -> Assembly:
    """The same entries as records of the epoch of `body`; each record keeps its last day to the day."""
    key = token_key(secret, body.list_id, body.epoch)
    shift = (body.base_date - old.body.base_date).days
    words = {token: Attributes.unpack(word) for token, word in iter_unpack(">16sH", old.records)}
    tokens = tuple(entry.token(key) or b"" for entry in old.entries)
    moved = ((new, _moved(words[before], shift)) for before, new in zip(old.tokens, tokens, strict=True))
    return Assembly(body, old.criteria, secret, old.entries, tokens, matchfile.build(moved))


def repeats(published: Manifest) -> RekeyOf:
    """How a rekey version names the version it repeats, and where a subscriber that is behind finds it."""
    return RekeyOf(
        published.epoch, published.version, published.set_sha256, published.count, published.full, published.deltas
    )


def _moved(attributes: Attributes, days: int) -> Attributes:
    return evolve(attributes, expiry_days=attributes.expiry_days - days)


def _check_none_ended(entries: Iterable[Entry], day: date) -> None:
    ended = sum(entry.not_after < day for entry in entries)
    if ended:
        raise _first(f"{ended} entries have ended since the last version")


def _first(what: str) -> Refusal:
    return Refusal(
        "not_repeatable", f"{what}: build, sign and publish an ordinary version first, a rekey changes keys only"
    )
