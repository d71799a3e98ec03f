"""Who is on the stage: names and addresses that stand nowhere else, each kind with its part to play."""

from __future__ import annotations

import random
import string
from collections.abc import Iterable

from attrs import field, frozen

KINDS = (
    *("listed", "below", "exempt", "ordinary", "alias", "nx", "signed", "odd", "bytes", "broken", "option"),
    *(
        "path",
        "header",
        "sni",
        "page",
        "hint",
        "probe",
        "ask",
        "typed",
        "slow",
        "garbage",
        "refused",
        "large",
        "control",
    ),
)
V4 = ("198.18.201.77", "198.19.133.91")
V6 = ("2001:db8:1::6b75:c1", "2001:db8:1::4d6f:a7")
STRANGER = "203.0.113.201"  # not among those who are served
_letters = random.SystemRandom()


def _label() -> str:
    """Short enough for the name of a process, which has room for 15 bytes."""
    return "mk" + "".join(_letters.choices(string.ascii_lowercase + string.digits, k=12))


@frozen
class Cast:
    """One label for each kind of name: a single label is found in text, in wire form and in a whole message alike."""

    labels: dict[str, str] = field(factory=lambda: {kind: _label() for kind in KINDS})

    @property
    def clients(self) -> tuple[str, ...]:
        return (*V4, *V6, STRANGER)

    def __getitem__(self, kind: str) -> str:
        return self.labels[kind]

    def name(self, kind: str) -> str:
        """A full name of this kind; those that are listed stand under one that is not."""
        return f"{self.labels[kind]}.hidden.example"

    @property
    def markers(self) -> list[str]:
        """What stands nowhere else; the first three numbers of an address tell a neighbourhood, and count as one."""
        return [*self.labels.values(), *self.clients, V4[0].rpartition(".")[0]]

    @property
    def names(self) -> list[str]:
        """Whole, as a hash would be taken of them."""
        return [self.name(kind) for kind in self.labels]

    def kinds(self, hits: Iterable[str]) -> set[str]:
        """Of hits as `found` returns them: kinds of names, `client` for addresses, each with its form."""
        kind_of = {label: kind for kind, label in self.labels.items()}
        told = set()
        for hit in hits:
            marker, _, form = hit.partition(" ")
            told.add(f"{kind_of.get(marker.partition('.')[0], 'client')} {form}")
        return told
