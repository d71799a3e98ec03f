"""Talking to a running resolver."""

from __future__ import annotations

from tests.resolver.cli.at_terminal import StandIn, Terminal


def test_without_a_resolver_it_is_3(terminal: Terminal) -> None:
    """A script can tell `not running` from `running badly`."""
    for words in (("status",), ("list", "refresh", "demo")):
        result = terminal.with_config(*words)
        assert result.exit_code == 3
        assert "start it with `mamori run`" in result.stderr


def test_an_exemption_is_announced_to_the_running_resolver(terminal: Terminal) -> None:
    """It is in force at once; the name itself never goes over the socket."""
    with StandIn(terminal.state, {"ok": True, "text": "taken up"}) as resolver:
        result = terminal.with_config("exempt", "add", "--reason", "r", "--ticket", "t", stdin="www.blk.example\n")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "in force")
    assert resolver.asked == [{"verb": "exemptions", "list_id": None}]


def test_a_resolver_that_cannot_take_it_up_says_why(terminal: Terminal) -> None:
    """Saved, but not in force: exit code 1 with the resolver's words."""
    with StandIn(terminal.state, {"ok": False, "text": "the updater is down"}):
        result = terminal.with_config("exempt", "add", "--reason", "r", "--ticket", "t", stdin="www.blk.example\n")
    assert result.exit_code == 1
    assert "saved, but the resolver could not take it up: the updater is down" in result.stderr
