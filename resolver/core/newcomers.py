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

    def marker(self, slot: int) -> Mark:
        """Return what the worker in a slot calls for each hit on a fresh entry. ValueError: no room for the slot."""
        marks, hits, lists = self.marks, self._hits, len(self._firsts) - 1
        first = slot * lists
        if first + lists > len(hits):
            raise ValueError(f"the memory has no room for slot {slot}")

        def mark(match: Match) -> None:
            marks[match.fresh] = 1
            hits[first + match.list_number] += 1

        return mark

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
