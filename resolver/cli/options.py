"""Options that several commands share."""

import sys
from pathlib import Path

import click

DEFAULT_CONFIG = Path("/etc/mamori/resolver.yaml")

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_CONFIG,
    envvar="MAMORI_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The settings file.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="As one JSON object.")


def read_name(question: str) -> str:
    """Read one name from the terminal, or the first line of standard input; it never stands on the command line."""
    if sys.stdin.isatty():
        answer: str = click.prompt(question, type=str)
        return answer.strip()
    line = sys.stdin.readline().strip()
    if not line:
        raise click.UsageError("no name came on standard input: type it, or pipe it in")
    return line
