"""The entry of an answer that C keeps and serves: what only Python would serve it with is made when it is first needed.

Of nearly all such answers it never is: C serves them until they end. To make all of it at once would cost as much as
the rest of the answer's way (docs/adr/0055).
"""

from collections.abc import Callable
from math import inf
from typing import Any

from resolver.core.answer import Answer
from resolver.core.body import Body
from resolver.core.cache import Entry


class LandedEntry(Entry):
    """A plain answer, its question open: `body` and `answer` are unset until somebody looks at them."""

    __slots__ = ("_make",)

    def __init__(  # its base would set what is to stay unset
        self,
        generation: int,
        stored: float,
        seconds: int,
        kept: bytes,
        trust_ad: bool,
        make: Callable[[bytes, bool], Body],
    ) -> None:
        self.uses = self.cost = self.view = self.event = 0
        self.in_main = False
        self.generation = generation
        self.stored = stored
        self.until = until = stored + seconds
        self.due = min(until, stored + 1)
        self.verdict_until = inf
        self.kept = kept
        self.trust_ad = trust_ad
        self.fresh = None
        self.failing = None
        self.stands = True
        self._make = make

    def __getattr__(self, name: str) -> Any:
        """Make what is looked for; called for what is unset only."""
        if name == "body":
            self.body = self._make(self.kept, self.trust_ad)
            return self.body
        if name == "answer" and self.body is not None:
            self.answer: Answer = self.body.aged(0)
            return self.answer
        raise AttributeError(name)
