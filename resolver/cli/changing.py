"""`mamori reload`, `restart-workers`, `upgrade`, `drain`: change a running resolver while it answers."""

import json
from pathlib import Path

import click

from resolver.cli.control import tell
from resolver.cli.faults import CliFault
from resolver.cli.options import config_option, json_option
from resolver.settings import load


@click.command()
@config_option
@json_option
def reload(config: Path, as_json: bool) -> None:
    """Take up the settings file without losing a query.

    All of it is checked first, with every file it names; a fault changes nothing and is told here. Done when every
    worker serves with the new settings.
    """
    _do(config, "reload", as_json=as_json)


@click.command("restart-workers")
@config_option
@json_option
def restart_workers(config: Path, as_json: bool) -> None:
    """Replace the workers one at a time without losing a query; their caches begin empty."""
    _do(config, "restart-workers", as_json=as_json)


@click.command()
@config_option
@json_option
def upgrade(config: Path, as_json: bool) -> None:
    """Take up the installed version, and settings no reload can, without losing a query.

    The new code proves itself first; a fault changes nothing and is told here. The process stays the same.
    """
    _do(config, "upgrade", as_json=as_json)


@click.command()
@config_option
@click.option("--end", is_flag=True, help="Be ready for customers again.")
@json_option
def drain(config: Path, end: bool, as_json: bool) -> None:
    """Let /ready say 503, so that routers send customers elsewhere, while queries are answered on."""
    _do(config, "undrain" if end else "drain", as_json=as_json)


def _do(config: Path, verb: str, *, as_json: bool) -> None:
    """Have it done; CliFault with the resolver's own words when it was not."""
    reply = tell(load(config, look_at_files=False), verb)
    text = str(reply.get("text", ""))
    if not reply.get("ok"):
        raise CliFault(text)
    click.echo(json.dumps({"done": verb, "text": text}, ensure_ascii=False) if as_json else text)
