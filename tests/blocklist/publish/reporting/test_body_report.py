"""The list body's reports over a simulated year."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from blocklist.publish.reporting.body_report import body_report
from blocklist.publish.reporting.movements import midnight
from blocklist.transparency.model import Event, Figure, Report, Spread
from blocklist.transparency.notes import Notes, Words
from blocklist.transparency.period import Period
from blocklist.transparency.text import Text
from tests.blocklist.publish.reporting.conftest import YEAR, Lived
from tests.blocklist.publish.reporting.simulation import HALF, truth_keys

pytestmark = pytest.mark.xdist_group("body_year")  # one simulation for all of them


def figures(report: Report) -> dict[str, float | int | None]:
    return {key: one.value for key, one in report.sections[0].figures.items()}


@pytest.mark.parametrize("month", YEAR.months(), ids=lambda month: month.label)
def test_a_months_report_equals_the_truth(lived: Lived, month: Period) -> None:
    """Every count and every duration of a monthly report is the simulation's own, to the last one."""
    truth, report = lived.months[month.label], lived.report(month.label)
    found = figures(report)
    assert (found["list_entries.start"], found["list_entries.end"]) == (truth.start, truth.end)
    assert {key: found[key] for key in truth_keys()} == {key: truth.counts[key] for key in truth_keys()}
    assert found["objections.open"] == truth.open
    spreads = report.sections[0].spreads
    assert spreads["decision_days"] == Spread.over(truth.decision_days)
    assert spreads["time_to_removal_days"] == Spread.over(truth.removal_days)
    assert spreads["discovery_to_publish_seconds"] == Spread.over(truth.waits)


def test_the_year_is_the_sum_of_its_months(lived: Lived) -> None:
    """Quarters and the year begin, end and count as their months do; the year saw everything at least once."""
    for period in (YEAR, *YEAR.quarters()):
        found = figures(lived.report(period.label))
        truth = [lived.months[month.label] for month in period.months()]
        assert (found["list_entries.start"], found["list_entries.end"]) == (truth[0].start, truth[-1].end)
        for key in truth_keys():
            assert found[key] == sum(month.counts[key] for month in truth)
            assert period.kind != "year" or found[key]


def test_series_add_up(lived: Lived) -> None:
    """The points of a year's series are the months' figures; a month has its entries by day."""
    report = lived.report("2026")
    for series in report.sections[0].series:
        for point, month in zip(series.points, YEAR.months(), strict=True):
            assert point.figure == lived.report(month.label).sections[0].figures[series.key]
    (by_day,) = lived.report("2026-02").sections[0].series
    assert len(by_day.points) == 28
    assert by_day.points[-1].figure.value == lived.months["2026-02"].end


def test_a_published_month_does_not_change(lived: Lived) -> None:
    """What half a year later was upheld, removed, extended or rekeyed changes no figure of the months before."""
    now = midnight(HALF)
    for label in ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-Q1", "2026-Q2"):
        then, later = body_report(lived.half, Period.parse(label), Notes(), now), lived.report(label)
        assert then.complete
        assert (then.sections, then.proof) == (later.sections, later.proof)


def test_before_its_end_it_counts_what_was(lived: Lived) -> None:
    """A report of a month under way says so, counts nothing that is to come and leaves coming days empty."""
    early = lived.report("2026-12", now=datetime(2026, 12, 10, 3, tzinfo=UTC))
    assert not early.complete
    assert int(figures(early)["expiries"] or 0) < lived.months["2026-12"].counts["expiries"]
    (by_day,) = early.sections[0].series
    assert [point.start.day for point in by_day.points if point.figure.value is not None] == list(range(1, 10))
    year = lived.report("2026", now=datetime(2026, 10, 1, tzinfo=UTC))
    adds = next(one for one in year.sections[0].series if one.key == "adds")
    assert [point.figure.value is None for point in adds.points] == [False] * 10 + [True] * 2


def test_the_record_proves_the_versions(lived: Lived) -> None:
    """The report names size and head of the public record at the period's end, and the versions it covers."""
    facts = {fact.title.en: fact.value.en for fact in lived.report("2026-06").proof}
    until = ("2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")
    size = sum(lived.months[month].counts["versions"] for month in until)
    assert facts["Size of the record"] == f"{size}"
    assert facts["Head of the record (SHA-256)"] == lived.past.head(size).root
    assert facts["Versions covered"].endswith(f"– {size}")


def test_no_id_no_ticket_no_name(lived: Lived) -> None:
    """What is reported holds no entry's id, no ticket, no editor and no name."""
    text = repr(lived.report("2026"))
    said = {one.item for one in lived.past.statements} | {one.editor for one in lived.past.statements}
    assert said
    assert not [word for word in said if word in text]
    assert ".example" not in text


def test_notes_come_in_by_their_day(lived: Lived) -> None:
    """Accidents, drills and changes stand in the report of their day; without a register nothing is claimed."""
    happened = Event(date(2026, 5, 2), Text("事故", "An accident"))
    notes = Notes(
        publisher=Text("例示協会", "Example Association"),
        accidents=(happened,),
        drills=(),
        policy_changes=(happened,),
        analysis=(Words("分析", "Analysis", Period.parse("2026-05")),),
    )
    may, june = lived.report("2026-05", notes), lived.report("2026-06", notes)
    assert (may.figures["accidents"], june.figures["accidents"]) == (Figure(1), Figure(0))
    assert (may.accidents, may.policy_changes, may.analysis) == (
        (happened,),
        (happened,),
        (Text("分析", "Analysis"),),
    )
    assert (june.accidents, june.analysis) == ((), ())
    assert lived.report("2026-05").figures["drills"] == Figure(None)
    assert lived.report("2026-05").publisher == Text("demo", "demo")


def test_before_the_first_version(lived: Lived) -> None:
    """A year before there was a list is a report of noughts, and the record is said to be empty."""
    report = lived.report("2024")
    assert figures(report)["list_entries.end"] == 0
    assert report.proof[-1].value.en == "none published yet"
