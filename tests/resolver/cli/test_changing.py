"""`mamori reload`, `restart-workers`, `drain`."""

from __future__ import annotations

import json

import pytest

from tests.resolver.cli.at_terminal import StandIn, Terminal

VERBS = [
    (("reload",), "reload"),
    (("restart-workers",), "restart-workers"),
    (("drain",), "drain"),
    (("drain", "--end"), "undrain"),
]


@pytest.mark.parametrize(("words", "verb"), VERBS)
def test_each_command_is_one_verb(terminal: Terminal, words: tuple[str, ...], verb: str) -> None:
    """The resolver's own words are shown, as text or as JSON."""
    with StandIn(terminal.state, {"ok": True, "text": "2 workers serve"}) as resolver:
        shown = terminal.with_config(*words)
        as_json = terminal.with_config(*words, "--json")
    assert (shown.exit_code, shown.stdout) == (0, "2 workers serve\n")
    assert json.loads(as_json.stdout) == {"done": verb, "text": "2 workers serve"}
    assert [each["verb"] for each in resolver.asked] == [verb, verb]


@pytest.mark.parametrize(("words", "verb"), VERBS)
def test_a_refusal_is_1_and_every_fault_is_told(terminal: Terminal, words: tuple[str, ...], verb: str) -> None:
    """All lines of it, on stderr."""
    with StandIn(terminal.state, {"ok": False, "text": f"{verb}: fault one\nfault two"}):
        result = terminal.with_config(*words)
    assert result.exit_code == 1
    assert result.stderr == f"Error: {verb}: fault one\nfault two\n"


def test_faults_of_the_settings_are_told_without_a_resolver(terminal: Terminal) -> None:
    """Exit code 78, and nobody was asked."""
    terminal.write({"listen": ["nowhere"]})
    result = terminal.with_config("reload")
    assert result.exit_code == 78
    assert "listen[0]" in result.stderr


def test_nobody_runs(terminal: Terminal) -> None:
    """Exit code 3."""
    assert terminal.with_config("reload").exit_code == 3
