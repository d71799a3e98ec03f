"""`mamori support-bundle`: one archive for whoever helps, with nothing in it about what customers do."""

import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from blocklist.canonical import format_instant
from resolver.cli.bundle.archive import MODE, pack
from resolver.cli.bundle.condition import alarms, condition
from resolver.cli.bundle.on_disk import lists_on_disk, standing_on_disk
from resolver.cli.bundle.versions import versions
from resolver.cli.control import tell
from resolver.cli.faults import CliFault, Exit
from resolver.cli.options import config_option
from resolver.settings import Settings, load
from resolver.settings.disclosure import disclosed

README: Final = Path(__file__).parent / "bundle" / "README.txt"


@click.command("support-bundle")
@config_option
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Write it here; no file may be there."
)
def support_bundle(config: Path, out: Path) -> None:
    """Pack what helps to find a fault.

    Settings without names and secrets, versions, how lists and processes are, alarms. No question, no client, no listed
    name, no traffic. The README in it says what can never be there. Works while no resolver runs.
    """
    settings = load(config, look_at_files=False)
    data = pack(_files(settings))
    _write(out, data)
    click.echo(f"{out}: {len(data)} bytes. It is not compressed: read it before you hand it on (`tar xOf {out}`).")


def _files(settings: Settings) -> dict[str, bytes]:
    told = _condition(settings)
    raised = alarms(told) if told["running"] else [{"alarm": "down"}]
    return {
        "README.txt": README.read_bytes(),
        "alarms.json": _json({"alarms": raised}),
        "settings.json": _json(disclosed(settings)),
        "status.json": _json({"made_at": format_instant(datetime.fromtimestamp(int(time.time()), UTC)), **told}),
        "versions.json": _json(versions()),
    }


def _condition(settings: Settings) -> dict[str, Any]:
    """What the running resolver tells, or the state folder where none runs."""
    try:
        return {"running": True, **condition(tell(settings, "status").get("status", {}))}
    except CliFault as fault:
        if fault.code is not Exit.UNREACHABLE:
            raise
        click.echo("no resolver answered: lists are told as the state folder holds them", err=True)
        preflight = {"standing": standing_on_disk(settings)}
        return {"running": False, "preflight": preflight, "lists": lists_on_disk(settings)}


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"


def _write(out: Path, data: bytes) -> None:
    """Make the file, for its owner alone."""
    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE), "wb") as file:
            file.write(data)
    except FileExistsError:
        raise CliFault(f"{out} is there already: name another file, or remove it") from None
    except OSError as error:
        raise CliFault(f"cannot write {out}: {error.strerror}") from None
