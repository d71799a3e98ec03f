"""`mamori support-bundle`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from resolver.cli.bundle.archive import unpack
from resolver.edge.supervision.status import document
from tests.resolver.cli.at_terminal import StandIn, Terminal
from tests.resolver.edge.snapshots import snapshot

FILES = ["README.txt", "alarms.json", "settings.json", "status.json", "versions.json"]


def read(path: Path) -> dict[str, Any]:
    files = unpack(path.read_bytes())
    assert sorted(files) == FILES
    return {name: json.loads(content) for name, content in files.items() if name.endswith(".json")}


def test_it_packs_what_the_running_resolver_tells(terminal: Terminal, tmp_path: Path) -> None:
    """One file, for its owner alone, with settings, versions, condition and alarms."""
    out = tmp_path / "bundle.tar"
    with StandIn(terminal.state, {"ok": True, "text": "", "status": document(snapshot(clock_suspect=True))}):
        result = terminal.with_config("support-bundle", "--out", str(out))
    assert (result.exit_code, out.stat().st_mode & 0o777) == (0, 0o600)
    told = read(out)
    assert (told["status.json"]["running"], told["status.json"]["lists"][0]["version"]) == (True, 3)
    assert {"alarm": "clock-suspect"} in told["alarms.json"]["alarms"]
    assert told["settings.json"]["lists"][0]["id"] == "demo"


def test_it_works_while_no_resolver_runs(terminal: Terminal, tmp_path: Path) -> None:
    """Just then it is needed most."""
    out = tmp_path / "bundle.tar"
    result = terminal.with_config("support-bundle", "--out", str(out))
    assert (result.exit_code, "no resolver answered" in result.stderr) == (0, True)
    told = read(out)
    assert (told["status.json"]["running"], told["alarms.json"]["alarms"]) == (False, [{"alarm": "down"}])


def test_no_file_is_overwritten(terminal: Terminal, tmp_path: Path) -> None:
    """Neither a file nor what a link leads to; a folder that is not there is told."""
    out = tmp_path / "bundle.tar"
    out.write_text("mine")
    result = terminal.with_config("support-bundle", "--out", str(out))
    assert (result.exit_code, out.read_text()) == (1, "mine")
    assert "is there already" in result.stderr
    missing = terminal.with_config("support-bundle", "--out", str(tmp_path / "no" / "bundle.tar"))
    assert (missing.exit_code, "cannot write" in missing.stderr) == (1, True)


def test_the_readme_speaks_both_languages_and_names_every_file(terminal: Terminal, tmp_path: Path) -> None:
    """Japanese first; each file is said in both."""
    out = tmp_path / "bundle.tar"
    terminal.with_config("support-bundle", "--out", str(out))
    japanese, english = unpack(out.read_bytes())["README.txt"].decode().split("A support bundle of Mamori")
    assert "記録していません" in japanese and "not recorded" in english
    for name in FILES[1:]:
        assert name in japanese and name in english
