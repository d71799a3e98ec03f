"""`log`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.blocklist.publish.cli.shell import Shell


@pytest.fixture
def listed(shell: Shell) -> str:
    """One of two published entries."""
    ids = shell.add("mine.example", "other.example")
    shell.run("approve", shell.desk, "--editor", "bob", *ids)
    shell.run("build", shell.desk, "--editor", "alice", "--sign")
    shell.run("sign", shell.desk, "--editor", "bob", "--publish", shell.out)
    return ids[0]


def test_anybody_checks_the_record(shell: Shell, listed: str) -> None:
    """The file alone, the folder, and the folder against the pinned root."""
    record, root = str(Path(shell.out) / "log.jsonl"), str(Path(shell.desk) / "root.json")
    facts = shell.json("log", "verify", record)
    assert (facts["list_id"], facts["versions"], facts["last_version"], facts["signed"]) == ("demo", 1, 1, False)
    assert shell.json("log", "verify", shell.out, "--root", root) == {**facts, "signed": True}
    assert "published folder" in shell.run("log", "verify", record, "--root", root, code=2).stderr
    Path(record).write_bytes(b"{}\n")
    assert "log.jsonl" in shell.run("log", "verify", record, code=1).stderr


def test_an_auditor_compares_with_a_copy_kept_from_before(shell: Shell, listed: str, tmp_path: Path) -> None:
    """The record may only have grown: a line less than before, or another one, is told."""
    record, kept = Path(shell.out) / "log.jsonl", tmp_path / "kept.jsonl"
    kept.write_bytes(record.read_bytes())
    shell.run("build", shell.desk, "--editor", "alice", "--sign")
    shell.run("sign", shell.desk, "--editor", "bob", "--publish", shell.out)
    assert shell.json("log", "verify", str(record), "--earlier", str(kept))["versions"] == 2
    assert "rewritten" in shell.run("log", "verify", str(kept), "--earlier", str(record), code=1).stderr
    kept.write_bytes(kept.read_bytes().replace(b'"adds":2', b'"adds":3'))
    assert "rewritten" in shell.run("log", "verify", str(record), "--earlier", str(kept), code=1).stderr


def test_an_owner_gets_a_proof_she_can_check(shell: Shell, listed: str, tmp_path: Path) -> None:
    """First the word to publish, then the opening, which the other verb checks against the record."""
    words = ("objection", "open", shell.desk, "--editor", "alice", listed)
    ticket = shell.json(*words)["ticket"]
    ask = ("log", "open", shell.desk, listed, "--editor", "alice", "--ticket", ticket)
    word = shell.json(*ask)["control"]
    assert f"exactly this content: {word}" in shell.run(*ask).stdout
    assert "nothing was opened" in shell.run(*ask, "--seen", "mamori-control=guess", code=1).stderr
    opening = tmp_path / "opening.json"
    opening.write_text(shell.run(*ask, "--seen", word).stdout)
    assert "other.example" not in opening.read_text()
    root = str(Path(shell.desk) / "root.json")
    facts = shell.json("log", "check", str(opening), shell.out, "--root", root)
    assert (facts["entry"], facts["version"], facts["signed"]) == (listed, 1, True)
    opening.write_text(opening.read_text().replace("mine.example", "mind.example"))
    assert "not in this version" in shell.run("log", "check", str(opening), shell.out, code=1).stderr
