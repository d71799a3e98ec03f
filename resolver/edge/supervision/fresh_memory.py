"""Anonymous memory for the fresh entries of one index, shared with workers by descriptor; it ends with the process."""

import mmap
import os
from collections.abc import Mapping, Sequence
from typing import Any, Self

from resolver.core.newcomers import Newcomers, Seen
from resolver.edge.sealed_memory import fixed_memory


class FreshMemory:
    """Marks of all lists of an index: `fresh` is its hand-over's `[{list_id, fresh}, …]`. OSError: no memory."""

    def __init__(self, fresh: Sequence[Mapping[str, Any]], slots: int) -> None:
        self.lists = tuple(each["list_id"] for each in fresh)
        self.counts = tuple(each["fresh"] for each in fresh)
        size = Newcomers.size(self.counts, slots)
        self.fd = fixed_memory(size)
        try:
            self._newcomers = Newcomers(memoryview(mmap.mmap(self.fd, size)), self.counts)
        except OSError:
            os.close(self.fd)
            raise

    @classmethod
    def if_possible(cls, fresh: Sequence[Mapping[str, Any]], slots: int) -> Self | None:
        """Return it, or None when there is no memory or descriptor: a list is followed all the same."""
        try:
            return cls(fresh, slots)
        except OSError:
            return None

    def seen(self) -> dict[str, Seen]:
        """Return what is marked now, by list."""
        return dict(zip(self.lists, self._newcomers.seen(), strict=True))

    def clear(self) -> None:
        """Forget all marks and hits."""
        self._newcomers.clear()

    def close(self) -> None:
        """Forget them and give the descriptor back; the memory goes with the last process that maps it."""
        self.clear()
        os.close(self.fd)
