"""`mamori list`."""

from __future__ import annotations

import json

import pytest

from tests.resolver.cli.at_terminal import StandIn, Terminal, settings


@pytest.mark.parametrize("verb", ["accept", "reject", "rollback", "refresh"])
def test_each_verb_reaches_the_resolver_with_its_list(terminal: Terminal, verb: str) -> None:
    """What the resolver says is what the operator reads."""
    with StandIn(terminal.state, {"ok": True, "text": "version 2 is enforced"}) as resolver:
        result = terminal.with_config("list", verb, "demo")
        as_json = terminal.with_config("list", verb, "demo", "--json")
    assert (result.exit_code, result.stdout) == (0, "version 2 is enforced\n")
    assert json.loads(as_json.stdout) == {"list_id": "demo", "done": verb, "text": "version 2 is enforced"}
    assert resolver.asked == [{"verb": verb, "list_id": "demo"}] * 2


def test_what_the_resolver_refuses_is_1(terminal: Terminal) -> None:
    """With its reason."""
    with StandIn(terminal.state, {"ok": False, "text": "nothing is held"}):
        result = terminal.with_config("list", "accept", "demo")
    assert result.exit_code == 1
    assert "nothing is held" in result.stderr


def test_an_unknown_list_is_told_with_the_known_ones(terminal: Terminal) -> None:
    """Before anybody is asked."""
    result = terminal.with_config("list", "accept", "dem")
    assert result.exit_code == 64
    assert "it has: demo" in result.stderr


TOLD = {"list_id": "demo", "words": ["Version 4 is in force."], "do": ["Ask the list body."]}


def test_an_explanation_is_words_and_what_to_do(terminal: Terminal) -> None:
    """The running resolver's own, as text or as one object."""
    with StandIn(terminal.state, {"ok": True, "text": "", "data": TOLD}) as resolver:
        text = terminal.with_config("list", "explain", "demo")
        as_json = terminal.with_config("list", "explain", "--json", "demo")
    assert text.stdout == "Version 4 is in force.\nTo do: Ask the list body.\n"
    assert json.loads(as_json.stdout) == TOLD
    assert resolver.asked[0] == {"verb": "explain", "list_id": "demo"}


def test_an_explanation_says_for_whom_the_list_does_not_count(terminal: Terminal) -> None:
    """By the names of the views that leave it out."""
    views = [{"name": "mail", "from": ["10.0.0.25/32"], "lists": []}, {"name": "west", "from": ["10.1.0.0/16"]}]
    terminal.write(settings() | {"views": views})
    with StandIn(terminal.state, {"ok": True, "text": "", "data": TOLD}):
        text = terminal.with_config("list", "explain", "demo")
    assert text.stdout.splitlines()[1] == "not enforced for clients of view mail"


def test_without_a_resolver_the_disk_explains(terminal: Terminal) -> None:
    """A list that was never there is said; one that was set up is told from its files, which stay as they are."""
    nothing = terminal.with_config("list", "explain", "demo")
    assert (nothing.exit_code, "has nothing of list demo yet" in nothing.stderr) == (1, True)
    (terminal.state / "lists" / "demo").mkdir(parents=True)
    (terminal.folder / "root.json").write_text("{")
    broken = terminal.with_config("list", "explain", "demo")
    assert (broken.exit_code, "no resolver runs" in broken.stderr) == (0, True)
    assert "No version is in force yet" in broken.stdout


def test_what_the_resolver_cannot_explain_is_1(terminal: Terminal) -> None:
    """Its words, not the disk's: the list's own settings are wrong."""
    with StandIn(terminal.state, {"ok": False, "text": "root.json: no such file", "data": None}):
        result = terminal.with_config("list", "explain", "demo")
    assert (result.exit_code, "no such file" in result.stderr) == (1, True)
