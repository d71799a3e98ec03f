"""The budget of further tries."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resolver.core.limits import Limits
from resolver.core.retry_budget import RetryBudget

LIMITS = Limits(retry_stock=5.0, retry_floor=2.0, retry_share=0.5)


def spent(budget: RetryBudget, now: float) -> int:
    """Tries until it is used up."""
    count = 0
    while budget.may_spend(now):
        budget.spend()
        count += 1
    return count


@given(st.lists(st.tuples(st.floats(0, 3), st.booleans()), max_size=200))
def test_tries_never_exceed_stock_trickle_and_share_of_answers(events: list[tuple[float, bool]]) -> None:
    """Whatever order answers and tries come in."""
    budget, now, answers, tries = RetryBudget(LIMITS), 0.0, 0, 0
    for pause, is_answer in events:
        now += pause
        if is_answer:
            answers += 1
            budget.earn()
        elif budget.may_spend(now):
            budget.spend()
            tries += 1
        assert tries <= 5 + 2 * now + 0.5 * answers + 1e-6


def test_an_outage_ends_in_a_trickle() -> None:
    """The stock, then two a second; after long silence no more than the stock."""
    budget = RetryBudget(LIMITS)
    assert spent(budget, 100.0) == 5
    assert spent(budget, 101.0) == 2
    assert spent(budget, 1000.0) == 5


def test_answers_pay_for_tries() -> None:
    """Two answers, one try."""
    budget = RetryBudget(LIMITS)
    spent(budget, 0.0)
    budget.earn()
    assert spent(budget, 0.0) == 0
    budget.earn()
    assert spent(budget, 0.0) == 1
