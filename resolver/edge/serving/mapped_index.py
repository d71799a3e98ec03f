"""The compiled index as the updater handed it over: sealed anonymous memory, mapped read-only.

An unsealed file could be cut short by its owner, which is a SIGBUS in every worker that maps it; so it is refused.
A new index takes the place of the old one by assignment; the old mapping goes when nothing refers to it any more.
Beside it may come memory that all workers share, in which its fresh entries are marked.
"""

import mmap
import os

from blocklist.index import Index
from resolver.core.newcomers import Newcomers
from resolver.edge.sealed_memory import is_sealed


class IndexRefused(Exception):
    """An index was not taken up; `code` says why: unsealed, unmappable or damaged."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the index was refused: {code}")
        self.code = code


def map_index(fd: int) -> Index:
    """Map the memory behind `fd`, which is closed here in every case. IndexRefused, and the index in force stays."""
    try:
        if not is_sealed(fd):
            raise IndexRefused("unsealed")
        # Private, because older kernels refuse a shared mapping of write-sealed memory; reading copies nothing. All of
        # it at once (5 ms for a million entries): else a listed question could be the first to touch its page, and
        # this process' memory would tell.
        buffer = mmap.mmap(fd, 0, flags=mmap.MAP_PRIVATE | mmap.MAP_POPULATE, prot=mmap.PROT_READ)
    except (OSError, ValueError):  # no memory; ValueError: empty
        raise IndexRefused("unmappable") from None
    finally:
        os.close(fd)
    try:
        return Index(buffer)
    except Exception:  # noqa: BLE001  however it is damaged, the worker goes on with the one it has
        raise IndexRefused("damaged") from None


def map_newcomers(fd: int, index: Index) -> Newcomers:
    """Map the shared memory behind `fd`, which is closed here in every case. IndexRefused: it does not fit."""
    try:
        return Newcomers(memoryview(mmap.mmap(fd, 0)), index.fresh_counts)
    except (OSError, ValueError):
        raise IndexRefused("newcomers") from None
    finally:
        os.close(fd)
