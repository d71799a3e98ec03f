"""The desk: every verb of the list body, for the command line, the demo and tests alike."""

from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from attrs import define, frozen
from tuf.api.metadata import Metadata, Root, Targets

from blocklist.canonical import format_instant
from blocklist.errors import OperatorFault
from blocklist.keyring import MATCH_PROFILE
from blocklist.manifest import Manifest
from blocklist.public_log import Opening
from blocklist.publish.body import Body
from blocklist.publish.faults import Refusal
from blocklist.publish.files import only_one
from blocklist.publish.keys import rotation, setup
from blocklist.publish.keys.keyfiles import DutyKeys, EditorKeys
from blocklist.publish.master import rows
from blocklist.publish.master.withdrawals import Withdrawn
from blocklist.publish.publication import drop
from blocklist.publish.publication.outlet import OnlineKeys, Outlet, SignedRole
from blocklist.publish.records import DeskState, RoleState, shown
from blocklist.publish.versions import assemble, duty, opening, public_log, roles
from blocklist.publish.versions.countersigning import SIGNED_BY_EDITORS, Countersigning

RECORD_TAIL: Final = 100  # lines of the public record before a version's own that are handed over with it


@frozen
class SignedRelease:
    """A version with all its signatures, and its place in the public record."""

    manifest: Manifest
    roles: tuple[SignedRole, ...]
    lines_before: list[bytes]
    line: bytes


