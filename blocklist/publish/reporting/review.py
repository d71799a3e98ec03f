"""The list body's yearly review: every report, and beside them policy, criteria, record, objections and drills."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from blocklist.canonical import format_instant
from blocklist.public_log import LOG_FILE
from blocklist.publish.reporting.body_report import Span, body_report
from blocklist.publish.reporting.movements import midnight
from blocklist.publish.reporting.past import Past
from blocklist.publish.reporting.research import Research
from blocklist.publish.reporting.research import schema as research_schema
from blocklist.transparency.bundle import Bundle, Part, report_part
from blocklist.transparency.document import schema as report_schema
from blocklist.transparency.model import Event, Report
from blocklist.transparency.notes import Notes
from blocklist.transparency.period import Period
from blocklist.transparency.text import Text

RECORD: Final = f"record/{LOG_FILE}"
PROOF: Final = "record/proof.json"
_OBJECTIONS: Final = (
    "objections.received",
    "objections.upheld",
    "objections.open",
    "acknowledged_late",
    "decided_late",
)


def review_bundle(past: Past, year: Period, notes: Notes, now: datetime, policy: Mapping[str, bytes]) -> Bundle:
    """The bundle; `policy` are the body's own policy documents, by file name."""
    whole = body_report(past, year, notes, now)
    parts = [whole, *(body_report(past, one, notes, now) for one in year.reviewed(whole.made_on))]
    documents = [
        _part(Text(f"方針 {name}", f"Policy: {name}"), {f"policy/{name}": data}) for name, data in policy.items()
    ]
    return Bundle(
        publisher=whole.publisher,
        year=year.first.year,
        made_on=whole.made_on,
        reports=tuple(map(report_part, parts)),
        others=(*documents, *_beside(Span(past=past, period=year, now=now), whole, notes)),
    )


def _beside(span: Span, whole: Report, notes: Notes) -> Iterator[Part]:
    past = span.past
    yield _part(Text("掲載基準", "Criteria set"), {"criteria.json": past.criteria.to_bytes()})
    record = b"".join(line + b"\n" for line in past.record[: len(past.record_until(span.end))])
    proof = {PROOF: _json(_heads(span)), RECORD: record}
    yield _part(Text("公開記録とその照合値", "Public record and its heads"), proof)
    yield _part(Text("異議の統計", "Statistics of objections"), {"objections.json": _json(_objections(span))})
    drills = notes.within(span.period).drills
    if drills is not None:
        yield _part(Text("訓練の記録", "Drills"), {"drills.json": _json(_told(drills))})
    research = {f"research/{name}": data for name, data in Research(span, whole).files().items()}
    yield _part(Text("研究者向けデータ", "Data for researchers"), research)
    schemas = {
        "schema/report.schema.json": _json(report_schema()),
        "schema/research.schema.json": _json(research_schema()),
    }
    yield _part(Text("データの形式", "Form of the data"), schemas)


def _part(title: Text, files: Mapping[str, bytes]) -> Part:
    """A part whose first file is the one to open."""
    return Part(title, files, next(iter(files)))


def _heads(span: Span) -> dict[str, Any]:
    """Size and root of the record when each month began: a copy kept by anybody must begin with the same lines."""
    moments = [(month.first, midnight(month.first)) for month in span.period.months()]
    moments.append((span.period.end, span.end))
    sizes = [(day.isoformat(), len(span.past.record_until(min(moment, span.end)))) for day, moment in moments]
    lines = span.past.record_until(span.end)
    return {
        "list_id": span.past.list_id,
        "heads": [{"before": day, "size": size, "root": span.past.head(size).root} for day, size in sizes if size],
        "last_version": lines[-1].version if lines else None,
        "last_signed_at": format_instant(lines[-1].signed_at) if lines else None,
    }


def _objections(span: Span) -> dict[str, Any]:
    figures, spread = span.figures(), span.spreads()["decision_days"]
    return {
        **{key: figures[key].value for key in _OBJECTIONS},
        "decision_days": {"count": spread.count, "p50": spread.p50, "p95": spread.p95, "most": spread.most},
    }


def _told(events: tuple[Event, ...]) -> list[dict[str, str]]:
    in_order = sorted(events, key=lambda one: one.on)
    return [{"day": one.on.isoformat(), "ja": one.what.ja, "en": one.what.en} for one in in_order]


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
