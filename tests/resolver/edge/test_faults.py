"""Fault reports of a worker."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock

from resolver.edge.faults import Faults
from resolver.edge.limits import PumpLimits


def raised(secret: str) -> ValueError:
    try:
        raise ValueError(secret)
    except ValueError as error:
        return error


def other(secret: str) -> KeyError:
    try:
        raise KeyError(secret)
    except KeyError as error:
        return error


def make() -> tuple[Faults, Clock, list[dict[str, Any]]]:
    clock, reports = Clock(), list[dict[str, Any]]()
    return Faults(reports.append, clock.seconds, PumpLimits()), clock, reports


def test_a_report_has_type_and_place_only() -> None:
    """Nothing of the message or of local variables is in a report."""
    faults, _, reports = make()
    faults.report(raised("secret.example"))
    report = reports[0]
    where = report.pop("where")
    assert report == {"type": "fault", "code": "unexpected_error", "kind": "ValueError", "count": 1}
    assert "test_faults.py:" in where and "secret" not in where


def test_the_same_fault_is_reported_once_a_minute_with_its_count() -> None:
    """A flood that hits one bug does not become a flood of messages."""
    faults, clock, reports = make()
    for _ in range(1000):
        faults.report(raised("x"))
    clock.advance(60)
    faults.report(raised("x"))
    assert [report["count"] for report in reports] == [1, 1001]


def test_another_place_is_reported_at_once() -> None:
    """One fault does not hide another."""
    faults, _, reports = make()
    faults.report(raised("x"))
    faults.report(other("x"))
    assert [report["kind"] for report in reports] == ["ValueError", "KeyError"]
