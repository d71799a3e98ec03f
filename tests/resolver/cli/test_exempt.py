"""`mamori exempt`."""

from __future__ import annotations

import json

import pytest

from tests.resolver.cli.at_terminal import Terminal

NAME = "wrongly-listed.example"


def add(terminal: Terminal, *words: str, name: str = NAME) -> tuple[int, str]:
    result = terminal.with_config("exempt", "add", "--reason", "court", "--ticket", "T-1", *words, stdin=name + "\n")
    return result.exit_code, result.output


def test_add_list_and_remove_work_without_a_resolver(terminal: Terminal) -> None:
    """Off line, in three commands; the list shows what may be shown."""
    code, text = add(terminal, "--match", "domain", "--days", "30")
    assert code == 0
    identity = text.split()[1]
    row = terminal.with_config("exempt", "list").stdout
    assert row.startswith(f"{identity}  domain  until ")
    assert row.endswith("T-1  court\n")
    assert terminal.with_config("exempt", "remove", identity).exit_code == 0
    assert terminal.with_config("exempt", "list").stdout == "no exemptions\n"


def test_programs_get_one_json_object(terminal: Terminal) -> None:
    """From each of the three verbs, and no name in any."""
    words = ("exempt", "add", "--reason", "court", "--ticket", "T-1", "--json")
    added = json.loads(terminal.with_config(*words, stdin=NAME + "\n").stdout)
    assert (added["match"], added["ticket"], added["in_force"]) == ("host", "T-1", False)
    (row,) = json.loads(terminal.with_config("exempt", "list", "--json").stdout)["exemptions"]
    assert row == {name: value for name, value in added.items() if name != "in_force"}
    removed = json.loads(terminal.with_config("exempt", "remove", added["id"], "--json").stdout)
    assert removed == {"removed": added["id"], "in_force": False}
    assert json.loads(terminal.with_config("exempt", "list", "--json").stdout) == {"exemptions": []}


def test_the_name_is_nowhere_to_be_read(terminal: Terminal) -> None:
    """Neither in what the commands print nor in any file they leave."""
    assert NAME not in add(terminal)[1]
    assert NAME not in terminal.with_config("exempt", "list").output
    for path in terminal.state.rglob("*"):
        assert not path.is_file() or b"wrongly" not in path.read_bytes()


@pytest.mark.parametrize("name", ["not a name.example", "-x.example", "192.0.2.1", "a..example"])
def test_what_is_no_name_is_refused_without_being_repeated(terminal: Terminal, name: str) -> None:
    """Exit code 1; even a mistyped name is not printed."""
    code, text = add(terminal, name=name)
    assert code == 1
    assert "is no name" in text and name not in text


def test_the_name_does_not_slip_into_reason_or_ticket(terminal: Terminal) -> None:
    """Those are shown by `exempt list`."""
    result = terminal.with_config("exempt", "add", "--reason", f"unblock {NAME}", "--ticket", "T", stdin=NAME + "\n")
    assert result.exit_code == 1
    assert "leave it out there" in result.stderr
    assert NAME not in result.output


def test_a_name_is_never_taken_from_the_command_line(terminal: Terminal) -> None:
    """An argument would stay in the shell's history and in the process list."""
    assert terminal.with_config("exempt", "add", "--reason", "r", "--ticket", "t", NAME).exit_code == 64
