"""Choice and health of upstreams."""

from __future__ import annotations

from resolver.core.config import UpstreamConfig
from resolver.core.counters import Counters, Layout
from resolver.core.limits import Limits
from resolver.core.upstreams import Upstreams

LIMITS = Limits(down_failures=3)


def two() -> tuple[Upstreams, Counters]:
    counters = Counters.in_memory(Layout(2, 0))
    return Upstreams([UpstreamConfig("one"), UpstreamConfig("two")], counters, LIMITS), counters


def test_the_quicker_is_chosen_and_the_other_measured_again_in_time() -> None:
    """Five times slower, yet asked now and then."""
    upstreams, _ = two()
    for _ in range(30):
        upstreams.answered(0, 0.1)
        upstreams.answered(1, 0.02)
    chosen = []
    for _ in range(300):
        number = upstreams.choose((), ())
        assert number is not None
        chosen.append(number)
        upstreams.answered(number, 0.1 if number == 0 else 0.02)
    assert chosen[0] == 1
    assert 0 < chosen.count(0) < 100


def test_an_upstream_not_yet_asked_goes_first_and_a_refusing_one_never() -> None:
    """Within one question; with no one left there is no choice."""
    upstreams, _ = two()
    upstreams.answered(1, 0.9)
    assert upstreams.choose({0}, ()) == 1
    assert upstreams.choose({0, 1}, {0}) == 1
    assert upstreams.choose((), {0, 1}) is None


def test_failures_in_a_row_take_an_upstream_down_and_one_answer_brings_it_back() -> None:
    """The gauge follows; a down one is asked only when no other is left; it is probed at intervals."""
    upstreams, counters = two()
    for _ in range(3):
        upstreams.failed(0, 10.0)
    assert counters.read().upstream_up == (0, 1)
    assert counters.read().upstream_failures == (3, 0)
    assert upstreams.choose({1}, ()) == 1
    assert upstreams.choose((), {1}) == 0
    assert upstreams.next_probe() == 11.0
    assert upstreams.probes_due(10.9) == []
    assert upstreams.probes_due(11.0) == [0]
    assert upstreams.next_probe() == 12.0
    upstreams.answered(0, 0.01)
    assert counters.read().upstream_up == (1, 1)
    assert upstreams.next_probe() is None


def test_an_answer_in_between_starts_the_count_anew() -> None:
    """Two failures, an answer, two failures: up."""
    upstreams, counters = two()
    for _ in range(2):
        upstreams.failed(0, 1.0)
        upstreams.failed(0, 1.0)
        upstreams.answered(0, 0.01)
    assert counters.read().upstream_up == (1, 1)
