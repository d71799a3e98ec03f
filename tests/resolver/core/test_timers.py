"""What is due when."""

from __future__ import annotations

from heapq import heappop, heappush

from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.timers import Timers

OFFSETS = (0.35, 0.75, 1.0)


@define(eq=False)
class Thing:
    number: int
    done: bool = False


@given(st.lists(st.tuples(st.sampled_from(["put", "end", "pass"]), st.integers(0, 7)), max_size=60))
def test_it_is_a_heap_without_what_is_done(steps: list[tuple[str, int]]) -> None:
    """Whatever is put, ended and waited for: the same things are due at the same times in the same order."""
    timers, heap, things, now = Timers[Thing](len(OFFSETS)), list[tuple[float, int, Thing]](), list[Thing](), 0.0
    for verb, number in steps:
        if verb == "put":
            things.append(Thing(len(things)))
            due = now + OFFSETS[number % len(OFFSETS)]
            timers.put(number % len(OFFSETS), due, things[-1])
            heappush(heap, (due, len(things), things[-1]))
        elif verb == "end" and things:
            things[number % len(things)].done = True
        else:
            now += number / 10
            while (taken := timers.take(now)) is not None:
                while (expected := heappop(heap)[2]).done:
                    pass
                assert taken is expected
        heap = [entry for entry in heap if not entry[2].done and entry[0] >= 0]
        heap.sort()
        assert timers.next_due() == (heap[0][0] if heap else None)
