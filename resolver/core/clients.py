"""What is remembered of clients between two queries: how their queries look, never who they are."""

from typing import Final, Protocol

from attrs import Factory, define

from resolver.core.query import Form
from resolver.core.rate_limit import Budget

UNLIMITED: Final = 2**30 - 1


class AnyClient(Protocol):
    """What the core needs of a client's record, whichever twin of the hit path made it."""

    forms: dict[bytes, Form]

    @property
    def view(self) -> int:
        """Number of the policy they meet."""

    @property
    def left(self) -> int:
        """Queries that may be asked before `allow` looks again."""

    @property
    def admitted(self) -> bool:
        """Whether they are served at all."""

    def allow(self, now: float) -> bool:
        """Count one query; False when nothing is left of the budget."""

    def allow_proven(self, now: float) -> bool:
        """Count one query beyond that of somebody who proved its address."""

    def form_of(self, data: bytes) -> Form | None:
        """Return the remembered form of a message."""

    def slip(self) -> bool:
        """Whether a query over the limit is answered all the same."""


@define(eq=False)
class Client:
    """What all clients of one prefix and policy share; found by a salted hash of the address.

    `forms` are the forms of query met so far, by all bytes of one but its id and name; prefixes of one policy share
    them.
    """

    forms: dict[bytes, Form] = Factory(dict)
    view: int = 0
    """Number of the policy they meet (`core/views.py`)."""
    left: int = 0
    """Queries that may be asked before `allow` looks again; the hot path counts it down."""
    admitted: bool = True
    """Whether they are served at all."""
    budget: Budget | None = None
    """None: no limit."""
    slips: bool = False
    """Whether the last query over the limit was answered."""

    def allow(self, now: float) -> bool:
        """Count one query; False when nothing is left of the budget."""
        if self.left < 1:
            self.left = UNLIMITED if self.budget is None else self.budget.plain.draw(self.budget.step, now)
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def allow_proven(self, now: float) -> bool:
        """Count one query beyond that of somebody who proved its address."""
        return self.budget is None or self.budget.proven.draw(1, now) == 1

    def form_of(self, data: bytes) -> Form | None:
        """Return the remembered form of a message, which then carries no option."""
        return self.forms.get(data[2:12] + data[data.find(0, 12) + 1 :])

    def slip(self) -> bool:
        """Whether a query over the limit is answered all the same: every other one is."""
        self.slips = not self.slips
        return self.slips
