"""What one supervisor hands to the code that takes its place in this process: descriptors by number, the rest as JSON.

It lies in sealed anonymous memory, so nothing of it touches a disk; counts of the running release bucket are in it.
Every part that has something to hand over says so itself; here is only what carries it.
"""

import json
import os
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Final

from attrs import define, field, frozen

from resolver.edge.sealed_memory import is_sealed, sealed_memory

VERSION: Final = 1
TAKES: Final = (1,)  # the versions that this code can go on from
VARIABLE: Final = "MAMORI_HANDOVER"  # names the descriptor; taken out of the environment as soon as it is read


class HandOverFault(Exception):
    """Nothing can be gone on from; the message says why."""


@define
class Bag:
    """Descriptors that must outlive the change of code."""

    fds: set[int] = field(factory=set)
    _sealed: int | None = field(default=None, init=False)

    def keep(self, fd: int) -> int:
        """Carry a descriptor over; its number stays the same."""
        self.fds.add(fd)
        return fd

    def seal(self, document: Mapping[str, Any]) -> int:
        """A descriptor of the whole document, carried over as well. OSError: no memory."""
        said = {"handover": VERSION, "fds": sorted(self.fds), **document}
        self._sealed = sealed_memory(json.dumps(said, ensure_ascii=False).encode())
        return self.keep(self._sealed)

    def forget(self) -> None:
        """It was not taken up: counts must not lie about in memory that nobody needs."""
        if self._sealed is not None:
            self.fds.discard(self._sealed)
            os.close(self._sealed)
            self._sealed = None

    def inheritable(self, *, on: bool) -> None:
        """Let them outlive the next program that is run in this process, or no longer."""
        for fd in self.fds:
            os.set_inheritable(fd, on)


@frozen
class Handed:
    """What came over."""

    document: Mapping[str, Any]

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> "Handed | None":
        """What this process was left, None at an ordinary start. HandOverFault."""
        said = environment.pop(VARIABLE, None)
        if said is None:
            return None
        try:
            fd = int(said)
            document = _read(fd)
        except (ValueError, OSError):
            raise HandOverFault(f"{VARIABLE} is for `mamori upgrade` alone: take it out of the environment") from None
        if document.get("handover") not in TAKES:
            raise HandOverFault("it was left by a version that this one cannot go on from")
        for each in document["fds"]:
            os.set_inheritable(each, False)  # or every child would hold every socket
        return cls(document)

    def __getitem__(self, part: str) -> Any:
        return self.document[part]


def _read(fd: int) -> dict[str, Any]:
    if not is_sealed(fd):
        raise ValueError
    with os.fdopen(fd, "rb") as memory:
        memory.seek(0)
        document = json.loads(memory.read())
    if not isinstance(document, dict):
        raise ValueError
    return document


def pairs(table: Mapping[tuple[str, str], int]) -> Iterator[list[Any]]:
    """A table by two words, as JSON can carry it: [word, word, number]."""
    for (first, second), number in table.items():
        yield [first, second, number]
