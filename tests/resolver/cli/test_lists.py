"""`mamori list`."""

from __future__ import annotations

import pytest

from tests.resolver.cli.at_terminal import StandIn, Terminal


@pytest.mark.parametrize("verb", ["accept", "rollback", "refresh"])
def test_each_verb_reaches_the_resolver_with_its_list(terminal: Terminal, verb: str) -> None:
    """What the resolver says is what the operator reads."""
    with StandIn(terminal.state, {"ok": True, "text": "version 2 is enforced"}) as resolver:
        result = terminal.with_config("list", verb, "demo")
    assert (result.exit_code, result.stdout) == (0, "version 2 is enforced\n")
    assert resolver.asked == [{"verb": verb, "list_id": "demo"}]


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
