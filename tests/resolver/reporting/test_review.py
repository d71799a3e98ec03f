"""The ISP's yearly review bundle."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from attrs import evolve

from blocklist.transparency.bundle import Bundle
from blocklist.transparency.period import Period
from blocklist.trust.local.preflight import Finding, State
from resolver.reporting.review import review_bundle
from tests.resolver.reporting.test_policy import EXAMINED
from tests.resolver.reporting.test_report import sources

YEAR = Period.parse("2026")
FOUND = "(looked at by Marker Person, Marker Office, at 192.0.2.77)"
FINDING = Finding("upstream_log", State.ATTESTED, "上流の記録", "Query log", FOUND, FOUND, FOUND, FOUND)


def bundle(folder: Path) -> Bundle:
    """Of a host whose preflight names a person, an office and an address."""
    made = sources(folder)
    examined = evolve(EXAMINED, host="marker-host", findings=(FINDING,))
    return review_bundle(evolve(made, in_force=evolve(made.in_force, examined=examined)), YEAR, b"{signed}")


def test_everything_is_in_it(tmp_path: Path) -> None:
    """Seventeen reports in three forms, policy, what preflight came to, research data; the same bytes each time."""
    files = bundle(tmp_path).files()
    labels = ["2026", *(each.label for each in (*YEAR.quarters(), *YEAR.months()))]
    assert len(labels) == 17
    for label in labels:
        assert {f"reports/{label}/{name}" for name in ("report.html", "report.json", "figures.csv")} <= set(files)
    assert "preflight/summary.json" in files
    assert json.loads(files["policy/policy.json"])["lists"][0]["list_id"] == "demo"
    assert files["research/research.csv"].startswith(b"month,")
    assert bundle(tmp_path).files() == files


def test_preflight_is_told_without_people_and_places(tmp_path: Path) -> None:
    """Each check and how it ended, bound to the signed report by its hash; none of what was filled in at the ISP."""
    files = bundle(tmp_path).files()
    told = json.loads(files["preflight/summary.json"])
    assert told["checks"] == [
        {"id": "upstream_log", "state": "attested", "title": {"ja": "上流の記録", "en": "Query log"}}
    ]
    assert (told["passed"], told["lists"]) == (True, ["demo"])
    assert told["signed_report_sha256"] == hashlib.sha256(b"{signed}").hexdigest()
    whole = b"".join(files.values())
    assert not [word for word in (b"Marker", b"marker-host", b"192.0.2.77") if word in whole]


def test_no_ledger_and_no_missing_part(tmp_path: Path) -> None:
    """Hosts' daily lines are not published, and a preflight report that does not exist is not led to."""
    files = review_bundle(sources(tmp_path), YEAR, None).files()
    assert not [name for name in files if "ledger" in name or "preflight" in name]
    assert b"preflight/" not in files["index.html"]
