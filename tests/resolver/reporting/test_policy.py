"""The policy in force as facts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from blocklist.trust.local.preflight import Report, Standing
from resolver.reporting.policy import InForce
from tests.resolver.edge.settings_for_edge import settings

EXAMINED = Report(
    host="resolver-1",
    key="0" * 64,
    version="1.0",
    made_at=datetime(2026, 11, 3, tzinfo=UTC),
    not_after=datetime(2027, 2, 1, tzinfo=UTC),
    settings="0" * 64,
    lists=("demo",),
    vouched=("demo",),
    passed=True,
    findings=(),
)


def facts(in_force: InForce) -> dict[str, str]:
    return {fact.title.en: fact.value.en for fact in (*in_force.facts(), *in_force.facts_of("demo"))}


def test_everything_the_settings_decide_is_told(tmp_path: Path) -> None:
    """Terms, method, examination, release, and for each list ground, criteria and who decided."""
    release = {"enabled": True, "bucket": "7d", "lines_served": 20_000}
    in_force = InForce(settings(tmp_path, release=release), Standing.EXPIRED, EXAMINED)
    assert facts(in_force) == {
        "Terms of service, version": "1",
        "Terms of service, address": "https://isp.example/terms",
        "Method": "the notice page is shown instead",
        "Examination before enforcement (preflight)": "expired (made on 3 November 2026)",
        "Release of totals": "with noise, every 7 d",
        "Legal ground": "emergency necessity (averting present danger)",
        "Criteria set": "demo-1",
        "Decided by": "A. Decider",
        "Trial before activation": "on",
        "Circuit breaker": "on",
    }
    assert in_force.publisher().ja == "見本"


def test_what_is_not_so_is_said(tmp_path: Path) -> None:
    """No release, no examination, a list that is in the settings no more."""
    in_force = InForce(settings(tmp_path), Standing.NOT_REQUIRED)
    told = facts(in_force)
    assert told["Release of totals"] == "not released"
    assert told["Examination before enforcement (preflight)"] == "not required (a trial)"
    assert [fact.value.en for fact in in_force.facts_of("gone")] == ["not enforced any more"]


def test_each_standing_has_words(tmp_path: Path) -> None:
    """A standing without words would break the report on the day it occurs."""
    for standing in Standing:
        assert facts(InForce(settings(tmp_path), standing, EXAMINED))
