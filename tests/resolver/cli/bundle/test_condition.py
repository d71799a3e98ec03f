"""How the resolver is, for a support bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import evolve

from blocklist.trust.local.preflight import Standing
from resolver.cli.bundle.condition import alarms, condition
from resolver.edge.supervision.list_board import ListView
from resolver.edge.supervision.snapshot import PreflightView
from resolver.edge.supervision.status import document
from resolver.edge.supervision.tally import Labels, Tally
from tests.resolver.edge.snapshots import SNAPSHOT, snapshot

ROOT = Path(__file__).parents[4]
TOTALS = Tally(Labels(("198.51.100.7:53", "198.51.100.8:53"), ("demo",))).totals()
TRAFFIC = ("queries", "cache", "hits", "misses", "released", "noised")
WORST: dict[str, Any] = {
    "ready": False,
    "draining": False,
    "clock_suspect": True,
    "audit_failing": True,
    "updater_up": False,
    "serving": 1,
    "preflight": PreflightView(Standing.EXPIRED, 1.0),
    "fault_places": {("worker", "KeyError", "resolver/core/x.py:1"): 2},
    "lists": (
        ListView(
            "demo",
            age_seconds=90_000.0,
            held_by=("adds",),
            last_outcome="failed",
            last_reason="expired",
            withdrawals_refused=1,
            self_test="no_answer",
        ),
    ),
}


def told(**more: Any) -> dict[str, Any]:
    return condition(json.loads(json.dumps(document(snapshot(**{"totals": TOTALS} | more)))))


def test_no_count_of_traffic_and_no_address_is_taken_over() -> None:
    """Neither what was asked and released nor where upstreams are, nor whose views there are."""
    views = ({"name": "house", "from": ["203.0.113.0/24"], "listen": [], "lists": [], "notices": {}},)
    text = json.dumps(told(views=views))
    assert not [word for word in (*TRAFFIC, "198.51.100", "203.0.113", "house") if word in text]


def test_versions_ages_and_faults_are_taken_over() -> None:
    """What the helper needs is there: list, workers, faults by place, standing of upstreams."""
    found = told(**WORST)
    assert found["lists"][0]["last_reason"] == "expired"
    assert found["faults"] == [{"process": "worker", "kind": "KeyError", "where": "resolver/core/x.py:1", "reports": 2}]
    assert found["workers"] == {"slots": 2, "serving": 1, "spare": 1}
    assert [each["up"] for each in found["upstreams"]] == [False, False]


def test_alarms_are_named_as_their_run_books() -> None:
    """Everything that is wrong raises one, and each has its page."""
    raised = [each["alarm"] for each in alarms(told(**WORST))]
    assert sorted(set(raised)) == sorted(raised)
    assert {"not-enforcing", "list-stale", "update-failing", "update-held", "not-ready", "clock-suspect"} <= set(raised)
    assert {"self-test-failing", "withdrawals-refused", "audit-failing", "updater-down", "workers-missing"} <= {*raised}
    assert {"unexpected-errors", "all-upstreams-down", "preflight"} <= set(raised)
    draining = [each["alarm"] for each in alarms(told(ready=False, draining=True))]
    pages = {page.stem for page in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert {*raised, *draining, "upstream-down", "down"} <= pages


def test_nothing_wrong_raises_nothing() -> None:
    """A resolver that answers, with one upstream of two down by its place in the settings."""
    up = evolve(TOTALS, upstream_up={"198.51.100.7:53": 1, "198.51.100.8:53": 0})
    all_up = evolve(TOTALS, upstream_up=dict.fromkeys(up.upstream_up, 1))
    assert alarms(told(totals=all_up, lists=SNAPSHOT.lists)) == []
    assert alarms(told(totals=up)) == [{"alarm": "upstream-down", "upstream": 1}]


def test_a_resolver_of_another_version_raises_nothing_wrongly() -> None:
    """What it does not tell is not taken for bad."""
    assert alarms(condition({"ready": True, "faults": {"worker": 3}, "lists": [{"list_id": "demo"}]})) == []
