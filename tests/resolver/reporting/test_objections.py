"""Objections at the ISP's own desk."""

from __future__ import annotations

from datetime import date

from blocklist.transparency.model import Spread
from blocklist.transparency.notes import Objection
from blocklist.transparency.period import Period
from resolver.reporting.objections import decision_days, figures

NOVEMBER = Period.parse("2026-11")
REGISTER = (
    Objection(received=date(2026, 10, 28), decided=date(2026, 11, 2), upheld=True),
    Objection(received=date(2026, 11, 3), decided=date(2026, 11, 20)),
    Objection(received=date(2026, 11, 29), decided=date(2026, 12, 1)),
    Objection(received=date(2026, 12, 2)),
)


def test_each_is_counted_in_the_period_it_happened_in() -> None:
    """Received, decided and open are looked at on their own days; late is after the seventh day."""
    found = {key: figure.value for key, figure in figures(REGISTER, NOVEMBER).items()}
    assert found == {"objections.received": 2, "objections.upheld": 1, "objections.open": 1, "decided_late": 1}
    assert decision_days(REGISTER, NOVEMBER) == Spread.over([5, 17])


def test_no_register_is_not_an_empty_one() -> None:
    """Where nobody kept one, nothing is known; where one was kept, 0 is a figure."""
    assert {figure.value for figure in figures(None, NOVEMBER).values()} == {None}
    assert decision_days(None, NOVEMBER).count is None
    assert {figure.value for figure in figures((), NOVEMBER).values()} == {0}
