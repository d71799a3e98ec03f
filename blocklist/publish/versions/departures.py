"""Why a version no longer lists what the one before listed, and on whose word: proven before anybody signs it.

One key is enough to take an entry off, so the second editor must see whose it was. An entry that is left out without a
signed word is a change behind everybody's back, and no version with it is signed.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from attrs import frozen

from blocklist.publish.body import Body
from blocklist.publish.faults import Refusal
from blocklist.publish.master import approvals
from blocklist.publish.master.master import Master
from blocklist.publish.master.statements import Kind, Statement
from blocklist.publish.master.verifying import Proof, Signers
from blocklist.publish.master.withdrawals import Withdrawn
from blocklist.publish.records import Row
from blocklist.publish.versions import duty

ENDED: Final = "ended"  # past its last day
WITHDRAWN: Final = "withdrawn"
ENDING: Final = (Kind.REMOVE, Kind.REJECT, Kind.GONE_AT_SOURCE)


@frozen
class Departure:
    """One entry that is left out: a word for why, and who said so (nobody, where its last day is past)."""

    id: str
    why: str
    by: str | None = None


def counted(departures: Iterable[Departure]) -> Mapping[str, int]:
    """`{"removed by alice": 2}`, for people."""
    counts: dict[str, int] = {}
    for one in departures:
        what = one.why.replace("_", " ") + (f" by {one.by}" if one.by else "")
        counts[what] = counts.get(what, 0) + 1
    return counts


@frozen
class Ledger:
    """Where the words are kept, and the keys that prove them."""

    master: Master
    body: Body
    signers: Signers

    def departures(self, ids: Iterable[str], day: date) -> tuple[Departure, ...]:
        """Why each of these entries is left out on the UTC day `day`; `Refusal` where nobody's key says so."""
        wanted = sorted(ids)
        off = duty.off(self.master, self.body)
        found = [self._why(entry_id, off.get(entry_id), day) for entry_id in wanted]
        unproven = found.count(None)
        if unproven:
            raise Refusal(
                "departure_unproven",
                f"{unproven} entries of the last version are left out, and no signed word says why:"
                " nothing was signed; look at `mamori-list show` and `mamori-list verify`",
            )
        return tuple(one for one in found if one is not None)

    def _why(self, entry_id: str, withdrawn: Withdrawn | None, day: date) -> Departure | None:
        row = self.master.entries.get(entry_id)
        if row is None:
            return None
        proofs = self._proofs(row, self.master.statements.about(entry_id), withdrawn)
        good = next((proof for proof in proofs if self.signers.reason_against(proof) is None), None)
        if good is not None:
            return Departure(entry_id, good.kind, good.signer.removesuffix("/duty"))
        ended = date.fromisoformat(row.facts["not_after"]) < day
        return Departure(entry_id, ENDED) if ended else None

    def _proofs(self, row: Row, said: Iterable[Statement], off: Withdrawn | None) -> Iterator[Proof]:
        """Every word that could account for the entry, the last first."""
        for one in reversed(list(said)):
            if (one.kind in ENDING and row.removed_by == one.editor) or one.kind is Kind.SUSPEND:
                yield Proof(row.id, str(one.kind), one.editor, one.signature, one.body(self.body.list_id))
        if row.removed_by is not None and row.removal is not None:
            statement = approvals.removal_statement(row.id, self.body.list_id)
            yield Proof(row.id, str(Kind.REMOVE), row.removed_by, row.removal, statement)
        if off is not None:
            statement = duty.statement(row.id, off.serial, self.body.list_id)
            yield Proof(row.id, WITHDRAWN, f"{off.duty}/duty", off.signature, statement)
