"""The ISP's yearly review bundle."""

from __future__ import annotations

import json
from pathlib import Path

from blocklist.transparency.period import Period
from resolver.reporting.review import review_bundle
from tests.resolver.reporting.test_report import sources

YEAR = Period.parse("2026")


def test_everything_is_in_it(tmp_path: Path) -> None:
    """Seventeen reports in three forms, policy, preflight report, research data; the same bytes each time."""
    files = review_bundle(sources(tmp_path), YEAR, b"{signed}").files()
    labels = ["2026", *(each.label for each in (*YEAR.quarters(), *YEAR.months()))]
    assert len(labels) == 17
    for label in labels:
        assert {f"reports/{label}/{name}" for name in ("report.html", "report.json", "figures.csv")} <= set(files)
    assert files["preflight/preflight.json"] == b"{signed}"
    assert json.loads(files["policy/policy.json"])["lists"][0]["list_id"] == "demo"
    assert files["research/research.csv"].startswith(b"month,")
    assert review_bundle(sources(tmp_path), YEAR, b"{signed}").files() == files


def test_no_ledger_and_no_missing_part(tmp_path: Path) -> None:
    """Hosts' daily lines are not published, and a preflight report that does not exist is not led to."""
    files = review_bundle(sources(tmp_path), YEAR, None).files()
    assert not [name for name in files if "ledger" in name or "preflight" in name]
    assert b"preflight.json" not in files["index.html"]
