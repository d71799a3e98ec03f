"""`mamori status`."""

import json
import time
from pathlib import Path

import click

from resolver.cli.control import tell
from resolver.cli.options import config_option
from resolver.edge.supervision.status import exit_code, text
from resolver.settings import Settings, load

WATCH_SECONDS = 2.0


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.option("--watch", is_flag=True, help="Again every 2 seconds, until Ctrl-C.")
def status(config: Path, as_json: bool, watch: bool) -> int:
    """Show what is enforced and how the resolver is.

    Exit code 2 while the last update of a list failed (the last good list is enforced), 3 when no resolver answers.
    """
    settings = load(config, look_at_files=False)
    code = _show(settings, as_json=as_json)
    try:
        while watch:
            time.sleep(WATCH_SECONDS)
            if not as_json:
                click.clear()
            code = _show(settings, as_json=as_json)
    except KeyboardInterrupt:
        pass
    return code


def _show(settings: Settings, *, as_json: bool) -> int:
    document = tell(settings, "status")["status"]
    click.echo(json.dumps(document, ensure_ascii=False) if as_json else text(document))
    return exit_code(document)
