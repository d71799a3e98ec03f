"""Questions in flight."""

from __future__ import annotations

from attrs import evolve

from resolver.core.in_flight import InFlight
from tests.resolver.core.test_pending import pending, waiter
from tests.resolver.core.world import CONFIG, World


def in_flight(pending_max: int, waiters_max: int = 9) -> InFlight:
    limits = evolve(CONFIG.limits, pending_max=pending_max, waiters_max=waiters_max)
    return World(config=evolve(CONFIG, limits=limits)).forwarder._resolution.in_flight


def test_a_full_table_gives_back_its_oldest() -> None:
    """First in, first shed; what is closed makes room."""
    table = in_flight(2)
    first, second, third, fourth = map(pending, (b"1", b"2", b"3", b"4"))
    assert table.open(first, 0.0) is None
    assert table.open(second, 0.0) is None
    assert table.open(third, 0.0) is first
    table.close(second)
    assert table.open(fourth, 0.0) is None
    assert (table.find(b"2", 0.0), table.find(b"4", 0.0), len(table)) == (None, fourth, 2)


def test_closing_twice_leaves_a_newer_question_alone() -> None:
    """A shed question that ends late does not take its successor out."""
    table = in_flight(1)
    old, other, new = pending(b"1"), pending(b"2"), pending(b"1")
    for one in (old, other, new):
        table.open(one, 0.0)
    table.close(old)
    assert table.find(b"1", 0.0) is new


def test_a_crowd_gives_back_its_oldest_client() -> None:
    """At most so many wait for one question."""
    table, one = in_flight(9, 2), pending(b"1")
    waiters = [waiter(number) for number in range(3)]
    assert [table.join(one, each) for each in waiters] == [None, None, waiters[0]]


def test_half_of_the_table_is_for_clients_only() -> None:
    """Told at the half, not above."""
    table = in_flight(4)
    table.open(pending(b"1"), 0.0)
    assert not table.is_half_full
    table.open(pending(b"2"), 0.0)
    assert table.is_half_full
