"""`mamori audit`."""

from __future__ import annotations

import json
import os
import pwd

from tests.resolver.cli.at_terminal import Terminal

NAME = "wrongly-listed.example"


def exempt(terminal: Terminal) -> str:
    words = ("exempt", "add", "--reason", "court", "--ticket", "T-1")
    return terminal.with_config(*words, stdin=NAME + "\n").output.split()[1]


def test_exemptions_are_written_down_and_shown(terminal: Terminal) -> None:
    """Who did what, when and why; the name is a code in the file and on the screen."""
    identity = exempt(terminal)
    terminal.with_config("exempt", "remove", identity)
    shown = terminal.with_config("audit", "show").stdout
    assert [line.split()[2] for line in shown.splitlines()] == ["exemption_added", "exemption_removed"]
    assert all(f"id={identity}" in line for line in shown.splitlines())
    assert f"by={pwd.getpwuid(os.getuid()).pw_name}" in shown
    assert "wrongly" not in shown
    as_json = terminal.with_config("audit", "show", "--json").stdout
    assert [json.loads(line)["seq"] for line in as_json.splitlines()] == [1, 2]
    assert "wrongly" not in (terminal.state / "audit.jsonl").read_text()


def test_a_whole_file_is_confirmed_also_against_an_earlier_head(terminal: Terminal) -> None:
    """Length and head of today still hold tomorrow."""
    exempt(terminal)
    length, head = terminal.with_config("audit", "head").stdout.split()
    exempt(terminal)
    result = terminal.with_config("audit", "verify", "--length", length, "--head", head)
    assert (result.exit_code, result.stdout.split(":")[0]) == (0, "audit file whole")
    told = json.loads(terminal.with_config("audit", "verify", "--json").stdout)
    assert (told["length"], told["faults"]) == (2, [])
    assert json.loads(terminal.with_config("audit", "head", "--json").stdout) == {"length": 2, "head": told["head"]}


def test_a_changed_file_is_told_with_exit_code_1(terminal: Terminal) -> None:
    """Each fault stands on stderr with its line."""
    exempt(terminal)
    exempt(terminal)
    length, head = terminal.with_config("audit", "head").stdout.split()
    path = terminal.state / "audit.jsonl"
    path.write_text(path.read_text().replace("court", "count", 1))
    result = terminal.with_config("audit", "verify")
    assert result.exit_code == 1
    assert "line 1: was not written by this host" in result.stderr
    assert "NOT WHOLE" in result.stdout
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    shorter = terminal.with_config("audit", "verify", "--length", length, "--head", head, "--json")
    assert shorter.exit_code == 1
    assert any("lines were taken off" in fault for fault in json.loads(shorter.stdout)["faults"])


def test_a_line_that_is_none_hides_no_other(terminal: Terminal) -> None:
    """It is told of by number, as text and as JSON."""
    exempt(terminal)
    path = terminal.state / "audit.jsonl"
    path.write_bytes(b"\xff{\n" + path.read_bytes())
    for more in ((), ("--json",)):
        shown = terminal.with_config("audit", "show", *more)
        assert "exemption_added" in shown.stdout
        assert "line 1: is no audit line" in shown.stderr


def test_head_and_length_go_together(terminal: Terminal) -> None:
    """One alone proves nothing; a head that is none is a typing mistake."""
    for words in (("--length", "3"), ("--head", "0" * 64), ("--head", "xyz", "--length", "3")):
        assert terminal.with_config("audit", "verify", *words).exit_code == 64


def test_nothing_decided_yet_is_an_empty_file(terminal: Terminal) -> None:
    """Length 0; without a state folder it is said that there is none."""
    assert terminal.with_config("audit", "head").stdout.startswith("0 ")
    assert terminal.with_config("audit", "show").stdout == ""
    for path in terminal.state.iterdir():
        path.unlink()
    terminal.state.rmdir()
    assert "no state folder" in terminal.with_config("audit", "verify").stderr


def test_an_exemption_is_in_force_although_it_cannot_be_written_down(terminal: Terminal) -> None:
    """The operator is told on stderr, and the name is unblocked."""
    (terminal.state / "audit.jsonl").mkdir()
    result = terminal.with_config("exempt", "add", "--reason", "r", "--ticket", "T", stdin=NAME + "\n")
    assert result.exit_code == 0
    assert "not written into the audit file" in result.stderr
    assert "until" in terminal.with_config("exempt", "list").stdout
