"""`report`, `research-export`, `review-bundle`."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from datetime import timedelta
from pathlib import Path

import jsonschema

from blocklist.publish.reporting.research import schema as research_schema
from blocklist.transparency.document import schema
from tests.blocklist.publish.cli.shell import Shell
from tests.blocklist.publish.support import NOW, Office

NOTES = """
publisher: {ja: 例示協会, en: Example Association}
accidents:
  - {day: 2026-11-23, what: {ja: 誤った掲載, en: A wrong entry}}
"""


def lived(shell: Shell, office: Office) -> None:
    """A list of two entries, published; one was removed as an error and left out."""
    office.subscribe()
    wrong, _ = shell.add("one.example", "two.example")
    shell.run("approve", shell.desk, "--editor", "bob", wrong, _)
    office.publish(NOW)
    shell.run("remove", shell.desk, "--editor", "alice", wrong, "--code", "listed_in_error")
    office.publish(NOW + timedelta(days=1))
    shell.now = NOW + timedelta(days=10)


def test_report(shell: Shell, office: Office, tmp_path: Path) -> None:
    """The verb writes page, document and table of the month, with the officer's words, and no name or id."""
    lived(shell, office)
    notes = tmp_path / "notes.yaml"
    notes.write_text(NOTES, encoding="utf-8")
    out = tmp_path / "report"
    written = shell.json("report", shell.desk, "--period", "2026-11", "--notes", str(notes), "--out", str(out))
    assert written["written"] == [str(out / name) for name in ("report.html", "report.json", "figures.csv")]
    told = json.loads((out / "report.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema()).validate(told)
    figures = {key: one["value"] for key, one in told["lists"][0]["figures"].items()}
    assert (figures["adds"], figures["removes"], figures["error_withdrawals"]) == (2, 1, 1)
    assert (figures["list_entries.start"], figures["list_entries.end"], figures["holds"]) == (0, 1, None)
    assert told["figures"]["accidents"]["value"] == 1
    assert "例示協会" in (out / "report.html").read_text("utf-8")
    everything = b"".join(path.read_bytes() for path in out.iterdir())
    for word in (b"one.example", b"two.example", b"alice", *(each.encode() for each in office.desk.known_ids())):
        assert word not in everything


def test_research_export(shell: Shell, office: Office, tmp_path: Path) -> None:
    """The verb writes three files; the document follows its schema and names nothing."""
    lived(shell, office)
    out = tmp_path / "research"
    shell.run("research-export", shell.desk, "--period", "2026", "--out", str(out))
    assert sorted(path.name for path in out.iterdir()) == ["figures.csv", "research.json", "versions.csv"]
    told = json.loads((out / "research.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(research_schema()).validate(told)
    assert len(told["versions"]) == 2
    assert "one.example" not in (out / "research.json").read_text("utf-8")


def test_review_bundle(shell: Shell, office: Office, tmp_path: Path) -> None:
    """One command writes the year; every file is as its sum says, and a second run into the folder is refused."""
    lived(shell, office)
    policy, out = tmp_path / "policy.md", tmp_path / "review"
    policy.write_text("# Policy\n")
    words = ("review-bundle", shell.desk, "--year", "2026", "--policy", str(policy), "--out", str(out))
    written = shell.json(*words)["written"]
    assert len(written) == len([path for path in out.rglob("*") if path.is_file()])
    assert subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=out, check=False).returncode == 0
    assert (out / "policy" / "policy.md").read_text() == "# Policy\n"
    assert "not empty" in shell.run(*words, code=2).output


def test_mistakes(shell: Shell, tmp_path: Path) -> None:
    """A period that is none, and notes that are not there, are wrong use."""
    out = str(tmp_path / "report")
    assert "2026-Q4" in shell.run("report", shell.desk, "--period", "2026-13", "--out", out, code=2).output
    found = shell.run("report", shell.desk, "--period", "2026", "--out", out, "--notes", "/nowhere.yaml", code=2)
    assert "/nowhere.yaml" in found.output
    (tmp_path / "ja").mkdir()
    documents = [tmp_path / "policy.md", tmp_path / "ja" / "policy.md"]
    for each in documents:
        each.write_text("x")
    words = [word for each in documents for word in ("--policy", str(each))]
    found = shell.run("review-bundle", shell.desk, "--year", "2026", *words, "--out", out, code=1)
    assert "same file name" in found.output
    assert not (tmp_path / "report").exists()


def test_bad_signatures_are_no_report(shell: Shell, office: Office, tmp_path: Path) -> None:
    """Whoever changes the master by hand gets no report out of it."""
    lived(shell, office)
    with sqlite3.connect(office.folder / "desk" / "master.db") as db:
        db.execute('UPDATE statements SET facts = \'{"code": "no_longer_listable"}\'')
    found = shell.run("report", shell.desk, "--period", "2026-11", "--out", str(tmp_path / "report"), code=1)
    assert "mamori-list verify" in found.output
    assert not (tmp_path / "report").exists()
