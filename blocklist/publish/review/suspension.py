"""Suspended entries: one editor's key takes an entry out of the next version, two keys put it back.

A suspension stands until enough different editors have said, about this very suspension, that it ends. An editor's
own tool asks for more before she signs a version: she must be one of them.
"""

from collections.abc import Iterable, Mapping

from attrs import evolve, frozen

from blocklist.publish.master.statements import Kind, Statement


@frozen
class Suspension:
    """The last suspension of an entry, and who has said since that it ends."""

    said: Statement
    resumed: Mapping[str, Statement]  # editor -> her word

    @property
    def mark(self) -> str:
        """What a resumption names, so that it never lifts another suspension: the head of the signature, in hex."""
        return mark(self.said)

    def in_force(self, needed: int) -> bool:
        """Whether fewer than `needed` editors have ended it."""
        return len(self.resumed) < needed


def mark(suspend: Statement) -> str:
    """The name of one suspension."""
    return suspend.signature[:16].hex()


def last_suspensions(statements: Iterable[Statement]) -> dict[str, Suspension]:
    """Entry id -> its last suspension, from all `suspend` and `resume` statements in order."""
    found: dict[str, Suspension] = {}
    for said in statements:
        if said.kind is Kind.SUSPEND:
            found[said.item] = Suspension(said, {})
        elif said.kind is Kind.RESUME and said.item in found:
            last = found[said.item]
            if said.facts.get("suspension") == last.mark:
                found[said.item] = evolve(last, resumed={**last.resumed, said.editor: said})
    return found