@define
class Desk(Countersigning):
    """An open desk. The layers below have entries, acts on them, subscribers, versions, epochs and signatures."""

    # --- withdrawals ----------------------------------------------------------------------------------
    def find_listed(self, name: str, keys: DutyKeys) -> duty.Found:
        """The published entries a name leads to; no other entry is looked at. Raises `EntryFault` for no name."""
        secret = self.open_key(keys, MATCH_PROFILE)
        return duty.find(name, self._master.releases, secret, self.body)

    def behind(self, ids: Collection[str]) -> tuple[str, ...]:
        """These published entries and all others with their tokens: what `withdraw` takes off."""
        return tuple(duty.behind(ids, self._master.releases))

    def withdrawn(self) -> tuple[Withdrawn, ...]:
        """What is off and not yet left out of a published version."""
        return tuple(duty.off(self._master, self.body).values())

    def withdraw(self, ids: Iterable[str], keys: DutyKeys, now: datetime) -> SignedRole:
        """Take published entries off with one duty officer's key; without ids the present state is signed again.

        The signed role is staged: whoever has the online keys publishes it. The next build leaves the entries out.
        """
        with only_one(self.folder):
            return self._withdraw(ids, keys, now)

    def _withdraw(self, ids: Iterable[str], keys: DutyKeys, now: datetime) -> SignedRole:
        secret = self.open_key(keys, MATCH_PROFILE)
        signed = duty.withdraw(ids, body=self.body, master=self._master, secret=secret, keys=keys, now=now)
        self.stage.put(roles.WITHDRAW_ROLE, Metadata[Targets].from_bytes(signed.metadata), signed.files)
        return signed

    def add_duty(self, name: str, passphrase: bytes, keys: EditorKeys) -> None:
        """Make a duty officer's key files and wrap what she needs; the next version names her key to the ISPs.

        The others agree to her first (`holders`).
        """
        self.check_holders(keys)
        with only_one(self.folder):
            epochs = (self.body.epoch, *self._master.releases.epochs_from(self.body.epoch))
            secrets = {epoch: self.open_key(keys, MATCH_PROFILE, epoch) for epoch in epochs}
            body = Body.load(self.folder)
            self._facts = setup.add_duty(self.folder, self.keys_folder, body, self._master, name, passphrase, secrets)
            self.agree(keys)

    def reinstate(self, ids: Iterable[str], keys: EditorKeys) -> int:
        """An editor's word that withdrawn entries go back on the list; with two editors' the next build has them.

        Returns how many she newly spoke for.
        """
        with only_one(self.folder), self._master.transaction():
            return duty.reinstate(ids, self.body, self._master, keys)

    # --- the public record ----------------------------------------------------------------------------
    def control_word(self, entry_id: str, ticket: str, keys: EditorKeys) -> str:
        """What the owner publishes to show control of the name; the ticket must be an objection to this entry."""
        if entry_id not in self.objection(ticket).entries:
            raise OperatorFault("ticket_other", f"ticket {ticket} is not about {entry_id!r}")
        key = self.open_key(keys, setup.LOG_PROFILE)
        return opening.control_word(key, self.body.list_id, ticket, entry_id)

    def open_entry(
        self, entry_id: str, ticket: str, seen: str, keys: EditorKeys, version: int | None = None
    ) -> Opening:
        """Prove that an entry is in a published version [the newest with it] to the owner, who showed control.

        `seen` is what the editor saw at the name. `Refusal` for another word.
        """
        opening.check_control(self.control_word(entry_id, ticket, keys), seen)
        releases, vault = self._master.releases, self.vault(keys)
        number = releases.last_listed(entry_id) if version is None else version
        if number is None:
            raise OperatorFault("entry_unknown", f"entry {shown(entry_id)} was never published")
        listed = releases.listed_in(number)
        entries = (rows.entry_of(row.opened(vault)) for row in self._master.entries.every() if row.id in listed)
        lines = releases.log_lines(self.next_version())
        return opening.open_entry(
            entry_id, entries, self.open_key(keys, setup.LOG_PROFILE), lines=lines, version=number
        )

    # --- publish --------------------------------------------------------------------------------------
    def publish(self, out: Path, keys: OnlineKeys, now: datetime, officer: DutyKeys | None = None) -> int:
        """Put the signed version into the folder of static files `out`; returns the version. Again, it only stamps.

        With a duty officer's keys, `withdraw/current` is signed anew with it, as a rekey version needs. Raises
        `Refusal` while a role lacks signatures or is past its life. Booked, then written: a kill in between is ended
        by publishing again, and nobody builds beside a version that is out.
        """
        with only_one(self.folder):
            release = self._signed_release(now, officer)
            outlet = Outlet(out)
            outlet.check(self.root, release.roles, keys)
            self._book(release, now)
            signed = (*release.roles, *self._withdrawal(officer, outlet, now))
            for root in rotation.roots(self.folder).values():
                outlet.add_root(root)
            outlet.keep_record(release.lines_before)
            outlet.publish(self.root, signed, keys, now, release.line)
            return release.manifest.version

    def submit(self, folder: Path, now: datetime, officer: DutyKeys | None = None) -> int:
        """Hand the signed version over into the drop folder of the online signer; returns the version.

        With a duty officer's keys `withdraw/current` comes along, signed anew. Booked, then handed over, as `publish`.
        """
        with only_one(self.folder):
            release = self._signed_release(now, officer)
            self._book(release, now)
            withdrawal = () if officer is None else (self._withdraw((), officer, now),)
            signed = (*release.roles, *withdrawal)
            tail = b"\n".join((*release.lines_before[-RECORD_TAIL:], release.line))
            drop.put(folder, signed, now, log_line=tail, roots=rotation.roots(self.folder))
            return release.manifest.version

    def _signed_release(self, now: datetime, officer: DutyKeys | None) -> SignedRelease:
        states = self.staged_roles()
        for role in SIGNED_BY_EDITORS:
            if role in states:
                _check_signed(role, states[role], now)
        signed = tuple(self.stage.signed(role) for role in SIGNED_BY_EDITORS)
        manifest = Manifest.from_bytes(signed[0].files[assemble.INDEX_PATH])
        releases = self._master.releases
        if not releases.is_built(manifest.version, manifest.set_sha256):
            raise OperatorFault("build_unfinished", "the staged version's build was cut short: build it again")
        lines, line = releases.log_lines(manifest.version), releases.log_line(manifest.version)
        if line is None or public_log.head([*lines, line]) != manifest.log:
            raise OperatorFault("log_differs", "the desk's public record is not the one signed: build again")
        if manifest.epoch != self.body.epoch:  # a rekey version that goes out for the first time
            self._check_readers(manifest)
            self._check_rekey_goes_out(officer)
        return SignedRelease(manifest, signed, lines, line)

    def _check_rekey_goes_out(self, officer: DutyKeys | None) -> None:
        if duty.off(self._master, self.body):
            raise Refusal("not_repeatable", "entries were withdrawn since: build, sign and publish an ordinary version")
        if officer is None:
            raise Refusal(
                "duty_needed", "a rekey version goes out with an empty withdraw/current of its epoch: name --duty"
            )

    def _book(self, release: SignedRelease, now: datetime) -> None:
        with self._master.transaction():
            self._master.releases.mark_published(release.manifest.version, format_instant(now))
            self._master.releases.keep_files(release.roles[0].files)
            duty.confirm(self._master, release.manifest.version)

    def _withdrawal(self, officer: DutyKeys | None, outlet: Outlet, now: datetime) -> tuple[SignedRole, ...]:
        """A withdraw role signed now, or the staged one unless a newer is out there or it has run out."""
        if officer is not None:
            return (self._withdraw((), officer, now),)
        staged = self.stage.load(roles.WITHDRAW_ROLE)
        if staged is None or staged.signed.expires <= now:
            return ()
        if staged.signed.version < outlet.version_of(roles.WITHDRAW_ROLE):
            return ()
        return (self.stage.signed(roles.WITHDRAW_ROLE),)

    def status(self) -> DeskState:
        """Counts and versions; needs no key."""
        published = self._master.releases.last_published()
        began = self._master.releases.began_at()
        return DeskState(
            list_id=self.body.list_id,
            editors=tuple(editor.name for editor in self.body.editors),
            duties=tuple(officer.name for officer in self.body.duties),
            entries=self._master.entries.count(),
            subscribers=len(self.subscribers()),
            leaving=sum(one.left_in == self.body.epoch for one in self.memberships()),
            withdrawn=len(self.withdrawn()),
            published_version=published[0] if published else 0,
            epoch=self.body.epoch,
            epoch_began=None if began is None else datetime.fromisoformat(began),
            root_expires=Metadata[Root].from_bytes(self.root).signed.expires,
            staged=self.staged_roles(),
        )


def _check_signed(role: str, state: RoleState, now: datetime) -> None:
    if state.missing:
        raise Refusal(
            "signatures_missing",
            f"{role} version {state.version} needs {state.missing} more signature(s):"
            " another editor runs `mamori-list sign`",
        )
    if state.expires <= now:
        raise Refusal("role_expired", f"{role} version {state.version} has expired: build and sign a new one")
