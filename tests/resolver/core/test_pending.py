"""A question in flight and who waits for it."""

from __future__ import annotations

from resolver.core.answer import failure
from resolver.core.pending import Pending, Waiter
from resolver.core.policy import Course, Decision
from resolver.core.query import read_query
from tests.resolver.core.world import question


def waiter(peer: object) -> Waiter:
    query = read_query(question("a.example"))
    assert query is not None
    return Waiter(query, 0, peer, 0.0)


def pending(key: bytes) -> Pending:
    return Pending(key, key, False, False, 0.0, Decision(Course.OPEN), 1)


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
