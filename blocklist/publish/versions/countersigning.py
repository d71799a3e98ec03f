"""Signing what is staged: each editor's tool proves it from her own approvals first (see `signing`)."""

from datetime import date, datetime

from attrs import define
from tuf.api.metadata import Metadata, Root, Targets

from blocklist.errors import OperatorFault
from blocklist.keyring import Keyring
from blocklist.manifest import Bulk, LogHead, Manifest
from blocklist.publish.faults import Refusal
from blocklist.publish.files import only_one
from blocklist.publish.keys import rotation, setup
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.master import verifying
from blocklist.publish.records import RoleState
from blocklist.publish.review.objections import UPHELD
from blocklist.publish.versions import duty, public_log, roles, signing
from blocklist.publish.versions.assemble import KEYRING_PATH, Assembly, Version
from blocklist.publish.versions.departures import ENDING, Departure, Ledger
from blocklist.publish.versions.rekey import Rekeying
from blocklist.publish.versions.stage import TARGETS

SIGNED_BY_EDITORS = (TARGETS, roles.KEYRING_ROLE)


@define
class Countersigning(Rekeying):
    """An open desk and the signatures under what is staged on it."""

    def sign(self, keys: EditorKeys, now: datetime, bulk: Bulk | None = None) -> dict[str, RoleState]:
        """Check what is staged against this editor's own approvals and sign it; `Refusal` when they differ.

        `bulk` is the announcement she agrees with: it follows from no entry, so that she must say it herself.
        Returns each staged role's state after signing. A role with all signatures it needs, or with hers, is left as
        it is: it may be published, and what is published under a version number never changes.
        """
        self.check_holders(keys)
        with only_one(self.folder):
            for role, signer in ((TARGETS, keys.signing), (roles.KEYRING_ROLE, keys.keyring)):
                staged, delegator = self._staged(role), self._delegator(role)
                if not roles.signatures_missing(delegator, role, staged.metadata):
                    continue
                if signer.public_key.keyid in roles.signed_by(delegator, role, staged.metadata):
                    continue
                if role == TARGETS:
                    self._check_targets(staged, keys, now, bulk)
                else:
                    self._check_keyring(staged, keys, now)
                staged.metadata.sign(signer, append=True)
                self.stage.save(role, staged.metadata)
            return self.staged_roles()

    def _check_targets(self, staged: signing.Staged, keys: EditorKeys, now: datetime, bulk: Bulk | None) -> None:
        manifest, published = staged.manifest(), self._published()
        last = self._master.releases.last_published()
        if last is not None and manifest.version <= last[0]:
            raise Refusal("version_old", f"version {manifest.version} is published already: build the next one")
        repeated = self._repeated(manifest)
        mine = self._mine_of(manifest, keys)
        before = signing.Before(
            version=last[0] if last else 0,
            published=published,
            withdrawals_seen=self._withdrawals_proven(mine, keys) if manifest.withdrawals_seen else 0,
            log=self._log_head(mine, manifest, keys),
            rekey_of=repeated,
            carried=self._carried(manifest.signed_at, repeated),
        )
        signing.check_targets(staged, mine, before, now, bulk)
        listed = frozenset(entry.id for entry in mine.entries)
        self._departures(listed, manifest.signed_at.date())
        self._check_ended(listed)
        self._check_readers(manifest)

    def _withdrawals_proven(self, mine: Assembly, keys: EditorKeys) -> int:
        """The serial of the staged `withdraw/current`; `Refusal` if she would list what it takes off.

        A version that names this serial overrules it at every ISP. The master's word is not enough for that: whoever
        writes in it can forget a withdrawal, and the duty officer's signed file cannot.
        """
        role = self.stage.load(roles.WITHDRAW_ROLE)
        if role is None:
            return 0
        duty.verify_role(role, self.body)
        withdrawal = self._open_withdrawal(self.stage.files(role), keys)
        back = self._master.withdrawals.unconfirmed().keys() - self._off_for(keys)
        hers = {token for entry, token in zip(mine.entries, mine.tokens, strict=True) if entry.id in back}
        lost = len((set(mine.tokens) - hers).intersection(withdrawal.tokens))
        if lost:
            raise Refusal(
                "withdrawal_lost",
                f"{lost} records of this version are off by withdraw/current, and you reinstated none of them: sign"
                " nothing, ask why; where they are listed anew, a duty officer first runs `withdraw --renew`",
            )
        return withdrawal.serial

    def _check_ended(self, listed: frozenset[str]) -> None:
        """Whose word took an entry off, whatever the entry's row says: what is listed again gets a new id."""
        said = {one.item for one in self._master.statements.of(*ENDING)}
        upheld = (one for one in self.objections().values() if one.code in UPHELD)
        ended = said.union(self._master.withdrawals.confirmed_ids(), *(one.entries for one in upheld))
        back = len(ended & listed)
        if back:
            raise Refusal(
                "ended_listed",
                f"{back} entries of this version were taken off for good: sign nothing, ask who changed the master",
            )

    def departures(self) -> tuple[Departure, ...]:
        """What the staged version leaves out of the published one, why and on whose proven word."""
        manifest = self._staged(TARGETS).manifest()
        return self._departures(self._master.releases.ids_of(manifest.version), manifest.signed_at.date())

    def _departures(self, listed: frozenset[str], day: date) -> tuple[Departure, ...]:
        signers = verifying.Signers.of(self.body, rotation.roots(self.folder).values())
        return Ledger(self._master, self.body, signers).departures(self.published_ids() - listed, day)

    def _mine_of(self, manifest: Manifest, keys: EditorKeys) -> Assembly:
        """The staged version's set from the entries this editor proves to have approved."""
        if manifest.epoch == self.body.epoch:
            return self.assembled(keys, manifest.signed_at, mine_only=True)
        return self._rekeyed(keys, manifest, mine_only=True)

    def _log_head(self, mine: Assembly, manifest: Manifest, keys: EditorKeys) -> LogHead:
        """The record's head with the line her own entries give; the lines before must be those last signed."""
        lines = self._master.releases.log_lines(manifest.version)
        published = self._published()
        if published is not None and published.manifest.log not in (None, public_log.head(lines)):
            raise Refusal("log_differs", "the desk's public record is not the one last published: restore its backup")
        version = Version(manifest.version, manifest.signed_at)
        before = None if manifest.epoch != self.body.epoch else published.records if published else b""
        return public_log.head(
            [*lines, public_log.line_for(mine, self.open_key(keys, setup.LOG_PROFILE), version, before)]
        )

    def _check_keyring(self, staged: signing.Staged, keys: EditorKeys, now: datetime) -> None:
        last = self._master.releases.last_published()
        signing.check_step(staged.metadata.signed.version, last[0] if last else 0)
        approved = self.readers_of(keys)
        wanted = frozenset(one.subscriber.id for one in self.memberships() if one.reads) & approved
        body = self._body_in(self._staged(TARGETS).manifest().epoch)
        signing.check_keyring(staged, body, approved, now, wanted)

    def _check_readers(self, manifest: Manifest) -> None:
        """A rekey version whose keyring was not staged with it (a kill between) would shut every subscriber out."""
        if manifest.epoch == self.body.epoch:
            return
        ring = Keyring.from_bytes(self._staged(roles.KEYRING_ROLE).files[KEYRING_PATH])
        reading = {key.subscriber for key in ring.keys if key.epoch == manifest.epoch}
        if any(one.reads and one.subscriber.id not in reading for one in self.memberships()):
            raise Refusal("keyring_incomplete", "the staged keyring does not open the new epoch: run `rekey` again")

    def staged_roles(self) -> dict[str, RoleState]:
        """Version and missing signatures of each staged role."""
        states: dict[str, RoleState] = {}
        for role in (*SIGNED_BY_EDITORS, roles.WITHDRAW_ROLE):
            metadata = self.stage.load(role)
            if metadata is not None and (role == TARGETS or states):
                missing = roles.signatures_missing(self._delegator(role), role, metadata)
                states[role] = RoleState(metadata.signed.version, missing, metadata.signed.expires)
        return states

    def _staged(self, role: str) -> signing.Staged:
        metadata = self.stage.load(role)
        if metadata is None:
            raise OperatorFault("nothing_staged", "nothing is staged to sign: run `mamori-list build` first")
        return signing.Staged(metadata, self.stage.files(metadata))

    def _delegator(self, role: str) -> Root | Targets:
        """Who names the keys of `role`: root.json for targets, the staged targets for what it delegates."""
        if role == TARGETS:
            return Metadata[Root].from_bytes(self.root).signed
        targets = self.stage.load(TARGETS)
        if targets is None:
            raise OperatorFault("nothing_staged", "no targets file is staged: run `mamori-list build` first")
        return targets.signed
