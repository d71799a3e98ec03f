"""The desk: every verb of the list body, for the command line, the demo and tests alike."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from attrs import define, evolve
from tuf.api.metadata import Metadata, Root, Targets

from blocklist.canonical import format_instant
from blocklist.entries import Entry
from blocklist.errors import OperatorFault
from blocklist.keyring import MATCH_PROFILE, Keyring, subscriber_id, wrap
from blocklist.manifest import Bulk, Manifest
from blocklist.publish import approvals, assemble, checks, duty, roles, setup, signing
from blocklist.publish.body import EDITORS_NEEDED, Body
from blocklist.publish.faults import Refusal
from blocklist.publish.files import only_one
from blocklist.publish.keyfiles import DutyKeys, EditorKeys
from blocklist.publish.objection_desk import ObjectionDesk
from blocklist.publish.outlet import OnlineKeys, Outlet, SignedRole
from blocklist.publish.records import DeskState, RoleState, Subscriber
from blocklist.publish.stage import TARGETS, Stage
from blocklist.publish.withdrawals import Withdrawn

KEYRING_RENEWED_BEFORE = roles.KEYRING_LIFETIME / 3  # a build re-signs the keyring this long before its expiry


@define
class Desk(ObjectionDesk):
    """An open desk: entries, approvals and acts on them, objections, and the versions made of them."""

    @property
    def stage(self) -> Stage:
        """The role files being signed."""
        return Stage(self.folder)

    # --- subscribers ----------------------------------------------------------------------------------
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
                raise OperatorFault("subscriber_known", f"subscriber {subscriber.id} is registered already")
            self._master.put_approvals(keys.name, [approvals.sign_subscriber(subscriber, self.body.list_id, keys)])
        return subscriber.id

    def subscribers(self) -> list[tuple[Subscriber, int]]:
        """Every registered ISP with the number of editors that approved it."""
        approvers = self._master.approvers()
        return [(one, approvers.get(one.id, 0)) for one in self._master.subscribers()]

    # --- withdrawals ----------------------------------------------------------------------------------
    def find_listed(self, name: str, keys: DutyKeys) -> duty.Found:
        """The published entries a name leads to; no other entry is looked at. Raises `EntryFault` for no name."""
        secret = self.open_key(keys, MATCH_PROFILE)
        return duty.find(name, self._master.releases.published_tokens(), secret, self.body)

    def behind(self, ids: Collection[str]) -> tuple[str, ...]:
        """These published entries and all others with their tokens: what `withdraw` takes off."""
        return duty.behind(ids, self._master.releases.published_tokens())

    def withdrawn(self) -> tuple[Withdrawn, ...]:
        """What is off and not yet left out of a published version."""
        return tuple(duty.off(self._master).values())

    def withdraw(self, ids: Iterable[str], keys: DutyKeys, now: datetime) -> SignedRole:
        """Take published entries off with one duty officer's key; without ids the present state is signed again.

        The signed role is staged: whoever has the online keys publishes it. The next build leaves the entries out.
        """
        with only_one(self.folder):
            secret = self.open_key(keys, MATCH_PROFILE)
            signed = duty.withdraw(ids, body=self.body, master=self._master, secret=secret, keys=keys, now=now)
            self.stage.put(roles.WITHDRAW_ROLE, Metadata[Targets].from_bytes(signed.metadata), signed.files)
            return signed

    def add_duty(self, name: str, passphrase: bytes, keys: EditorKeys) -> None:
        """Make a duty officer's key files and wrap what she needs; the next version names her key to the ISPs."""
        with only_one(self.folder):
            epochs = self._master.releases.epochs_from(self.body.epoch)
            secrets = {epoch: self.open_key(keys, MATCH_PROFILE, epoch) for epoch in epochs}
            body = Body.load(self.folder)
            self._facts = setup.add_duty(self.folder, self.keys_folder, body, self._master, name, passphrase, secrets)

    def reinstate(self, ids: Iterable[str], keys: EditorKeys) -> int:
        """An editor's word that withdrawn entries go back on the list; with two editors' the next build has them.

        Returns how many she newly spoke for.
        """
        with only_one(self.folder), self._master.transaction():
            return duty.reinstate(ids, self.body, self._master, keys)

    # --- check ----------------------------------------------------------------------------------------
    def check(self, keys: EditorKeys, now: datetime, *, approved_only: bool = False) -> checks.Report:
        """Every publisher's guard over the live entries; with `approved_only`, over those a build would take."""
        rules = checks.make_rules(self.body.own_domain, checks.read_never_names(self.folder), now.date())
        entries = tuple(self._approved(keys) if approved_only else self.candidates(keys))
        report = checks.check_entries(entries, rules)
        secret = self.open_key(keys, MATCH_PROFILE)
        records = assemble.assemble(self.body, self.criteria, secret, entries, now.date()).records
        published = self._master.releases.last_published()
        size = checks.check_size(published[1] if published else None, records, self._announced(now))
        return evolve(report, findings=(*report.findings, *size))

    def _announced(self, now: datetime) -> Bulk | None:
        """What the published version announced for the next one, once ISPs have held it long enough to heed it."""
        staged = self.stage.load(TARGETS)
        published = self._master.releases.last_published()
        if staged is None or published is None or staged.signed.version != published[0]:
            return None
        since = datetime.fromisoformat(self._master.releases.published_at(published[0]))
        if now - since < timedelta(seconds=assemble.MIN_WAIT_SECONDS):
            return None
        bulk = Manifest.from_bytes(self.stage.files(staged)[assemble.INDEX_PATH]).bulk
        return bulk if bulk is not None and bulk.version == published[0] + 1 else None

    # --- build ----------------------------------------------------------------------------------------
    def assembled(self, keys: EditorKeys, now: datetime, *, mine_only: bool = False) -> assemble.Assembly:
        """The set of entries that enough editors approved; with `mine_only`, those this editor proves to be hers."""
        entries = self._mine(keys) if mine_only else self._approved(keys)
        return assemble.assemble(self.body, self.criteria, self.open_key(keys, MATCH_PROFILE), entries, now.date())

    def _approved(self, keys: EditorKeys) -> Iterator[Entry]:
        approvers = self._master.approvers()
        return (one for one in self.candidates(keys) if approvers.get(one.id, 0) >= EDITORS_NEEDED)

    def _mine(self, keys: EditorKeys) -> Iterator[Entry]:
        """What this editor proves: the entries she approved as they stand, without what is proven to be withdrawn."""
        mine = self._master.approvals_by(keys.name)
        off = duty.proven_off(self.body, self._master, mine, keys) | self.held_back_from(keys)
        return approvals.approved_entries((one for one in self._approved(keys) if one.id not in off), mine, keys)

    def build(self, keys: EditorKeys, now: datetime, bulk: Bulk | None = None) -> Manifest:
        """Stage the next version, unsigned, from the approved entries; the keyring too when it changed or ages.

        `bulk` announces a later version's size. Raises `Refusal` when no approved entry is left.
        """
        with only_one(self.folder):
            self.body.check_duties()
            assembly = self.assembled(keys, now)
            if not assembly.records:
                raise Refusal(
                    "empty_list", "no entry is approved by two editors and in force: an empty list is refused"
                )
            version = assemble.Version(
                self.next_version(), now.replace(microsecond=0), bulk, self._master.withdrawals.last_serial()
            )
            files = assembly.files(version)
            targets = signing.make_targets(self.body, version.number, files, version.signed_at)
            manifest = Manifest.from_bytes(files[assemble.INDEX_PATH])
            with self._master.transaction():
                self._master.releases.put(assembly.release(manifest))
            self.stage.put(TARGETS, targets, files)
            self._build_keyring(assembly.secret, now)
            return manifest

    def next_version(self) -> int:
        """Above the published one, and above a staged one somebody signed: no two signed files share a number."""
        staged = self.stage.load(TARGETS)
        signed = staged.signed.version if staged is not None and staged.signatures else 0
        published = self._master.releases.last_published()
        return max(signed, published[0] if published else 0) + 1

    def _build_keyring(self, secret: bytes, now: datetime) -> None:
        staged = self.stage.load(roles.KEYRING_ROLE)
        kept: dict[str, bytes] = {}
        if staged is not None:
            keyring = Keyring.from_bytes(self.stage.files(staged)[assemble.KEYRING_PATH])
            kept = {key.subscriber: key.wrapped for key in keyring.keys}
        wanted = [one for one, approvers in self.subscribers() if approvers >= EDITORS_NEEDED]
        aging = staged is not None and staged.signed.expires - now < KEYRING_RENEWED_BEFORE
        if staged is not None and not aging and kept.keys() == {one.id for one in wanted}:
            return
        files = {assemble.KEYRING_PATH: assemble.assemble_keyring(self.body, secret, wanted, kept).to_bytes()}
        version = 1 if staged is None else staged.signed.version + 1
        self.stage.put(roles.KEYRING_ROLE, roles.make_keyring(version, files, now), files)

    # --- sign -----------------------------------------------------------------------------------------
    def sign(self, keys: EditorKeys, now: datetime, bulk: Bulk | None = None) -> dict[str, RoleState]:
        """Check what is staged against this editor's own approvals and sign it; `signing.Refusal` when they differ.

        `bulk` is the announcement she agrees with: it follows from no entry, so that she must say it herself.
        Returns each staged role's state after signing. A role with all signatures it needs, or with hers, is left as
        it is: it may be published, and what is published under a version number never changes.
        """
        with only_one(self.folder):
            for role, signer in ((TARGETS, keys.signing), (roles.KEYRING_ROLE, keys.keyring)):
                staged, delegator = self._staged(role), self._delegator(role)
                if not roles.signatures_missing(delegator, role, staged.metadata):
                    continue
                if signer.public_key.keyid in roles.signed_by(delegator, role, staged.metadata):
                    continue
                self._check(role, staged, keys, now, bulk)
                staged.metadata.sign(signer, append=True)
                self.stage.save(role, staged.metadata)
            return self.staged_roles()

    def _check(self, role: str, staged: signing.Staged, keys: EditorKeys, now: datetime, bulk: Bulk | None) -> None:
        published = self._master.releases.last_published()
        last = published[0] if published else 0
        if role == TARGETS:
            mine = self.assembled(keys, staged.manifest().signed_at, mine_only=True)
            signing.check_targets(staged, mine, last, now, bulk, self._master.withdrawals.last_serial())
            return
        signing.check_step(staged.metadata.signed.version, last)
        mine_signatures = self._master.approvals_by(keys.name)
        subscribers = self._master.subscribers()
        approved = approvals.approved_subscribers(subscribers, self.body.list_id, mine_signatures, keys)
        signing.check_keyring(staged, self.body, frozenset(one.id for one in approved), now)

    def staged_roles(self) -> dict[str, RoleState]:
        """Version and missing signatures of each staged role."""
        states: dict[str, RoleState] = {}
        for role in (TARGETS, roles.KEYRING_ROLE, roles.WITHDRAW_ROLE):
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
        """Who names the keys of `role`: root.json for targets, the staged targets for the keyring."""
        if role == TARGETS:
            return Metadata[Root].from_bytes(self.root).signed
        targets = self.stage.load(TARGETS)
        if targets is None:
            raise OperatorFault("nothing_staged", "no targets file is staged: run `mamori-list build` first")
        return targets.signed

    # --- publish --------------------------------------------------------------------------------------
    def publish(self, out: Path, keys: OnlineKeys, now: datetime) -> int:
        """Put the signed version into the folder of static files `out`; returns the version. Again, it only stamps.

        Raises `Refusal` while a role lacks signatures or is past its life.
        """
        with only_one(self.folder):
            self._check_signed(now)
            signed = tuple(self.stage.signed(role) for role in (TARGETS, roles.KEYRING_ROLE))
            manifest = Manifest.from_bytes(signed[0].files[assemble.INDEX_PATH])
            if not self._master.releases.is_built(manifest.version, manifest.set_sha256):
                raise OperatorFault("build_unfinished", "the staged version's build was cut short: build it again")
            outlet = Outlet(out)
            outlet.publish(self.root, (*signed, *self._withdrawal(outlet, now)), keys, now)
            with self._master.transaction():
                self._master.releases.mark_published(manifest.version, format_instant(now))
                duty.confirm(self._master, manifest.version)
            return manifest.version

    def _withdrawal(self, outlet: Outlet, now: datetime) -> tuple[SignedRole, ...]:
        """The staged withdraw role, unless a newer one is out there or it has run out: a duty officer signs again."""
        staged = self.stage.load(roles.WITHDRAW_ROLE)
        if staged is None or staged.signed.expires <= now:
            return ()
        if staged.signed.version < outlet.version_of(roles.WITHDRAW_ROLE):
            return ()
        return (self.stage.signed(roles.WITHDRAW_ROLE),)

    def _check_signed(self, now: datetime) -> None:
        states = self.staged_roles()
        for role, state in ((role, states[role]) for role in (TARGETS, roles.KEYRING_ROLE) if role in states):
            if state.missing:
                raise Refusal(
                    "signatures_missing",
                    f"{role} version {state.version} needs {state.missing} more signature(s):"
                    " another editor runs `mamori-list sign`",
                )
            if state.expires <= now:
                raise Refusal("role_expired", f"{role} version {state.version} has expired: build and sign a new one")

    def status(self) -> DeskState:
        """Counts and versions; needs no key."""
        published = self._master.releases.last_published()
        return DeskState(
            list_id=self.body.list_id,
            editors=tuple(editor.name for editor in self.body.editors),
            entries=self._master.count(),
            subscribers=len(self._master.subscribers()),
            published_version=published[0] if published else 0,
            root_expires=Metadata[Root].from_bytes(self.root).signed.expires,
            staged=self.staged_roles(),
        )
