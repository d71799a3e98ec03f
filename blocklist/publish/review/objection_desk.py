"""Taking in, acknowledging and deciding objections at an open desk."""

import secrets
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from typing import Final

from attrs import define

from blocklist.entries import Entry
from blocklist.errors import OperatorFault
from blocklist.names import is_ip_literal, suffixes, to_wire
from blocklist.publish.faults import Refusal
from blocklist.publish.files import only_one
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.master.statements import Fact, Kind, Statement, check_code
from blocklist.publish.master.verifying import proof_of
from blocklist.publish.reporting.past import Past, past_of
from blocklist.publish.review.casework import Casework
from blocklist.publish.review.objections import DECISIONS, KINDS, NOT_LISTED, Objection, Stage, objections
from blocklist.publish.review.working_days import day_come
from blocklist.urls import canonical_url

TICKET_CHARS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: can be told over the telephone
TICKET_LENGTH: Final = 10  # 50 bits: a ticket tells neither how many there are nor which was next


@define
class ObjectionDesk(Casework):
    """An open desk, and the objections against its entries."""

    def find(self, text: str, keys: EditorKeys) -> tuple[str, ...]:
        """Ids of the live entries that a name, address or URL is covered by. Raises `EntryFault` for what is none."""
        host = _host(text)
        return tuple(entry.id for entry in self.entries(keys) if _covers(entry, host))

    def open_objection(
        self,
        entries: Collection[str],
        keys: EditorKeys,
        now: datetime,
        *,
        received: date,
        ticket: str | None = None,
        suspend: bool = False,
    ) -> Objection:
        """Book an objection received on the day `received` in Japan; with `suspend` its live entries are suspended."""
        ticket = ticket or f"O-{''.join(secrets.choice(TICKET_CHARS) for _ in range(TICKET_LENGTH))}"
        with only_one(self.folder), self._master.transaction():
            check_code(ticket, "--ticket")
            if self._master.statements.about(ticket):
                raise OperatorFault("ticket_used", f"ticket {ticket} is in use: choose another")
            rows = [self._row(entry_id) for entry_id in dict.fromkeys(entries)]
            facts: dict[str, Fact] = {"entries": tuple(row.id for row in rows), "received": day_come(received, now)}
            self._say(ticket, keys, now, Kind.OBJECTION_OPEN, facts)
            if suspend:
                live = [row.id for row in rows if row.removed_by is None]
                self._suspend(live, keys, now, "objection", ticket)
            return self.objection(ticket)

    def acknowledge_objection(self, ticket: str, keys: EditorKeys, now: datetime, on: date) -> Objection:
        """Book that the objector was told, on the day `on`, that it arrived."""
        with only_one(self.folder), self._master.transaction():
            one = self.objection(ticket)
            if one.stage is not Stage.OPEN:
                raise Refusal("acknowledged_already", f"{ticket} is {one.stage} already")
            if on < one.received:
                raise OperatorFault("day_before", f"{on} is before {ticket} was received, on {one.received}")
            self._say(ticket, keys, now, Kind.OBJECTION_ACKNOWLEDGE, {"on": day_come(on, now)})
            return self.objection(ticket)

    def decide_objection(self, ticket: str, keys: EditorKeys, now: datetime, code: str) -> Objection:
        """Decide by a code of `DECISIONS`; upheld, also partly, takes the entries off under the same key.

        Raises `Refusal` for an editor who drafted or approved one of them, or an earlier entry for the same thing.
        """
        with only_one(self.folder), self._master.transaction():
            one = self.objection(ticket)
            if one.stage is Stage.DECIDED:
                raise Refusal("decided_already", f"{ticket} was decided as {one.code}: open a new objection")
            if bool(one.entries) is (code == NOT_LISTED):
                raise Refusal("decision_code", f"{ticket} is about {len(one.entries)} entries: {code} does not fit")
            if keys.name in self.listed_by(one.entries):
                raise Refusal(
                    "not_impartial", f"{keys.name} listed or approved what {ticket} is about: another decides"
                )
            self._say(ticket, keys, now, Kind.OBJECTION_DECIDE, {"code": code})
            if DECISIONS[code]:
                live = [row.id for row in map(self._row, one.entries) if row.removed_by is None]
                self._end(live, keys, now, Kind.REMOVE, {"code": "objection_upheld", "ticket": ticket})
            return self.objection(ticket)

    def listed_by(self, entries: Iterable[str]) -> frozenset[str]:
        """Who drafted or approved entries, or earlier ones that point at the same thing."""
        table = self._master.entries
        rows = [self._row(other) for entry_id in entries for other in table.twins_of(entry_id)]
        approved = (editor for row in rows for editor in self._master.approved_by(row.id))
        return frozenset({*approved, *(row.drafted_by for row in rows if row.drafted_by is not None)})

    def past(self, now: datetime) -> Past:
        """What reports are made of, up to now; needs no key."""
        return past_of(self._master, self.body, self.criteria, self.objections().values(), now)

    def objections(self) -> dict[str, Objection]:
        """Every objection by its ticket, oldest first; a decision that nobody signed decides nothing."""
        return objections(self._proven(self._master.statements.of(*KINDS)))

    def objection(self, ticket: str) -> Objection:
        """One objection; `OperatorFault` when there is no such ticket."""
        found = objections(self._proven(self._master.statements.about(ticket))).get(ticket)
        if found is None:
            raise OperatorFault(
                "ticket_unknown", "no objection has this ticket: see `mamori-list objection list --all`"
            )
        return found

    def _proven(self, statements: Iterable[Statement]) -> Iterator[Statement]:
        signers, list_id = self._signers(), self.body.list_id
        return (said for said in statements if signers.reason_against(proof_of(said, list_id)) is None)


def _host(text: str) -> str:
    """The canonical name or address that an objector's words (a name, an address, a URL) point at."""
    text = text.strip()
    bare_ipv6 = text.count(":") > 1 and not {"/", "["} & set(text)
    return canonical_url(f"[{text}]" if bare_ipv6 else text).host.strip("[]")


def _covers(entry: Entry, host: str) -> bool:
    if entry.type == "domain":
        return not is_ip_literal(host) and to_wire(entry.name) in suffixes(to_wire(host))
    return entry.name.strip("[]") == host
