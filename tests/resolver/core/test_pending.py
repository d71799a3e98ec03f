"""Questions in flight."""

from __future__ import annotations

from resolver.core.answer import failure
from resolver.core.pending import Pending, PendingTable, Waiter
from resolver.core.policy import Course, Decision
from resolver.core.query import read_query
from tests.resolver.core.world import question


def waiter(peer: object) -> Waiter:
    query = read_query(question("a.example"))
    assert query is not None
    return Waiter(query, 0, peer, 0.0)


def pending(key: bytes) -> Pending:
    return Pending(key, key, False, False, 0.0, Decision(Course.OPEN), 1)


def test_a_full_table_gives_back_its_oldest() -> None:
    """First in, first shed; what is closed makes room."""
    table = PendingTable(2, 9)
    first, second, third, fourth = map(pending, (b"1", b"2", b"3", b"4"))
    assert table.open(first) is None
    assert table.open(second) is None
    assert table.open(third) is first
    table.close(second)
    assert table.open(fourth) is None
    assert (table.find(b"2"), table.find(b"4"), len(table)) == (None, fourth, 2)


def test_closing_twice_leaves_a_newer_question_alone() -> None:
    """A shed question that ends late does not take its successor out."""
    table = PendingTable(1, 9)
    old, other, new = pending(b"1"), pending(b"2"), pending(b"1")
    for one in (old, other, new):
        table.open(one)
    table.close(old)
    assert table.find(b"1") is new


def test_a_crowd_gives_back_its_oldest_client() -> None:
    """At most so many wait for one question."""
    table, one = PendingTable(9, 2), pending(b"1")
    waiters = [waiter(number) for number in range(3)]
    assert [table.join(one, each) for each in waiters] == [None, None, waiters[0]]


def test_those_of_one_policy_are_released_and_the_others_wait_on() -> None:
    """An old answer is for one view; silence is known until an upstream has said something."""
    one, theirs, ours = pending(b"1"), waiter("theirs"), waiter("ours")
    ours.query.form = ours.query.form.under(1)
    one.waiters.extend((theirs, ours))
    assert one.release(1) == [ours]
    assert list(one.waiters) == [theirs]
    assert one.is_silent
    one.last_error = failure()
    assert not one.is_silent


def test_half_of_the_table_is_for_clients_only() -> None:
    """Told at the half, not above."""
    table = PendingTable(4, 9)
    table.open(pending(b"1"))
    assert not table.is_half_full
    table.open(pending(b"2"))
    assert table.is_half_full
