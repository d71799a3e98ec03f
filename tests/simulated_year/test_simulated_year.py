"""A year of simulated operation gives reports whose numbers are the truth, or hold it in their 99 % interval."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from attrs import frozen
from twisted.internet.task import Clock

from blocklist.transparency.bundle import write_bundle
from blocklist.transparency.model import Event, Report, Spread
from blocklist.transparency.notes import Notes, Objection, Words
from blocklist.transparency.period import Period
from blocklist.transparency.text import Text
from blocklist.trust.local.preflight import Standing
from resolver.edge.supervision.ledger_file import LEDGER_NAME
from resolver.reporting.books import read_books
from resolver.reporting.policy import InForce
from resolver.reporting.report import Sources
from resolver.reporting.review import review_bundle
from tests.simulated_year.accidents import planned
from tests.simulated_year.host import STEP, Host, ListBody
from tests.simulated_year.year import BEGIN, YEAR, Truth, Year, isp
from tests.support.artifacts import artifacts
from tests.support.browser import NARROW, View, look, validate

pytestmark = pytest.mark.xdist_group("isp_year")
SEED = 1
MONTHS = Period.parse(str(YEAR)).months()
LISTS = ("icsa", "interpol")


NOTES = Notes(
    publisher=Text("株式会社見本通信", "Sample Telecom K.K."),
    accidents=(
        Event(
            date(YEAR, 6, 7),
            Text(
                "リストの更新に誤りがあり、追加された7件を自動遮断器が止めました。",
                "An update of the list was wrong; the circuit breaker set its 7 additions aside.",
            ),
        ),
    ),
    analysis=(
        Words(
            "問い合わせ100万件当たりの遮断は、年間を通じておおむね一定でした。",
            "Blocked look-ups per million queries stayed about the same over the year.",
            Period.parse(str(YEAR)),
        ),
    ),
    objections=(
        Objection(received=date(YEAR, 4, 2), decided=date(YEAR, 4, 6), upheld=True),
        Objection(received=date(YEAR, 9, 20), decided=date(YEAR, 10, 1)),
        Objection(received=date(YEAR, 12, 28)),
    ),
)


@frozen
class Told:
    """The truth, and the reports that were made of the two ledgers."""

    truth: Truth
    months: tuple[Report, ...]
    year: Report
    sources: Sources
    ledgers: tuple[Path, ...]


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield simulated(Path(folder), SEED)


def simulated(folder: Path, seed: int) -> Told:
    year = planned(Year(folder, seed))
    truth = year.run()
    ledgers = tuple(host.folder / LEDGER_NAME for host in year.hosts)
    in_force = InForce(year.settings, Standing.PASSED)
    sources = Sources(in_force, read_books(ledgers), NOTES, date(YEAR + 1, 1, 12))
    months = tuple(sources.report(month) for month in MONTHS)
    return Told(truth, months, sources.report(Period.parse(str(YEAR))), sources, ledgers)


def month_of(report: Report) -> int:
    return report.period.first.month


def value(report: Report, section: int, key: str) -> float | int | None:
    return report.sections[section].figures[key].value


def test_released_totals_hold_the_truth(told: Told) -> None:
    """For each month and list, and for the year, the number of hits that were counted lies in the stated interval."""
    for section, list_id in enumerate(LISTS):
        truth = told.truth.hits[list_id]
        assert told.truth.lost[list_id] > 0
        for report, hits in [*((each, truth[month_of(each)]) for each in told.months), (told.year, truth.total())]:
            figure = report.sections[section].figures["hit_events"]
            assert figure.low is not None and figure.high is not None
            assert figure.low <= hits <= figure.high, (report.period.label, list_id)
            assert figure.high - figure.low < (500 if report is not told.year else 2_000)


def test_each_million_of_queries_has_its_hits(told: Told) -> None:
    """The ratio and its interval are those of the total, over the queries of the same days."""
    for report in told.months:
        hits, ratio = (report.sections[0].figures[key] for key in ("hit_events", "hits_per_million_queries"))
        queries = report.figures["queries"].value
        assert hits.value is not None and ratio.value is not None and queries is not None
        assert ratio.value == pytest.approx(hits.value / queries * 1e6, rel=0.02)


def test_queries_are_exact(told: Told) -> None:
    """Over restarts, an upgrade, a kill and a clock that jumped, none is lost or counted twice."""
    for report in told.months:
        assert report.figures["queries"].value == told.truth.queries[month_of(report)]
    assert told.year.figures["queries"].value == told.truth.queries.total()


def test_entries_are_exact(told: Told) -> None:
    """Start, end, and why entries came and left are what the list bodies did, as one host at least saw it."""
    for section, list_id in enumerate(LISTS):
        for report in told.months:
            month = month_of(report)
            moved = told.truth.moved[list_id][month]
            assert value(report, section, "list_entries.end") == told.truth.entries[list_id][month]
            assert value(report, section, "adds") == moved["added"]
            assert value(report, section, "removes") == moved["removed"] + moved["withdrawn"]
            assert value(report, section, "expiries") == moved["expired"]
            assert value(report, section, "error_withdrawals") == moved["withdrawn"]
            if month > 1:
                assert value(report, section, "list_entries.start") == told.truth.entries[list_id][month - 1]
    assert value(told.year, 0, "holds") == 2
    assert value(told.year, 0, "breaker_trips") == 2  # one at each host


def test_delays_are_exact(told: Told) -> None:
    """Middle, 95th and longest are those of all hosts' samples."""
    for section, list_id in enumerate(LISTS):
        for report in told.months:
            month, spreads = month_of(report), report.sections[section].spreads
            assert spreads["publish_to_enforce_seconds"] == Spread.over(told.truth.published[list_id][month])
            assert spreads["withdraw_to_enforce_seconds"] == Spread.over(told.truth.withdrawn[list_id][month])


