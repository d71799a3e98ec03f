"""Exit codes and fault messages of `mamori`."""

from __future__ import annotations

from tests.resolver.cli.at_terminal import Terminal


def test_wrong_usage_is_64(terminal: Terminal) -> None:
    """So that it can never be taken for `status`'s 2."""
    for words in (("nonsense",), ("status", "--nonsense"), ("exempt", "add", "--days", "31")):
        assert terminal.type(*words).exit_code == 64


def test_settings_that_cannot_be_used_are_78_with_all_faults(terminal: Terminal) -> None:
    """Every verb that reads settings says what is wrong with them, on stderr, in the same way."""
    terminal.write({"listen": ["x"], "lisen": 1})
    for words in (("status",), ("exempt", "list"), ("run",)):
        result = terminal.with_config(*words)
        assert result.exit_code == 78
        assert "lisen: unknown setting. Did you mean 'listen'?" in result.stderr
        assert "upstreams: required" in result.stderr
        assert result.stdout == ""


def test_a_fault_of_the_floors_below_is_a_message_and_1(terminal: Terminal) -> None:
    """No traceback reaches an operator."""
    result = terminal.with_config("exempt", "remove", "0000")
    assert result.exit_code == 1
    assert "there is no exemption of this id" in result.stderr
