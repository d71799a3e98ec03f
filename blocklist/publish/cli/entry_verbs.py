"""`add`, `import` and `remove`. A name comes from the terminal or standard input, never from an argument."""

import json
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import click

from blocklist.errors import OperatorFault
from blocklist.publish.cli.door import REFUSED, Session
from blocklist.publish.cli.options import FILE, as_editor, json_option, with_template
from blocklist.publish.drafts import Template, default_template
from blocklist.publish.foreign import FORMATS, read_plain, reader
from blocklist.publish.importing import Harvest, harvest, harvest_entries
from blocklist.publish.keyfiles import EditorKeys

LONG_FILE = 200_000  # bytes from which reading shows a progress bar


@click.command()
@as_editor
@with_template
@json_option
def add(here: Session, keys: EditorKeys, *, as_json: bool, approve_too: bool, **chosen: Any) -> None:
    """Add names typed at the terminal, or piped in one a line."""
    template = _template(here, chosen)
    typed: bytes = click.prompt("Name or URL", err=True).encode() if sys.stdin.isatty() else sys.stdin.buffer.read()
    lines = typed.splitlines()
    if not lines:
        raise OperatorFault("no_input", "no name on standard input: type it at the terminal or pipe it in")
    found = harvest(lines, read_plain, template, here.desk.criteria)
    _store(here, keys, found, approve_too, as_json)


@click.command("import")
@as_editor
@click.argument("file", type=FILE)
@click.option("--format", "form", type=click.Choice(FORMATS), default="plain", show_default=True)
@click.option("--column", "columns", metavar="FIELD=COLUMN", multiple=True, help="csv: which column holds a field.")
@click.option("--delimiter", default=",", show_default=True, help="csv: what separates the cells.")
@with_template
@json_option
def import_file(
    here: Session,
    keys: EditorKeys,
    *,
    file: Path,
    form: str,
    columns: tuple[str, ...],
    delimiter: str,
    as_json: bool,
    approve_too: bool,
    **chosen: Any,
) -> None:
    """Import a file. Good lines are added; each other one is named by line and reason (exit code 1 then)."""
    criteria = here.desk.criteria
    gather: Callable[[Iterable[bytes]], Harvest]
    if form == "jsonl":
        gather = partial(harvest_entries, criteria=criteria, known_ids=here.desk.known_ids())
    else:
        read = reader(form, _column_map(columns), delimiter)
        gather = partial(harvest, read=read, template=_template(here, chosen), criteria=criteria)
    _store(here, keys, _gathered(file, gather), approve_too, as_json)


@click.command()
@as_editor
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
def remove(here: Session, keys: EditorKeys, *, ids: tuple[str, ...]) -> None:
    """Take entries off the list, by id. One editor is enough; the next version leaves them out."""
    here.desk.remove(ids, keys, here.door.now())
    click.echo(f"removed {len(ids)}")


def _template(here: Session, chosen: dict[str, Any]) -> Template:
    return default_template(here.desk.criteria, here.door.now().date(), **chosen)


def _gathered(path: Path, gather: Callable[[Iterable[bytes]], Harvest]) -> Harvest:
    """Read a file through `gather`, with a bar on a terminal while a long one is read."""
    try:
        with path.open("rb") as lines:
            if path.stat().st_size < LONG_FILE or not sys.stderr.isatty():
                return gather(lines)
            with click.progressbar(lines.readlines(), label="reading", file=sys.stderr) as shown:
                return gather(shown)
    except OSError as error:
        raise OperatorFault("file_read", f"cannot read {path}: {error.strerror}") from None


def _column_map(columns: Iterable[str]) -> dict[str, str]:
    pairs = [column.partition("=") for column in columns]
    if any(not mark for _, mark, _ in pairs):
        raise OperatorFault("column_map", "--column needs FIELD=COLUMN")
    return {field: column for field, _, column in pairs}


def _store(here: Session, keys: EditorKeys, found: Harvest, approve_too: bool, as_json: bool) -> None:
    found.reject_repeats(here.desk.insert(found.entries, keys))
    if approve_too and found.entries:
        here.desk.approve(keys, [entry.id for entry in found.entries])
    if as_json:
        rejects = [{"line": one.line, "reason": one.reason, "listed_as": one.listed_as} for one in found.rejects]
        click.echo(json.dumps({"added": [entry.id for entry in found.entries], "rejects": rejects}))
    else:
        _report(found)
    if found.rejects:
        raise click.exceptions.Exit(REFUSED)


def _report(found: Harvest) -> None:
    for reject in found.rejects:
        known = f" as {reject.listed_as}" if reject.listed_as else ""
        click.echo(f"line {reject.line}: {reject.reason.replace('_', ' ')}{known}", err=True)
    click.echo(f"added {len(found.entries)}, rejected {len(found.rejects)}")
    for reason, count in sorted(found.reasons().items()):
        click.echo(f"  {count} {reason.replace('_', ' ')}")
    if len(found.entries) == 1:
        click.echo(found.entries[0].id)
