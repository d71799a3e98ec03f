"""The memory workers share about fresh entries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.index import Match
from resolver.core.newcomers import Newcomers, Seen, no_mark

SLOTS = 3


def memory(counts: tuple[int, ...]) -> memoryview:
    return memoryview(bytearray(Newcomers.size(counts, SLOTS)))


def hit(fresh: int, number: int = 0) -> Match:
    return Match(False, number, "demo", False, False, 0.0, fresh)


def test_marks_of_several_workers_are_a_union_and_hits_a_sum() -> None:
    """The same entry asked of two workers is one different entry and two hits; lists are told apart."""
    shared = memory((4, 5))
    one, two = Newcomers(shared, (4, 5)).marker(0), Newcomers(shared, (4, 5)).marker(2)
    for mark, match in ((one, hit(1)), (two, hit(1)), (two, hit(3)), (one, hit(8, 1))):
        mark(match)
    assert Newcomers(shared, (4, 5)).seen() == [Seen(2, 3), Seen(1, 1)]


def test_nothing_is_left_after_clearing() -> None:
    """Every byte is zero again, so a window knows nothing of the one before."""
    shared = memory((9,))
    seen = Newcomers(shared, (9,))
    seen.marker(1)(hit(8))
    seen.clear()
    assert shared.tobytes() == bytes(len(shared))


@given(st.lists(st.integers(0, 40), max_size=4), st.data())
def test_every_entry_and_worker_has_its_own_place(sizes: list[int], data: st.DataObject) -> None:
    """For arbitrary lists and hits, what is seen is what a plain count finds."""
    counts = tuple(sizes)
    places = [(sum(counts[:number]) + at, number) for number, size in enumerate(counts) for at in range(size)]
    hits = data.draw(st.lists(st.tuples(st.sampled_from(places), st.integers(0, SLOTS - 1)))) if places else []
    seen = Newcomers(memory(counts), counts)
    for (fresh, number), slot in hits:
        seen.marker(slot)(hit(fresh, number))
    by_list = [[fresh for (fresh, n), _ in hits if n == number] for number in range(len(counts))]
    assert seen.seen() == [Seen(len(set(each)), len(each)) for each in by_list]


@pytest.mark.parametrize("size", [0, 7, 8, 15])
def test_memory_that_does_not_fit_is_refused(size: int) -> None:
    """A worker never writes beyond what it was given, and finds out before the first query."""
    with pytest.raises(ValueError, match="9 fresh entries"):
        Newcomers(memoryview(bytearray(size)), (9,))


def test_unwatched_hits_are_not_noted() -> None:
    """The mark of an index that nobody watches does nothing."""
    no_mark(hit(0))
