"""`mamori list`: decide about an update that the guards hold, go back, or ask for news now."""

from pathlib import Path

import click

from resolver.cli.control import tell
from resolver.cli.faults import CliFault, Exit
from resolver.cli.options import config_option
from resolver.settings import load


@click.group("list")
def list_commands() -> None:
    """Decide about updates of a list."""


@list_commands.command()
@config_option
@click.argument("list_id")
def accept(config: Path, list_id: str) -> None:
    """Enforce what the guards held back (`mamori status` says which guard and how many)."""
    _do(config, "accept", list_id)


@list_commands.command()
@config_option
@click.argument("list_id")
def rollback(config: Path, list_id: str) -> None:
    """Enforce the version before, until a version higher than the one left arrives."""
    _do(config, "rollback", list_id)


@list_commands.command()
@config_option
@click.argument("list_id")
def refresh(config: Path, list_id: str) -> None:
    """Ask the list body for news now."""
    _do(config, "refresh", list_id)


def _do(config: Path, verb: str, list_id: str) -> None:
    settings = load(config, look_at_files=False)
    known = [each.id for each in settings.lists]
    if list_id not in known:
        raise CliFault(f"{config} has no list {list_id!r}; it has: {', '.join(known) or 'none'}", Exit.USAGE)
    reply = tell(settings, verb, list_id)
    if not reply.get("ok"):
        raise CliFault(str(reply.get("text", "the resolver refused")))
    click.echo(reply.get("text", "done"))
