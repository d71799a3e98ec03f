"""Sums over workers that never fall."""

from __future__ import annotations

from resolver.core.codes import NOERROR
from resolver.core.counters import Counters
from resolver.edge.supervision.tally import Labels, Region, Tally

OLD, NEW = Labels(("a:53", "b:53"), ("one",)), Labels(("b:53", "c:53"), ("two", "one"))


def _counters(region: Region) -> Counters:
    return Counters(region.labels.layout, region.cells)


def test_sums_over_slots() -> None:
    """Two workers' hits, upstream failures and blocks are added; an upstream is up when any worker says so."""
    tally = Tally(OLD)
    for number in (1, 2):
        counters = _counters(tally.region())
        counters.book_hit(0, NOERROR)
        counters.add(counters.layout.upstream_failures + 1)
        counters.add(counters.layout.blocks)
        counters.put(counters.layout.upstream_up, number - 1)
    totals = tally.totals()
    assert (totals.queries["udp"], totals.cache_hits, totals.latency[0]) == (2, 2, 2)
    assert totals.upstream_failures == {"a:53": 0, "b:53": 2}
    assert totals.upstream_up == {"a:53": 1, "b:53": 0}
    assert totals.blocks == {"one": 2}


def test_why_an_upstream_is_down_is_told_only_while_no_worker_gets_an_answer() -> None:
    """The gravest word of all workers; it goes with the region."""
    tally = Tally(OLD)
    for up, trouble in ((0, 1), (1, 8)):
        counters = _counters(tally.region())
        counters.put(counters.layout.upstream_up, up)
        counters.put(counters.layout.upstream_trouble, trouble)
        counters.put(counters.layout.upstream_trouble + 1, trouble)
    assert tally.totals().upstream_trouble == {"a:53": 0, "b:53": 8}


def test_retired_sums_stay_by_name_and_gauges_go() -> None:
    """After a change of upstreams and lists the same names go on from where they were; pending does not linger."""
    tally = Tally(OLD)
    region = tally.region()
    counters = _counters(region)
    counters.add(counters.layout.upstream_queries + 1)
    counters.add(counters.layout.blocks)
    counters.put(counters.layout.pending, 5)
    counters.put(counters.layout.upstream_up + 1, 1)
    del counters
    tally.labels = NEW
    tally.region()
    tally.retire(region)
    totals = tally.totals()
    assert totals.upstream_queries == {"b:53": 1, "c:53": 0}
    assert totals.blocks == {"two": 0, "one": 1}
    assert (totals.pending, totals.upstream_up["b:53"]) == (0, 0)


def test_empty_totals_have_every_label() -> None:
    """The series of a fresh start are the series for ever."""
    totals = Tally(OLD).totals()
    assert totals.upstream_up == {"a:53": 0, "b:53": 0}
    assert set(totals.answers) >= {"NOERROR", "OTHER"}
