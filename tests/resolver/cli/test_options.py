"""Options and input that several verbs share."""

from __future__ import annotations

from click.testing import CliRunner

from resolver.cli import main
from tests.resolver.cli.at_terminal import Terminal


def test_the_settings_file_can_come_from_the_environment(terminal: Terminal) -> None:
    """MAMORI_CONFIG stands for --config."""
    result = CliRunner().invoke(main, ["exempt", "list"], env={"MAMORI_CONFIG": str(terminal.config)})
    assert result.stdout == "no exemptions\n"


def test_no_name_on_standard_input_is_wrong_usage(terminal: Terminal) -> None:
    """An empty pipe is told, not waited for."""
    result = terminal.with_config("exempt", "add", "--reason", "r", "--ticket", "t", stdin="\n")
    assert result.exit_code == 64
    assert "no name came on standard input" in result.stderr
