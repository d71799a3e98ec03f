"""Counters: layout, booking, reading."""

from __future__ import annotations

import pytest

from resolver.core.counters import HIT_US, LATENCY_BOUNDS_US, Counters, Layout, rcode_cell


def test_each_number_has_a_place_of_its_own() -> None:
    """No two fields overlap, whatever the numbers of upstreams and lists."""
    layout = Layout(3, 2)
    counters = Counters.in_memory(layout)
    for number in range(layout.words):
        counters.put(number, number + 1)
    readout = counters.read()
    assert readout.upstream_up == tuple(range(layout.upstream_up + 1, layout.upstream_up + 4))
    assert readout.blocks == (layout.words - 1, layout.words)
    assert layout.size == layout.words * 8


def test_a_hit_counts_in_every_series_it_belongs_to() -> None:
    """One increment: query, answer, hit, lowest latency class, its constant time."""
    counters = Counters.in_memory(Layout(1, 1))
    counters.book_hit(1, 3)
    readout = counters.read()
    assert (readout.queries, readout.answers["NXDOMAIN"], readout.cache_hits) == (
        {"udp": 0, "tcp": 1, "dot": 0, "doh": 0},
        1,
        1,
    )
    assert (readout.latency[0], readout.latency_sum_us) == (1, HIT_US)


@pytest.mark.parametrize(("microseconds", "cell"), [(0, 0), (100, 0), (101, 1), (3_000_000, 8), (3_000_001, 9)])
def test_a_miss_counts_in_the_class_of_its_time(microseconds: int, cell: int) -> None:
    """Bounds belong to the class below them."""
    counters = Counters.in_memory(Layout(1, 1))
    counters.book_query(0)
    counters.book_answer(0, microseconds)
    readout = counters.read()
    assert readout.latency[cell] == 1
    assert sum(readout.latency) == 1
    assert len(readout.latency) == len(LATENCY_BOUNDS_US) + 1
    assert (readout.queries["udp"], readout.latency_sum_us, readout.cache_hits) == (1, microseconds, 0)


def test_local_answers_are_no_cache_hits() -> None:
    """An error is a query and an answer, nothing else."""
    counters = Counters.in_memory(Layout(1, 1))
    counters.book_local(0, 16)
    readout = counters.read()
    assert (readout.answers["BADVERS"], readout.cache_hits, readout.cache_misses) == (1, 0, 0)


def test_unnamed_rcodes_are_other() -> None:
    """YXDOMAIN and the extended ones share the last place."""
    assert rcode_cell(6) == rcode_cell(23) == rcode_cell(4000) == 7


def test_too_little_memory_is_refused() -> None:
    """A region of another layout is an error at the start, not a wrong number later."""
    with pytest.raises(ValueError, match="the layout needs"):
        Counters(Layout(9, 9), memoryview(bytearray(80)).cast("Q"))
