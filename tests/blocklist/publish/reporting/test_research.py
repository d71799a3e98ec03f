"""Data for researchers."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.publish.reporting.body_report import Span
from blocklist.publish.reporting.research import Research, rounded, schema
from blocklist.transparency.period import Period
from tests.blocklist.publish.reporting.conftest import NOW, Lived
from tests.blocklist.publish.reporting.simulation import REKEY_DAY

pytestmark = pytest.mark.xdist_group("body_year")


def exported(lived: Lived, label: str) -> Research:
    period = Period.parse(label)
    return Research(Span(past=lived.past, period=period, now=NOW), lived.report(label))


def test_follows_its_schema(lived: Lived) -> None:
    """The export of the year is what its schema says, and the schema can fail."""
    told = json.loads(exported(lived, "2026").files()["research.json"])
    valid = jsonschema.Draft202012Validator(schema())
    valid.check_schema(schema())
    valid.validate(told)
    with pytest.raises(jsonschema.ValidationError):
        valid.validate({**told, "listed_at_end": {**told["listed_at_end"], "type": {"host": 1}}})


def test_says_what_the_report_says(lived: Lived) -> None:
    """Its figures are the report's; its lifetimes are about the ended ones, but for the rounding of each bin."""
    told = exported(lived, "2026").document()
    figures = {key: one["value"] for key, one in told["figures"].items()}
    ended = figures["removes"] + figures["expiries"]
    assert abs(sum(one["entries"] for one in told["lifetime_days"]) - ended) <= 2 * len(told["lifetime_days"])
    assert told["listed_at_end"]["type"] == {"host": rounded(figures["list_entries.end"])}
    assert len(told["versions"]) == figures["versions"]


def test_versions_are_the_records_lines(lived: Lived) -> None:
    """Every version of the month has its public line, in both forms."""
    files = exported(lived, "2026-06").files()
    rows = files["versions.csv"].decode().splitlines()
    assert rows[0] == "version,signed_at,records,adds,removals,commitment"
    assert len(rows) - 1 == lived.months["2026-06"].counts["versions"]
    assert REKEY_DAY.isoformat() in files["versions.csv"].decode()


def test_no_id_and_no_name(lived: Lived) -> None:
    """Nothing in it names an entry, a ticket, an editor or a site."""
    text = b"".join(exported(lived, "2026").files().values()).decode()
    said = {one.item for one in lived.past.statements} | {one.editor for one in lived.past.statements}
    assert not [word for word in said if word in text]
    assert ".example" not in text


@given(st.integers(0, 10**6))
def test_rounding(count: int) -> None:
    """To the nearest five: one and two are as none."""
    assert rounded(count) % 5 == 0
    assert abs(rounded(count) - count) <= 2


def test_same_bytes(lived: Lived) -> None:
    """Two runs give the same files."""
    assert exported(lived, "2026").files() == exported(lived, "2026").files()
