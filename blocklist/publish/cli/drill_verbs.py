"""`drill`: what happens when a key is lost or stolen, in a scratch folder that is gone afterwards."""

import tempfile
from pathlib import Path

import click

from blocklist.publish.cli.door import Door
from blocklist.publish.cli.options import json_option
from blocklist.publish.cli.showing import tell
from blocklist.publish.drills import drills


@click.command()
@click.argument("name", type=click.Choice(sorted(drills.DRILLS)))
@json_option
@click.pass_context
def drill(ctx: click.Context, *, name: str, as_json: bool) -> None:
    """Rehearse a loss or a theft with made-up keys and entries; every step is printed, and OK at the end."""

    def say(text: str) -> None:
        if not as_json:
            click.echo(f"  {text}")

    with tempfile.TemporaryDirectory(prefix="mamori-drill-") as folder:
        facts = drills.run(name, Path(folder), ctx.ensure_object(Door).now(), say)
    figures = {key: value for key, value in facts.items() if key not in ("drill", "ok", "steps")}
    shown = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in figures.items())
    tell(facts, as_json=as_json, lines=[f"OK {name}: {shown}"])
