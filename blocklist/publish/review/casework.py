"""What happens to an entry after it was drafted: rejected, suspended, resumed, asked for at its source, gone, extended.

Each act is a statement under the editor's signature. Taking something off needs one key, putting it back needs two.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import chain
from typing import Final

from attrs import define, evolve
from ulid import ULID

from blocklist.entries import Entry, checked
from blocklist.errors import EntryFault, OperatorFault
from blocklist.publish.body import EDITORS_NEEDED
from blocklist.publish.faults import Refusal
from blocklist.publish.files import only_one
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.master import approvals, rows
from blocklist.publish.master.statements import Fact, Kind, Statement
from blocklist.publish.master.states import Circumstances, Standing, standing_of
from blocklist.publish.master.verifying import proof_of
from blocklist.publish.records import Row, shown
from blocklist.publish.review.reviewing import Reviewing
from blocklist.publish.review.working_days import day_come

REMOVE_CODES: Final = ("no_longer_listable", "listed_in_error", "gone_at_source", "objection_upheld")
TAKEN_BACK: Final = ("listed_in_error", "objection_upheld")  # codes that say it should never have been listed
REJECT_CODES: Final = ("criterion_not_met", "too_wide", "not_verified", "milder_means_work", "listed_already")
SUSPEND_CODES: Final = ("objection", "doubt", "order")
ASKED: Final = ("hotline", "host", "registrar", "police")


@define
class Casework(Reviewing):
    """An open desk and the acts on single entries. Every act on several entries is done for all of them or none."""

    # --- taking off -----------------------------------------------------------------------------------
    def remove(self, ids: Iterable[str], keys: EditorKeys, now: datetime, code: str = REMOVE_CODES[0]) -> None:
        """Take entries off the list. One editor is enough; the next version leaves them out."""
        with only_one(self.folder), self._master.transaction():
            self._end(ids, keys, now, Kind.REMOVE, {"code": code})

    def reject(self, ids: Collection[str], keys: EditorKeys, now: datetime, code: str) -> None:
        """A second editor's no to drafts: they never come on the list. Her own drafts she removes."""
        with only_one(self.folder), self._master.transaction():
            published = self.published_ids()
            for row in self._live_rows(ids):
                if row.id in published:
                    raise Refusal("published", f"{row.id} is on the list: remove or suspend it")
                if row.drafted_by == keys.name:
                    raise Refusal("own_draft", f"{row.id} is a draft of {keys.name}: another editor rejects it")
            self._end(ids, keys, now, Kind.REJECT, {"code": code})

    def gone_at_source(self, ids: Iterable[str], keys: EditorKeys, now: datetime, on: date) -> None:
        """What was listed is gone at its source since the day `on`: say so, and take the entries off."""
        with only_one(self.folder), self._master.transaction():
            self._end(ids, keys, now, Kind.GONE_AT_SOURCE, {"code": "gone_at_source", "on": day_come(on, now)})

    def request_removal(self, ids: Iterable[str], keys: EditorKeys, now: datetime, asked: str, on: date) -> None:
        """Somebody was asked on the day `on` to remove it at the source: blocking is no substitute for that."""
        with only_one(self.folder), self._master.transaction():
            for row in self._live_rows(ids):
                self._say(row.id, keys, now, Kind.REMOVAL_REQUESTED, {"asked": asked, "on": day_come(on, now)})

    # --- suspending -----------------------------------------------------------------------------------
    def suspend(
        self, ids: Iterable[str], keys: EditorKeys, now: datetime, code: str, ticket: str | None = None
    ) -> None:
        """Leave entries out of the next versions while they are under review. One editor is enough."""
        with only_one(self.folder), self._master.transaction():
            self._suspend(ids, keys, now, code, ticket)

    def _suspend(self, ids: Iterable[str], keys: EditorKeys, now: datetime, code: str, ticket: str | None) -> None:
        suspended = self.suspended()
        for row in self._live_rows(ids):
            if row.id not in suspended:
                self._say(row.id, keys, now, Kind.SUSPEND, {"code": code} | ({"ticket": ticket} if ticket else {}))

    def resume(self, ids: Iterable[str], keys: EditorKeys, now: datetime) -> int:
        """This editor's word that suspensions end; with two of them the entries are back. Returns how many are."""
        with only_one(self.folder), self._master.transaction():
            last = self.suspensions()
            back = 0
            for row in self._live_rows(ids):
                one = last.get(row.id)
                if one is None:
                    raise Refusal("not_suspended", f"{row.id} is not suspended")
                if not _is_hers(one.resumed.get(keys.name), self.body.list_id, keys):
                    self._say(row.id, keys, now, Kind.RESUME, {"suspension": one.mark})
                back += len({*one.resumed, keys.name}) >= EDITORS_NEEDED
            return back

    def held_back_from(self, keys: EditorKeys) -> frozenset[str]:
        """Entries this editor's tool leaves out when she signs: whose suspension she has not ended with her own key.

        Raises `Refusal` for a suspension that no editor's signature proves.
        """
        list_id, signers, last = self.body.list_id, self._signers(), self.suspensions()
        for item, one in last.items():
            if signers.reason_against(proof_of(one.said, list_id)) is not None:
                raise Refusal(
                    "suspension_unproven",
                    f"the desk calls {item} suspended, no editor's signature proves it: sign nothing, ask why",
                )
        return frozenset(item for item, one in last.items() if not _is_hers(one.resumed.get(keys.name), list_id, keys))

    # --- extending ------------------------------------------------------------------------------------
    def extend(
        self, ids: Collection[str], keys: EditorKeys, now: datetime, not_after: date, review_by: date | None = None
    ) -> dict[str, str]:
        """Verified again today: new drafts that live until `not_after`. Two editors approve them; old id -> new id.

        Raises `Refusal` for days the criteria set does not allow, and when an entry lasts as long already.
        """
        with only_one(self.folder), self._master.transaction():
            vault, pen = self.vault(keys), self._pen(keys)
            old = [rows.entry_of(row.opened(vault)) for row in self._live_rows(ids)]
            suspended = sorted(self.suspended() & {entry.id for entry in old})
            if suspended:
                raise Refusal("suspended", f"{suspended[0]} is suspended: two editors resume it first")
            new = [self._longer(entry, now.date(), not_after, review_by or not_after) for entry in old]
            in_batches = (rows.insert_batch(self._master, vault, batch, pen) for batch in rows.batches(new))
            repeats = chain.from_iterable(in_batches)
            for before, after, repeated in zip(old, new, repeats, strict=True):
                if repeated is not None:
                    raise Refusal("lasts_already", f"{before.id} is listed until then or longer, as {repeated}")
                self._say(before.id, keys, now, Kind.EXTEND, {"as": after.id})
            return {before.id: after.id for before, after in zip(old, new, strict=True)}

    def _longer(self, entry: Entry, today: date, not_after: date, review_by: date) -> Entry:
        new = evolve(entry, id=str(ULID()), verified=today, not_after=not_after, review_by=review_by)
        try:
            return checked(rows.fields_of(new), self.criteria)
        except EntryFault as fault:
            most = self.criteria.max_days[entry.type]
            raise Refusal(
                "days", f"{entry.id}: {fault}; a {entry.type} may live {most} days from today, by the criteria set"
            ) from None

    # --- telling --------------------------------------------------------------------------------------
    def standings(self, day: date, ids: Collection[str] | None = None) -> Iterator[Standing]:
        """Where entries stand on the UTC day `day`: those of `ids`, or every one ever made. Needs no key."""
        table, statements = self._master.entries, self._master.statements
        found = table.every() if ids is None else map(self._row, ids)
        said = _by_item(statements.all()) if ids is None else {item: statements.about(item) for item in ids}
        circumstances = self._circumstances(day, ids)
        for row in found:
            yield standing_of(row, said.get(row.id, []), circumstances)

    def _circumstances(self, day: date, ids: Collection[str] | None) -> Circumstances:
        """What decides about the states of some entries, or of all."""
        approved_by: dict[str, list[str]] = {}
        if ids is not None:
            approved_by = {item: self._master.approved_by(item) for item in ids}
        else:
            for item, editor, _ in self._master.approvals():
                approved_by.setdefault(item, []).append(editor)
        return Circumstances(
            day=day,
            needed=EDITORS_NEEDED,
            approved_by=approved_by,
            published=self.published_ids(),
            suspended=self.suspended(),
            withdrawn=self._master.withdrawals.confirmed_ids() | self.withdrawn_ids(),
        )

    def ending(self, fact: str, first: date | None, last: date) -> list[Row]:
        """Live entries whose `review_by` or `not_after` lies between two days, unless they are listed for longer."""
        return self._master.entries.last_by(fact, (first or date.min).isoformat(), last.isoformat())

    def unapproved(self, needed: int) -> list[str]:
        """Ids of the live entries that fewer editors approved."""
        return self._master.entries.unapproved(needed)

    def relisted(self) -> list[str]:
        """Ids of drafts for what was taken off before as an error, or after an objection: look twice."""
        return self._master.entries.relisted(EDITORS_NEEDED, TAKEN_BACK)

    def live_ids(self) -> frozenset[str]:
        """Ids of the entries that are neither removed nor rejected."""
        return self._master.entries.live_ids()

    def statements(self) -> Iterator[Statement]:
        """Everything that was ever said here, in order."""
        return self._master.statements.all()

    # --- statements -----------------------------------------------------------------------------------
    def _say(self, item: str, keys: EditorKeys, now: datetime, kind: Kind, facts: Mapping[str, Fact]) -> Statement:
        """Sign and keep a statement, inside the caller's transaction."""
        said = Statement(item, kind, keys.name, now.replace(microsecond=0), facts)
        signed = approvals.sign_statement(said, self.body.list_id, keys)
        self._master.statements.add([signed])
        return signed

    def _end(self, ids: Iterable[str], keys: EditorKeys, now: datetime, kind: Kind, facts: Mapping[str, Fact]) -> None:
        for row in self._live_rows(ids):
            self._say(row.id, keys, now, kind, facts)
            self._master.entries.end(row.id, keys.name)

    def _live_rows(self, ids: Iterable[str]) -> Iterator[Row]:
        for entry_id in dict.fromkeys(ids):
            row = self._row(entry_id)
            if row.removed_by is not None:
                raise OperatorFault("entry_ended", f"{entry_id} is off the list already: nothing was changed")
            yield row

    def _row(self, entry_id: str) -> Row:
        row = self._master.entries.get(entry_id)
        if row is None:
            raise OperatorFault("entry_unknown", f"no entry {shown(entry_id)} at this desk: nothing was changed")
        return row


def _is_hers(said: Statement | None, list_id: str, keys: EditorKeys) -> bool:
    """Whether the statement is one this editor signed: Ed25519 is deterministic, so she signs it again."""
    return said is not None and approvals.sign_statement(said, list_id, keys).signature == said.signature


def _by_item(statements: Iterable[Statement]) -> dict[str, list[Statement]]:
    said: dict[str, list[Statement]] = {}
    for statement in statements:
        said.setdefault(statement.item, []).append(statement)
    return said
