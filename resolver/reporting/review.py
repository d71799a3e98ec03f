"""The ISP's yearly review in one bundle: every report, the policy, the preflight report and research data."""

import json
from collections.abc import Iterator
from typing import Any, Final

from blocklist.transparency.bundle import Bundle, Part, report_part
from blocklist.transparency.document import schema
from blocklist.transparency.model import Fact, Report
from blocklist.transparency.period import Period
from blocklist.transparency.text import Text
from resolver.reporting.report import Sources
from resolver.reporting.research import research_files

PREFLIGHT: Final = "preflight/preflight.json"
POLICY: Final = "policy/policy.json"


def review_bundle(sources: Sources, year: Period, preflight: bytes | None) -> Bundle:
    """The bundle; `preflight` is the signed report of this host as it lies in the state folder."""
    whole = sources.report(year)
    months = [sources.report(month) for month in year.months()]
    reports = [whole, *(sources.report(quarter) for quarter in year.quarters()), *months]
    return Bundle(
        publisher=whole.publisher,
        year=year.first.year,
        made_on=whole.made_on,
        reports=[report_part(one) for one in reports],
        others=list(_others(whole, months, preflight)),
    )


def _others(whole: Report, months: list[Report], preflight: bytes | None) -> Iterator[Part]:
    yield Part(Text("方針", "Policy"), {POLICY: _json(_policy(whole))}, POLICY)
    if preflight is not None:
        title = Text("運用開始前点検の報告(署名付き)", "Preflight report, signed by the host")
        yield Part(title, {PREFLIGHT: preflight}, PREFLIGHT)
    research = {f"research/{name}": data for name, data in research_files(months).items()}
    yield Part(Text("研究者向けデータ", "Research export"), research, "research/research.json")
    name = "schema/report.schema.json"
    yield Part(Text("データの形式", "Form of the data"), {name: _json(schema())}, name)


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
