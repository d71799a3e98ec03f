"""The ISP's yearly review in one bundle: every report, the policy, what preflight came to, and research data.

The preflight report itself stays out: it names staff, the machine and where things lie. Whoever has a copy of it finds
by its SHA-256 that it is the one.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final

from blocklist.transparency.bundle import Bundle, Part, report_part
from blocklist.transparency.document import schema
from blocklist.transparency.model import Fact, Report
from blocklist.transparency.period import Period
from blocklist.transparency.text import Text
from blocklist.trust.local import preflight
from resolver.reporting.report import Sources
from resolver.reporting.research import research_files

PREFLIGHT: Final = "preflight/summary.json"
PREFLIGHT_FORMAT: Final = "mamori/1 preflight summary"
POLICY: Final = "policy/policy.json"


def review_bundle(sources: Sources, year: Period, signed: bytes | None) -> Bundle:
    """The bundle; `signed` is the preflight report of this host as it lies in the state folder."""
    whole = sources.report(year)
    parts = [sources.report(one) for one in year.reviewed(sources.made_on)]
    months = [one for one in parts if one.period.kind == "month"]
    return Bundle(
        publisher=whole.publisher,
        year=year.first.year,
        made_on=whole.made_on,
        reports=[report_part(one) for one in (whole, *parts)],
        others=list(_others(whole, months, sources.in_force.examined, signed)),
    )


def _others(
    whole: Report, months: list[Report], examined: preflight.Report | None, signed: bytes | None
) -> Iterator[Part]:
    yield Part(Text("方針", "Policy"), {POLICY: _json(_policy(whole))}, POLICY)
    if examined is not None and signed is not None:
        title = Text("運用開始前点検の結果(氏名を除く)", "What preflight came to, without names of people")
        yield Part(title, {PREFLIGHT: _json(_summary(examined, signed))}, PREFLIGHT)
    research = {f"research/{name}": data for name, data in research_files(months).items()}
    yield Part(Text("研究者向けデータ", "Research export"), research, "research/research.json")
    name = "schema/report.schema.json"
    yield Part(Text("データの形式", "Form of the data"), {name: _json(schema())}, name)


def _summary(examined: preflight.Report, signed: bytes) -> dict[str, Any]:
    """Which checks were made and how each ended, without the sentences that were filled in at the ISP."""
    return {
        "format": PREFLIGHT_FORMAT,
        "made_at": examined.made_at.isoformat(),
        "not_after": examined.not_after.isoformat(),
        "version": examined.version,
        "lists": examined.lists,
        "passed": examined.passed,
        "checks": [
            {"id": each.id, "state": each.state, "title": {"ja": each.title_ja, "en": each.title_en}}
            for each in examined.findings
        ],
        "signed_report_sha256": hashlib.sha256(signed).hexdigest(),
    }


def _policy(whole: Report) -> dict[str, Any]:
    return {
        "policy": _facts(whole.policy),
        "lists": [{"list_id": each.list_id, "facts": _facts(each.facts)} for each in whole.sections],
    }


def _facts(facts: tuple[Fact, ...]) -> list[dict[str, Any]]:
    return [
        {"title": {"ja": each.title.ja, "en": each.title.en}, "value": {"ja": each.value.ja, "en": each.value.en}}
        for each in facts
    ]


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
