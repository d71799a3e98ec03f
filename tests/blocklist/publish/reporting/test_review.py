"""The yearly review bundle of a list body."""

import json
import shutil
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from blocklist import merkle
from blocklist.publish.publication.record_check import read_record
from blocklist.publish.reporting.review import review_bundle
from blocklist.transparency.bundle import Bundle, write_bundle
from blocklist.transparency.document import schema
from blocklist.transparency.model import Event
from blocklist.transparency.notes import Notes
from blocklist.transparency.period import Period
from blocklist.transparency.text import Text
from tests.blocklist.publish.reporting.conftest import NOW, YEAR, Lived
from tests.support.artifacts import artifacts
from tests.support.browser import look, validate, views

pytestmark = pytest.mark.xdist_group("body_year")
NOTES = Notes(
    publisher=Text("例示児童保護協会", "Example Child Protection Association"),
    accidents=(Event(date(2026, 8, 4), Text("誤った掲載が2日間続きました。", "A wrong entry stood for two days.")),),
    drills=(Event(date(2026, 3, 9), Text("鍵の紛失を想定した訓練", "Drill: a lost key")),),
)


def made(lived: Lived) -> Bundle:
    return review_bundle(lived.past, YEAR, NOTES, NOW, {"policy.md": b"# Policy\n"})


def files(lived: Lived) -> dict[str, bytes]:
    return made(lived).files()


def test_everything_is_in_it(lived: Lived) -> None:
    """Seventeen reports in three forms, each sound, and beside them all that they rest on."""
    found = files(lived)
    labels = [one.label for one in (YEAR, *YEAR.quarters(), *YEAR.months())]
    assert len(labels) == 17
    valid = jsonschema.Draft202012Validator(schema())
    for label in labels:
        valid.validate(json.loads(found[f"reports/{label}/report.json"]))
        assert found[f"reports/{label}/report.html"].startswith(b"<!DOCTYPE html>")
        assert f"\n{label},demo,adds,total,".encode() in found[f"reports/{label}/figures.csv"]
    for name in (
        "policy/policy.md",
        "criteria.json",
        "research/research.json",
        "drills.json",
        "schema/report.schema.json",
    ):
        assert found[name]
    assert json.loads(found["objections.json"])["objections.received"] > 0


def test_the_record_can_be_checked(lived: Lived, tmp_path: Path) -> None:
    """The record in the bundle is read by the public's tool and gives every month's head in the proof."""
    found = files(lived)
    path = tmp_path / "log.jsonl"
    path.write_bytes(found["record/log.jsonl"])
    record, proof = read_record(path), json.loads(found["record/proof.json"])
    assert len(proof["heads"]) == 13
    for head in proof["heads"]:
        assert record.head(head["size"]).root == head["root"]
    assert proof["heads"][-1]["size"] == len(record.lines)
    shorter = merkle.root(map(merkle.leaf_hash, record.lines[:-1])).hex()
    assert shorter != proof["heads"][-1]["root"]


def test_no_id_and_no_name(lived: Lived) -> None:
    """Nothing in any file names an entry, a ticket, an editor or a site."""
    text = b"".join(files(lived).values()).decode()
    said = {one.item for one in lived.past.statements} | {one.editor for one in lived.past.statements}
    assert not [word for word in said if word in text]
    assert "n0000" not in text


def test_before_there_was_a_list(lived: Lived) -> None:
    """The review of a year without a version is made all the same, with an empty record."""
    found = review_bundle(lived.past, Period.parse("2024"), Notes(), NOW, {}).files()
    assert found["record/log.jsonl"] == b""
    assert json.loads(found["record/proof.json"])["heads"] == []
    assert "drills.json" not in found


def test_pages_in_a_browser(lived: Lived) -> None:
    """A year's page, a month's and the cover: sound HTML, no finding of axe-core, no request, never too wide."""
    folder = artifacts("list-body-report")
    shutil.rmtree(folder / "bundle", ignore_errors=True)
    write_bundle(made(lived), folder / "bundle")
    reports = folder / "bundle/reports"
    pages = {
        "year": reports / "2026/report.html",
        "month": reports / "2026-11/report.html",
        "cover": folder / "bundle/index.html",
    }
    assert validate(*pages.values()) == []
    looks = {"year": "1280-dark-en", "month": "320-light-ja", "cover": "320-dark-ja"}
    wanted = [
        view
        for name, path in pages.items()
        for view in views(name, path.as_uri(), folder)
        if view.name == f"{name}-{looks[name]}"
    ]
    seen = look(wanted).pages
    for view in wanted:
        page = seen[view.name]
        assert page["axe"]["violations"] == []
        assert page["requests"] == [view.url]
        assert page["scrollWidth"] <= view.width
        assert page["console"] == []
