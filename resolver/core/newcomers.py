"""Memory that all workers share about the fresh entries of one index: which of them were asked for.

One byte a fresh entry: a byte store needs no lock, so marks of several workers are a union. Behind them one word for
each worker and list counts hits. Nothing here tells who asked, how often for which entry, or when.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate

from attrs import frozen

from blocklist.index import Match

_WORD = 8

Mark = Callable[[Match], None]
"""Notes that a query was answered by policy because of this fresh match."""


def no_mark(match: Match) -> None:
    """Nobody watches."""


@frozen
class Marker:
    """What the worker in one slot calls for each hit on a fresh entry; the hit path in C does the same itself."""

    marks: memoryview
    """One byte a fresh entry."""
    hits: memoryview
    """This worker's own word for each list."""
    firsts: tuple[int, ...]
    """Where each list's bytes begin."""

    def __call__(self, match: Match) -> None:
        """Note a hit."""
        self.marks[match.fresh] = 1
        self.hits[match.list_number] += 1


@frozen
class Seen:
    """What was asked for of one list: different fresh entries, and hits on any of them."""

    different: int
    hits: int


class Newcomers:
    """View of that memory; `counts` are `Index.fresh_counts`. ValueError when the memory does not fit them."""

    def __init__(self, memory: memoryview, counts: Sequence[int]) -> None:
        words = _words_at(counts)
        if len(memory) < words or (len(memory) - words) % _WORD:
            raise ValueError(f"memory of {len(memory)} bytes does not fit {sum(counts)} fresh entries")
        self.marks = memory[: sum(counts)]
        self._hits = memory[words:].cast("Q")
        self._firsts = tuple(accumulate(counts, initial=0))

    @staticmethod
    def size(counts: Sequence[int], slots: int) -> int:
        """Return the bytes needed for so many worker slots."""
        return _words_at(counts) + slots * len(counts) * _WORD

    def marker(self, slot: int) -> Marker:
        """Return what the worker in a slot calls for each hit on a fresh entry. ValueError: no room for the slot."""
        lists = len(self._firsts) - 1
        first = slot * lists
        if first + lists > len(self._hits):
            raise ValueError(f"the memory has no room for slot {slot}")
        return Marker(self.marks, self._hits[first : first + lists], self._firsts[:-1])

    def seen(self) -> list[Seen]:
        """Return what is marked now, by list."""
        lists = len(self._firsts) - 1
        marks, hits = self.marks.tobytes(), self._hits.tolist()
        return [
            Seen(last - first - marks.count(0, first, last), sum(hits[number::lists]))
            for number, (first, last) in enumerate(zip(self._firsts, self._firsts[1:], strict=False))
        ]

    def clear(self) -> None:
        """Forget. A hit counted in this very moment may outlast it: the next window has it again, nobody else."""
        self.marks[:] = bytes(len(self.marks))
        self._hits[:] = memoryview(bytes(self._hits.nbytes)).cast("Q")


def _words_at(counts: Sequence[int]) -> int:
    total = sum(counts)
    return total + -total % _WORD
