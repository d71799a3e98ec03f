"""Choice and health of upstreams."""

from __future__ import annotations

from heapq import heappop, heappush

import pytest
from attrs import evolve

from blocklist.names import to_wire
from resolver.core.config import UpstreamConfig
from resolver.core.counters import Counters, Layout
from resolver.core.limits import Limits
from resolver.core.pending import Pending
from resolver.core.policy import Course, Decision
from resolver.core.trouble import Trouble
from resolver.core.upstreams import Upstreams

LIMITS = Limits(down_failures=3, upstream_in_flight_max=2, retry_stock=2.0, retry_floor=0.5)
BOTH = (0, 1)
SILENT = Trouble.SILENT


def two(limits: Limits = LIMITS) -> tuple[Upstreams, Counters]:
    counters = Counters.in_memory(Layout(2, 0))
    return Upstreams([UpstreamConfig("one"), UpstreamConfig("two")], counters, limits), counters


def pending() -> Pending:
    question = to_wire("ok.example") + bytes([0, 1, 0, 1])
    return Pending(question + b"\0", question, False, False, 0.0, Decision(Course.OPEN), 1)


def test_the_quicker_is_chosen_and_the_other_measured_again_in_time() -> None:
    """Five times slower, yet asked now and then."""
    upstreams, _ = two()
    for _ in range(30):
        upstreams.answered(0, 0.1)
        upstreams.answered(1, 0.02)
    chosen = []
    for _ in range(300):
        number = upstreams.first(BOTH)
        assert number is not None
        chosen.append(number)
        upstreams.answered(number, 0.1 if number == 0 else 0.02)
    assert chosen[0] == 1
    assert 0 < chosen.count(0) < 100


def test_a_slow_upstream_is_measured_by_one_query_however_many_come_meanwhile() -> None:
    """At 1,000 questions a second, 20 times slower: a share of them, not a third."""
    upstreams, _ = two(evolve(LIMITS, upstream_in_flight_max=2000))
    on_the_way: list[tuple[float, int, int, float]] = []
    slow = 0
    for attempt in range(3000):
        now = attempt / 1000
        while on_the_way and on_the_way[0][0] <= now:
            _, old, number, sent = heappop(on_the_way)
            upstreams.ended(number, old)
            upstreams.answered(number, now - sent)
        chosen = upstreams.first(BOTH)
        assert chosen is not None
        upstreams.sent(chosen, attempt, None)
        heappush(on_the_way, (now + (0.01, 0.2)[chosen], attempt, chosen, now))
        slow += chosen == 1
    assert 0 < slow < 150


def test_only_members_are_chosen_and_an_upstream_not_yet_asked_goes_first() -> None:
    """Within one question; with no one left there is no choice."""
    upstreams, _ = two()
    upstreams.answered(1, 0.9)
    assert upstreams.first((1,)) == 1
    assert upstreams.next(BOTH, {0}, 0.0) == 1
    assert upstreams.next((1,), BOTH, 0.0) == 1
    assert upstreams.first(()) is None
    assert upstreams.next((), (), 0.0) is None


def test_failures_in_a_row_take_an_upstream_down_and_one_answer_brings_it_back() -> None:
    """The gauges follow; a down one is asked only when no other is left; it is probed at intervals."""
    upstreams, counters = two()
    for _ in range(3):
        upstreams.failed(0, 10.0, SILENT)
    assert counters.read().upstream_up == (0, 1)
    assert counters.read().upstream_trouble == (SILENT, Trouble.NONE)
    assert counters.read().upstream_failures == (3, 0)
    assert upstreams.next(BOTH, {1}, 10.0) == 1
    assert upstreams.first((0,)) == 0
    assert upstreams.next_probe() == 11.0
    assert upstreams.probes_due(10.9) == []
    assert upstreams.probes_due(11.0) == [0]
    assert upstreams.next_probe() == 12.0
    upstreams.answered(0, 0.01)
    assert counters.read().upstream_up == (1, 1)
    assert counters.read().upstream_trouble == (Trouble.NONE, Trouble.NONE)
    assert upstreams.next_probe() is None


@pytest.mark.parametrize("trouble", [trouble for trouble in Trouble if trouble.is_final])
def test_one_wrong_certificate_is_enough(trouble: Trouble) -> None:
    """Who is not who it should be is down at once; the reason is shown."""
    upstreams, counters = two()
    upstreams.failed(1, 5.0, trouble)
    assert counters.read().upstream_up == (1, 0)
    assert counters.read().upstream_trouble == (Trouble.NONE, trouble)


def test_an_answer_in_between_starts_the_count_anew() -> None:
    """Two failures, an answer, two failures: up."""
    upstreams, counters = two()
    for _ in range(2):
        upstreams.failed(0, 1.0, SILENT)
        upstreams.failed(0, 1.0, SILENT)
        upstreams.answered(0, 0.01)
    assert counters.read().upstream_up == (1, 1)


def test_a_full_upstream_is_passed_over_and_if_there_is_no_other_the_oldest_question_goes() -> None:
    """First tries go where there is room; further tries never push anybody out."""
    upstreams, _ = two()
    oldest, newer = pending(), pending()
    upstreams.sent(0, 1, None)
    upstreams.sent(0, 2, oldest)
    assert upstreams.first(BOTH) == 1
    assert upstreams.oldest_if_full(1) is None
    assert upstreams.first((0,)) == 0
    assert upstreams.oldest_if_full(0) is oldest, "a probe is nobody's question"
    assert upstreams.next((0,), (), 0.0) is None
    upstreams.ended(0, 2)
    assert upstreams.oldest_if_full(0) is None
    upstreams.sent(0, 3, newer)
    upstreams.sent(1, 4, newer)
    upstreams.sent(1, 5, oldest)
    assert upstreams.oldest_if_full(1) is newer


def test_an_upstream_that_is_up_and_full_goes_before_one_that_is_down() -> None:
    """Its oldest question makes room: what is down answers nobody."""
    upstreams, _ = two(evolve(LIMITS, down_failures=1))
    upstreams.failed(1, 0.0, SILENT)
    upstreams.sent(0, 1, pending())
    upstreams.sent(0, 2, pending())
    assert upstreams.first(BOTH) == 0


def test_further_tries_are_paid_for_by_each_upstream_alone() -> None:
    """Two saved up at each, then only as answers and time bring new ones; first tries are free."""
    upstreams, _ = two()
    assert sorted(str(upstreams.next(BOTH, (), 1.0)) for _ in range(5)) == ["0", "0", "1", "1", "None"]
    assert upstreams.first(BOTH) is not None
    upstreams.answered(0, 0.01)
    upstreams.answered(0, 0.01)
    assert [upstreams.next(BOTH, (), 1.0) for _ in range(2)] == [0, None]
    assert upstreams.next((1,), (), 3.1) == 1


def test_comebacks_are_counted() -> None:
    """Down and up again is one; an answer of one that was up is none."""
    upstreams, _ = two()
    upstreams.answered(0, 0.1)
    assert upstreams.recoveries == 0
    for _ in range(3):
        upstreams.failed(0, 1.0, SILENT)
    upstreams.answered(0, 0.1)
    upstreams.answered(0, 0.1)
    assert upstreams.recoveries == 1
