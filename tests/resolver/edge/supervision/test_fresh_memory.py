"""Memory of fresh entries as the supervisor holds it."""

from __future__ import annotations

import mmap

from blocklist.index import Match
from resolver.core.newcomers import Newcomers, Seen
from resolver.edge.supervision.fresh_memory import FreshMemory
from tests.support.descriptors import descriptors

FRESH = [{"list_id": "one", "fresh": 3}, {"list_id": "two", "fresh": 5}]


def test_what_workers_mark_is_seen_by_list_and_forgotten() -> None:
    """Another mapping of the same descriptor is the same memory; after clearing nothing is left in either."""
    before = descriptors()
    memory = FreshMemory(FRESH, 2)
    mapped = memoryview(mmap.mmap(memory.fd, 0))
    worker = Newcomers(mapped, (3, 5)).marker(1)
    for fresh in (4, 4, 7):
        worker(Match(False, 1, "two", False, False, 0.0, fresh))
    assert memory.seen() == {"one": Seen(0, 0), "two": Seen(2, 3)}
    memory.close()
    assert mapped.tobytes() == bytes(len(mapped))
    del memory, mapped, worker  # a mapping keeps a descriptor of its own
    assert descriptors() <= before
