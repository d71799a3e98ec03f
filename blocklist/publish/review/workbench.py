"""An open desk: who holds which key, what may be opened with it, and entries on their way in and out.

Who may do what: adding takes two editors (approvals), and every version two signatures. Removing takes one editor:
an over-block hurts people who did nothing, so one may say stop. Her signature on the removal is kept, the other sees
it in `diff`, and the version without the entry still needs the two signatures.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from attrs import define

from blocklist.criteria import CriteriaSet
from blocklist.entries import Entry, check_codes
from blocklist.errors import EntryFault, OperatorFault, PublisherFault
from blocklist.keyring import MATCH_PROFILE, unwrap
from blocklist.publish.body import EDITORS_NEEDED, Body
from blocklist.publish.faults import Refusal
from blocklist.publish.files import only_one, read_file
from blocklist.publish.keys import rotation, setup
from blocklist.publish.keys.keyfiles import DutyKeys, EditorKeys, load_duty_keys, load_editor_keys
from blocklist.publish.keys.online import OnlineFolder
from blocklist.publish.master import approvals, rows, verifying
from blocklist.publish.master.master import Master
from blocklist.publish.master.statements import Kind
from blocklist.publish.master.vault import DATA_KEY_PROFILE, Vault
from blocklist.publish.publication.outlet import OnlineKeys
from blocklist.publish.review.importing import Found, Harvest
from blocklist.publish.review.suspension import Suspension, last_suspensions
from blocklist.publish.versions import duty

Watch = Callable[[Iterable[Any], int], Iterable[Any]]


def _unwatched(values: Iterable[Any], count: int) -> Iterable[Any]:
    return values


@define
class Workbench:
    """An open desk folder. Every verb takes its time from the caller and holds the folder against a second tool."""

    folder: Path
    keys_folder: Path
    _facts: Body
    criteria: CriteriaSet
    root: bytes
    _master: Master
    watch: Watch = _unwatched  # sees every walk over entries or rows, with their number: a progress bar

    @classmethod
    def create(cls, folder: Path, new: setup.NewDesk, now: datetime, keys_folder: Path | None = None) -> Self:
        """Make a desk (keys, root, empty master) and open it."""
        keys_folder = keys_folder or folder / setup.KEYS_FOLDER
        setup.create(folder, keys_folder, new, now)
        return cls.open(folder, keys_folder)

    @classmethod
    def open(cls, folder: Path, keys_folder: Path | None = None) -> Self:
        """Open a desk; editors who keep their key files elsewhere name that folder."""
        body = Body.load(folder)
        try:
            criteria = CriteriaSet.from_bytes(read_file(folder / setup.CRITERIA_FILE, "criteria set"))
        except PublisherFault as fault:
            raise OperatorFault("criteria_set", f"{folder / setup.CRITERIA_FILE}: {fault}") from None
        root = read_file(folder / setup.ROOT_FILE, "root metadata")
        return cls(folder, keys_folder or folder / setup.KEYS_FOLDER, body, criteria, root, Master.open(folder))

    def close(self) -> None:
        """Close the master."""
        self._master.close()

    @property
    def body(self) -> Body:
        """The list's facts, with the epoch in force: that of the last published version."""
        return self._facts.in_epoch(self._master.releases.epoch())

    # --- key holders ----------------------------------------------------------------------------------
    @property
    def holders(self) -> str:
        """SHA-256 of `desk.json`: who holds which key. Anybody can write that file, so each editor agrees to it."""
        return self._facts.digest

    def agree(self, keys: EditorKeys) -> None:
        """Keep this editor's word that the key holders in `desk.json` are the right ones."""
        self._master.put_agreed(keys.name, approvals.sign_holders(self.holders, self.body.list_id, keys.signing).hex())

    def check_holders(self, keys: EditorKeys) -> None:
        """`Refusal` unless she agreed: her signature names their keys to every ISP, and wraps secrets to them."""
        mark = approvals.sign_holders(self.holders, self.body.list_id, keys.signing).hex()
        if self._master.agreed(keys.name) != mark:
            raise Refusal(
                "holders_changed",
                f"{keys.name} has not agreed to the key holders in desk.json: compare with the minutes of the ceremony"
                f" (desk_after_sha256), or ask who added a duty officer, then approve {self.holders}",
            )

    # --- keys -----------------------------------------------------------------------------------------
    def unlock(self, editor: str, passphrase: bytes) -> EditorKeys:
        """Open an editor's key files and check that they are the ones this desk was made with."""
        known = self.body.editor(editor)
        keys = load_editor_keys(self.keys_folder, editor, passphrase)
        if (keys.signing.public_key, keys.keyring.public_key) != (known.signing, known.keyring):
            raise OperatorFault("key_foreign", f"the key files of {editor} in {self.keys_folder} are of another desk")
        return keys

    def unlock_duty(self, name: str, passphrase: bytes) -> DutyKeys:
        """Open a duty officer's key files and check that they are the ones this desk knows."""
        known = self.body.duty(name)
        keys = load_duty_keys(self.keys_folder, name, passphrase)
        if keys.signing.public_key != known.signing:
            raise OperatorFault("key_foreign", f"the key files of {name} in {self.keys_folder} are of another desk")
        return keys

    def unlock_online(self, secret: Callable[[str], bytes]) -> OnlineKeys:
        """Open the snapshot and timestamp keys that root names; `secret` gives the passphrase or a token's PIN."""
        return OnlineFolder(self.keys_folder, secret).keys_for(self.root)

    def open_key(self, keys: EditorKeys | DutyKeys, profile: str, epoch: int | None = None) -> bytes:
        """The data key, the log key or an epoch's secret [the epoch in force], through this holder's reading key."""
        if epoch is None:
            epoch = self.body.epoch if profile == MATCH_PROFILE else setup.FIRST_EPOCH
        wrapped = self._master.wrapped(profile, epoch, keys.name)
        try:
            return unwrap(wrapped, keys.reading, list_id=self.body.list_id, epoch=epoch, profile=profile)
        except PublisherFault:
            raise OperatorFault("reading_key", f"the reading key of {keys.name} does not open this desk") from None

    def vault(self, keys: EditorKeys) -> Vault:
        """The key to the sealed columns, through this editor's reading key."""
        return Vault(self.body.list_id, self.open_key(keys, DATA_KEY_PROFILE))

    def verify(self, keys: EditorKeys | None = None) -> verifying.Verdict:
        """Check every stored signature; those over whole entries only with an editor's key."""
        vault = None if keys is None else self.vault(keys)
        return verifying.verify(self._master, self.body.list_id, self._signers(), vault, self.watch)

    def _signers(self) -> verifying.Signers:
        return verifying.Signers.of(self.body, rotation.roots(self.folder).values())

    # --- entries --------------------------------------------------------------------------------------
    def insert(self, entries: Iterable[Entry], keys: EditorKeys) -> dict[str, str]:
        """Add checked entries; returns `{refused id: id it repeats}` (see `rows.insert`).

        Each goes in under her signature as a draft. Raises `EntryFault` for a code this desk's criteria set lacks;
        nothing is added then.
        """
        with only_one(self.folder):
            return rows.insert(self._master, self.vault(keys), map(self._checked, entries), self._pen(keys))

    def take_in(self, lines: Iterable[Found], keys: EditorKeys, *, approve: bool = False) -> Harvest:
        """Add what an import found, all or nothing, as drafts of this editor; with `approve` under her approval too."""
        harvest = Harvest()
        vault, pen = self.vault(keys), self._pen(keys)
        with only_one(self.folder), self._master.transaction():
            for batch in rows.batches((line, self._coded(found)) for line, found in lines):
                entries = [found for _, found in batch if isinstance(found, Entry)]
                repeats = rows.insert_batch(self._master, vault, entries, pen)
                harvest.book(batch, repeats)
                if approve:
                    new = (entry for entry, other in zip(entries, repeats, strict=True) if other is None)
                    self._master.put_approvals(keys.name, approvals.sign_entries(new, keys))
        return harvest

    def _checked(self, entry: Entry) -> Entry:
        check_codes(entry, self.criteria)
        return entry

    def _coded(self, found: Entry | EntryFault) -> Entry | EntryFault:
        try:
            return found if isinstance(found, EntryFault) else self._checked(found)
        except EntryFault as fault:
            return fault

    def _pen(self, keys: EditorKeys) -> rows.Pen:
        list_id = self.body.list_id
        closed = self._master.entries.twins_to(self.suspended())
        return rows.Pen(keys.name, lambda entry: approvals.sign_draft(entry, list_id, keys), closed)

    def entries(self, keys: EditorKeys, approvals: int = 0) -> Iterator[Entry]:
        """Every live entry that so many editors approved, opened with this editor's key."""
        return iter(
            self.watch(rows.live_entries(self._master, self.vault(keys), approvals), self._master.entries.count())
        )

    def opened(self, ids: Collection[str], keys: EditorKeys) -> Iterator[Entry]:
        """Some entries by their ids, live or not, opened with this editor's key."""
        vault = self.vault(keys)
        for row in self.watch(self._master.entries.some(ids), len(ids)):
            yield rows.entry_of(row.opened(vault))

    def candidates(self, keys: EditorKeys, approvals: int = 0) -> Iterator[Entry]:
        """Every live entry that so many editors approved and that is neither suspended nor withdrawn."""
        left_out = self.suspended() | self.withdrawn_ids()
        return (entry for entry in self.entries(keys, approvals) if entry.id not in left_out)

    def suspensions(self) -> dict[str, Suspension]:
        """By entry id: the last suspension of each entry that ever was suspended."""
        return last_suspensions(self._master.statements.of(Kind.SUSPEND, Kind.RESUME))

    def suspended(self) -> frozenset[str]:
        """Ids of the entries that are suspended now."""
        return frozenset(item for item, one in self.suspensions().items() if one.in_force(EDITORS_NEEDED))

    def withdrawn_ids(self) -> frozenset[str]:
        """Ids of the entries a duty officer took off, until a version without them or two editors' word."""
        return frozenset(duty.off(self._master, self.body))

    def items(self) -> frozenset[str]:
        """Ids of all that can be approved: live entries and subscribers."""
        return self._master.entries.live_ids() | {one.id for one in self._master.subscribers()}

    def known_ids(self) -> frozenset[str]:
        """Every id ever given here: none is used twice."""
        return self._master.entries.all_ids()

    def published_ids(self) -> frozenset[str]:
        """Ids of the entries in the last published version."""
        return self._master.releases.published_ids()
