"""A simulated year, lived once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from attrs import frozen

from blocklist.publish.reporting.body_report import body_report
from blocklist.publish.reporting.past import Past
from blocklist.transparency.model import Report
from blocklist.transparency.notes import Notes
from blocklist.transparency.period import Period
from tests.blocklist.publish.reporting.simulation import MADE, BodyYear, Month
from tests.blocklist.publish.support import Office

NOW = datetime(2027, 1, 8, 3, tzinfo=UTC)
YEAR = Period.parse("2026")


@frozen
class Lived:
    """A year that is over: what the desk knows, and the truth."""

    past: Past
    months: dict[str, Month]
    half: Past

    def report(self, label: str, notes: Notes | None = None, now: datetime = NOW) -> Report:
        return body_report(self.past, Period.parse(label), notes or Notes(), now)


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """One simulated year for all tests here."""
    office = Office.make(tmp_path_factory.mktemp("year"), MADE)
    year = BodyYear(office)
    year.run()
    assert not office.desk.verify(office.alice).failures
    assert year.half is not None
    yield Lived(office.desk.past(NOW), year.months, year.half)
    office.desk.close()
