"""The report of an ISP, put together."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import jsonschema

from blocklist.transparency.document import document, schema
from blocklist.transparency.model import Event
from blocklist.transparency.notes import Notes, Objection
from blocklist.transparency.period import Period
from blocklist.transparency.text import Text
from blocklist.trust.local.preflight import Standing
from resolver.reporting.books import read_books
from resolver.reporting.policy import InForce
from resolver.reporting.report import Sources
from tests.resolver.edge.settings_for_edge import settings
from tests.resolver.reporting.ledgers import day, ledger, november

NOTES = Notes(
    publisher=Text("見本通信", "Sample Telecom"),
    accidents=(Event(date(2026, 11, 9), Text("誤り", "An error")), Event(date(2026, 12, 1), Text("後", "Later"))),
    objections=(Objection(received=date(2026, 11, 3)),),
)


def sources(folder: Path, notes: Notes = NOTES) -> Sources:
    books = read_books([ledger(folder / host, *november(), host=host) for host in ("aa", "bb")])
    return Sources(InForce(settings(folder), Standing.NOT_REQUIRED), books, notes, date(2026, 12, 5))


def test_all_parts_of_a_month(tmp_path: Path) -> None:
    """Figures of hosts and desk, accidents of the period, the noise's parameters; sound by the schema, made twice."""
    report = sources(tmp_path).report(Period.parse("2026-11"))
    assert (report.publisher.en, report.complete, len(report.sections)) == ("Sample Telecom", True, 1)
    assert [event.what.en for event in report.accidents] == ["An error"]
    told = {key: figure.value for key, figure in report.figures.items()}
    assert (told["accidents"], told["objections.open"], told["queries"]) == (1, 1, 60_000_000)
    assert report.noise is not None
    assert (report.noise.buckets, report.noise.hosts, report.noise.bucket_seconds) == (60, 2, 86_400)
    assert len(report.proof) == 2
    jsonschema.Draft202012Validator(schema()).validate(json.loads(json.dumps(document(report))))
    assert sources(tmp_path).report(Period.parse("2026-11")) == report


def test_without_notes_registers_are_not_known(tmp_path: Path) -> None:
    """Nobody wrote down accidents or objections, which is not the same as none; the name is the notice page's."""
    report = sources(tmp_path, Notes()).report(Period.parse("2026-Q4"))
    assert report.figures["accidents"].value is None
    assert report.figures["objections.received"].value is None
    assert report.publisher.ja == "見本"
    assert sources(tmp_path, Notes()).report(Period.parse("2025")).noise is None


def test_a_list_of_earlier_in_the_period_has_its_section(tmp_path: Path) -> None:
    """What was enforced and is in the settings no more is told all the same."""
    earlier = day("2026-11-01").lists["demo"]
    books = read_books([ledger(tmp_path / "l", day("2026-11-01", lists={"old": earlier}))])
    made = Sources(InForce(settings(tmp_path), Standing.NOT_REQUIRED), books, Notes(), date(2026, 12, 1))
    report = made.report(Period.parse("2026-11"))
    assert [section.list_id for section in report.sections] == ["demo", "old"]
    assert report.sections[1].facts[0].value.en == "not enforced any more"
