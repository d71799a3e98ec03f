"""`mamori report`, `research-export` and `review-bundle`."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import date
from pathlib import Path

import pytest
import yaml

from blocklist.trust.local.preflight import keep_report, make_report
from blocklist.trust.storage.host_key import load_or_create
from resolver.edge.supervision.ledger_file import LEDGER_NAME
from resolver.settings import load
from resolver.settings.fingerprint import fingerprint
from tests.resolver.cli.at_terminal import Terminal
from tests.resolver.reporting.ledgers import ledger, november

NOTES = {
    "publisher": {"ja": "見本通信", "en": "Sample Telecom"},
    "objections": [{"received": "2026-11-03"}],
    "accidents": [],
}


@pytest.fixture
def host(terminal: Terminal) -> Terminal:
    """A host with thirty days in its ledger."""
    ledger(terminal.state / LEDGER_NAME, *november())
    return terminal


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def notes(terminal: Terminal, **more: object) -> str:
    path = terminal.folder / "notes.yaml"
    path.write_text(yaml.safe_dump(NOTES | more).replace("'2026-11-03'", "2026-11-03"))
    return str(path)


def test_report_of_two_hosts(host: Terminal) -> None:
    """The own ledger and another host's are summed; three files are written, for everybody to read."""
    other, out = ledger(host.folder / "other.jsonl", *november(), host="bb"), host.folder / "out"
    words = ("report", "--period", "2026-11", "--ledger", str(other), "--notes", notes(host), "--out", str(out))
    result = host.with_config(*words)
    assert result.exit_code == 0, result.output
    assert written(out) == {"report.html", "report.json", "figures.csv"}
    told = json.loads((out / "report.json").read_bytes())
    assert told["figures"]["queries"]["value"] == 60_000_000
    assert told["figures"]["objections.received"]["value"] == 1
    assert told["publisher"]["en"] == "Sample Telecom"
    assert (out / "report.html").stat().st_mode & 0o777 == 0o644


def test_review_bundle_and_research_export(host: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """One command makes the year's bundle, bound to the preflight report as it is signed; another the table."""
    monkeypatch.setattr("resolver.cli.report._day", lambda _now: date(2027, 1, 4))
    settings = load(host.config, look_at_files=False)
    key = load_or_create(host.state)
    made = make_report(
        key,
        host="resolver-1",
        version="1",
        now=time.time(),
        settings=fingerprint(settings),
        lists=[each.id for each in settings.lists],
        findings=(),
        before=None,
    )
    signed = keep_report(host.state, made, key)
    bundle, table = host.folder / "bundle", host.folder / "table"
    assert host.with_config("review-bundle", "--year", "2026", "--out", str(bundle)).exit_code == 0
    told = json.loads((bundle / "preflight" / "summary.json").read_bytes())
    assert told["signed_report_sha256"] == hashlib.sha256(signed).hexdigest()
    assert len([name for name in written(bundle) if name.endswith("/report.html")]) == 17
    again = host.with_config("review-bundle", "--year", "2026", "--out", str(bundle))
    assert (again.exit_code, "not empty" in again.stderr) == (1, True)
    assert host.with_config("research-export", "--period", "2026-Q4", "--out", str(table)).exit_code == 0
    assert written(table) == {"research.csv", "research.json"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report", "--period", "November"), "a period is a month"),
        (("report", "--period", "2999-11"), "has not begun"),
        (("research-export", "--period", "2999"), "has not begun"),
        (("report", "--period", "2026-11", "--notes", "none.yaml"), "cannot read the notes"),
        (("report", "--period", "2026-11", "--ledger", "none.jsonl"), "cannot read the ledger"),
    ],
)
def test_faults_say_what_is_wrong(host: Terminal, words: tuple[str, ...], said: str) -> None:
    """Nothing is written, and the message says what to mend."""
    out = host.folder / "out"
    result = host.with_config(*words, "--out", str(out))
    assert (result.exit_code, said in result.stderr) == (1, True), result.stderr
    assert not out.exists()


def test_notes_that_are_wrong_and_a_host_without_a_ledger(host: Terminal) -> None:
    """The place in the notes is named; a resolver that never ran has no ledger."""
    wrong = notes(host, objections=[{"received": "2026-11-03", "who": "x"}])
    result = host.with_config("report", "--period", "2026-11", "--notes", wrong, "--out", str(host.folder / "out"))
    assert "no such field: who" in result.stderr
    (host.state / LEDGER_NAME).unlink()
    result = host.with_config("report", "--period", "2026-11", "--out", str(host.folder / "out"))
    assert "it begins with the first start" in result.stderr


def test_a_folder_that_cannot_be_written(host: Terminal) -> None:
    """A file in the way is named."""
    (host.folder / "out").mkdir()
    (host.folder / "out" / "report.html.new").mkdir()
    result = host.with_config("report", "--period", "2026-11", "--out", str(host.folder / "out"))
    assert (result.exit_code, "cannot write" in result.stderr) == (1, True)