def test_uptime_and_self_tests(told: Told) -> None:
    """An outage costs what it took; the days a host was off all day are named, and part of no ratio."""
    for report in told.months:
        month = month_of(report)
        off = sum(day.month == month for day in told.truth.down_days)
        days = 2 * (report.period.end - report.period.first).days - off
        uptime = report.figures["uptime_ratio"].value
        assert uptime == pytest.approx(told.truth.answering[month] / (days * 86_400), abs=2e-6), month
        good, bad = told.truth.tests[month, True], told.truth.tests[month, False]
        assert value(report, 0, "selftest_ok_ratio") == pytest.approx(good / (good + bad), abs=1e-6)
    july = " ".join(remark.en for remark in told.months[6].remarks)
    assert "2 days have no line (3 July 2027, 4 July 2027)" in july
    assert told.months[5].remarks == ()


def test_nothing_unreleased_is_in_a_ledger(tmp_path: Path) -> None:
    """Two hosts alike but for what was blocked write the same days, byte for byte; what differs is noised."""
    without, blocked = (ledger_of_two_days(tmp_path / str(hits), hits) for hits in (0, 25))
    days, other_days = ([line for line in lines if '"kind":"day"' in line] for lines in (without, blocked))
    assert len(days) == 2
    assert days == other_days
    noised = [json.loads(line)["lists"]["icsa"]["noised"] for line in blocked if '"kind":"release"' in line]
    assert len(noised) == 2
    assert noised != [12 * 25, 24 * 25]


def ledger_of_two_days(folder: Path, hits: int) -> list[str]:
    """The lines of a host with so many hits in each step, without the random number of its ledger."""
    folder.mkdir()
    clock = Clock()
    clock.advance(BEGIN.timestamp())
    bodies = [ListBody("icsa", 5), ListBody("interpol", 5)]
    host = Host(clock, folder, isp(folder), bodies, seed=3)
    for _ in range(2 * 86_400 // STEP + 1):
        host.serve(10_000, dict.fromkeys(LISTS, hits))
        clock.advance(STEP)
    host.stop()
    lines = (folder / LEDGER_NAME).read_text().splitlines()
    return [line.replace(host.ledger._file.host, "host") for line in lines]


def test_a_ledger_stays_small(told: Told) -> None:
    """A year of two lists is half a megabyte, with one line a day."""
    for path in told.ledgers:
        assert 360 < path.read_text().count('"kind":"day"') < 370
        assert path.stat().st_size < 600_000


@pytest.mark.timeout(300)
def test_the_bundle_in_a_browser(told: Told) -> None:
    """Seventeen reports and a cover, kept to be looked at: sound, without a finding, a request or a wide page."""
    folder = artifacts("isp-report")
    shutil.rmtree(folder / "bundle", ignore_errors=True)
    year = Period.parse(str(YEAR))
    write_bundle(review_bundle(told.sources, year, None), folder / "bundle")
    pages = {
        "month": folder / "bundle" / "reports" / f"{YEAR}-07" / "report.html",
        "year": folder / "bundle" / "reports" / str(YEAR) / "report.html",
        "cover": folder / "bundle" / "index.html",
    }
    assert validate(*pages.values()) == []
    seen = look(
        [
            View(name="month", url=pages["month"].as_uri(), screenshot=str(folder / "month-1280-light.png")),
            View(name="year", url=pages["year"].as_uri(), screenshot=str(folder / "year-1280-light.png"), axe=True),
            View(
                name="narrow",
                url=pages["year"].as_uri(),
                width=NARROW,
                scheme="dark",
                screenshot=str(folder / "year-320-dark.png"),
            ),
            View(name="cover", url=pages["cover"].as_uri(), screenshot=str(folder / "cover-1280-light.png")),
        ],
        seconds=220.0,
    )
    for page in seen.pages.values():
        assert page["requests"] == [page["url"]]
        assert page["scrollWidth"] <= page["width"]
        assert page["axe"] is None or page["axe"]["violations"] == []
