"""A simulated year, lived once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

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
def lived() -> Iterator[Lived]:
    """One simulated year for all tests here, in memory: a desk waits for its disk a thousand times a year."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        office = Office.make(Path(folder), MADE)
        year = BodyYear(office)
        year.run()
        assert not office.desk.verify(office.alice).failures
        assert year.half is not None
        yield Lived(office.desk.past(NOW), year.months, year.half)
        office.desk.close()
