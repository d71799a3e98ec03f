"""The report as data."""

import csv
import io
import json

import jsonschema
import pytest

from blocklist.transparency.document import COLUMNS, FORMAT, document, schema, to_csv, to_json
from blocklist.transparency.indicators import BY_KEY, INDICATORS
from blocklist.transparency.model import Figure, ListSection
from tests.blocklist.transparency.support import isp_report

VALID = jsonschema.Draft202012Validator(schema(), format_checker=jsonschema.FormatChecker())


def test_follows_its_schema() -> None:
    """The document is what its schema says, and the schema is sound."""
    jsonschema.Draft202012Validator.check_schema(schema())
    told = json.loads(to_json(isp_report()))
    VALID.validate(told)
    assert told["format"] == FORMAT
    assert told["lists"][0]["figures"]["hit_events"] == {"value": 12_340, "low": 12_180, "high": 12_500, "note": None}


@pytest.mark.parametrize("change", [{"visitors": 3}, {"complete": "yes"}, {"kind": "police"}, {"figures": {"A b": 1}}])
def test_schema_can_fail(change: dict[str, object]) -> None:
    """Another field, another type, another reporter or a figure in another form is no report."""
    with pytest.raises(jsonschema.ValidationError):
        VALID.validate({**document(isp_report()), **change})


def test_unknown_is_null_and_never_nought() -> None:
    """An unknown figure is null in the document and empty in the table; 0 stays 0."""
    section = ListSection(list_id="icsa", figures={"holds": Figure(0), "adds": Figure(None)})
    report = isp_report(sections=(section,), figures={}, series=())
    figures = document(report)["lists"][0]["figures"]
    assert (figures["holds"]["value"], figures["adds"]["value"]) == (0, None)
    assert to_csv(report).decode().splitlines()[1:] == [
        "2026,icsa,adds,total,,,,,entries",
        "2026,icsa,holds,total,,0,,,count",
    ]


def test_table_has_every_number_of_the_document() -> None:
    """The long table has one line for each figure, statistic and point, under the indicators' names."""
    report = isp_report()
    rows = list(csv.DictReader(io.StringIO(to_csv(report).decode())))
    assert tuple(rows[0]) == COLUMNS
    told = document(report)
    expected = sum(
        len(part["figures"]) + 4 * len(part["spreads"]) + sum(len(one["points"]) for one in part["series"])
        for part in (told, *told["lists"])
    )
    assert len(rows) == expected
    assert {row["indicator"] for row in rows} <= INDICATORS.keys()
    keys = {
        row["indicator"] if row["statistic"] == "total" else f"{row['indicator']}.{row['statistic']}" for row in rows
    }
    assert keys <= BY_KEY.keys()
    april = next(row for row in rows if row["start"] == "2026-04-01" and row["indicator"] == "hit_events")
    assert april["value"] == ""


def test_same_report_same_bytes() -> None:
    """Two runs over the same report differ in nothing, so a published hash can be checked."""
    assert to_json(isp_report()) == to_json(isp_report())
    assert to_csv(isp_report()) == to_csv(isp_report())
