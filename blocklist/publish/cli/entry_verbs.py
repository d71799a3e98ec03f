"""`add`, `import` and `remove`. A name comes from the terminal or standard input, never from an argument."""

import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from attrs import asdict

from blocklist.errors import OperatorFault
from blocklist.publish.cli.door import REFUSED, Session
from blocklist.publish.cli.options import FILE, as_editor, ids_argument, json_option, with_template
from blocklist.publish.cli.showing import tell
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.review.casework import REMOVE_CODES
from blocklist.publish.review.drafts import Template, default_template
from blocklist.publish.review.foreign import FORMATS, read_plain, reader
from blocklist.publish.review.importing import Found, Harvest, drafted, parsed, read_lines

LONG_FILE = 200_000  # bytes from which reading shows a progress bar


@click.command()
@as_editor
@with_template
@json_option
def add(here: Session, keys: EditorKeys, *, as_json: bool, approve_too: bool, **chosen: Any) -> None:
    """Add names typed at the terminal, or piped in one a line."""
    asked = sys.stdin.isatty()
    typed = [click.prompt("Name or URL", err=True).encode()] if asked else [*read_lines(sys.stdin.buffer)]
    found = drafted(typed, read_plain, _template(here, chosen), here.desk.criteria)
    harvest = here.desk.take_in(found, keys, approve=approve_too)
    if not harvest.added and not harvest.rejected:
        raise OperatorFault("no_input", "no name on standard input: type it at the terminal or pipe it in")
    _report(harvest, as_json)


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
    found: Callable[[Iterable[bytes]], Iterator[Found]]
    if form == "jsonl":
        found = functools.partial(parsed, criteria=criteria)
    else:
        read = reader(form, _column_map(columns), delimiter)
        template = _template(here, chosen, partial=form == "csv")
        found = functools.partial(drafted, read=read, template=template, criteria=criteria)
    with _lines_of(file) as lines:
        harvest = here.desk.take_in(found(lines), keys, approve=approve_too)
    _report(harvest, as_json)


@click.command()
@as_editor
@ids_argument
@click.option("--code", type=click.Choice(REMOVE_CODES), default=REMOVE_CODES[0], show_default=True, help="Why.")
@json_option
def remove(here: Session, keys: EditorKeys, *, ids: tuple[str, ...], code: str, as_json: bool) -> None:
    """Take entries off the list, by id. One editor is enough; the next version leaves them out."""
    here.desk.remove(ids, keys, here.door.now(), code)
    tell({"removed": len(ids), "code": code}, as_json=as_json, lines=[f"removed {len(ids)}"])


def _template(here: Session, chosen: dict[str, Any], *, partial: bool = False) -> Template:
    return default_template(here.desk.criteria, here.door.now().date(), partial=partial, **chosen)


@contextmanager
def _lines_of(path: Path) -> Iterator[Iterator[bytes]]:
    """The lines of a file, with a bar on a terminal while a long one is read."""
    try:
        file, size = path.open("rb"), path.stat().st_size
    except OSError as error:
        raise OperatorFault("file_read", f"cannot read {path}: {error.strerror}") from None
    with file:
        if size < LONG_FILE or not sys.stderr.isatty():
            yield read_lines(file)
            return
        with click.progressbar(length=size, label="importing", file=sys.stderr) as bar:
            yield read_lines(file, bar.update)


def _column_map(columns: Iterable[str]) -> dict[str, str]:
    pairs = [column.partition("=") for column in columns]
    if any(not mark for _, mark, _ in pairs):
        raise OperatorFault("column_map", "--column needs FIELD=COLUMN")
    return {field: column for field, _, column in pairs}


def _report(found: Harvest, as_json: bool) -> None:
    facts = {
        "added": found.ids,
        "added_count": found.added,
        "rejects": [asdict(one) for one in found.rejects],
        "rejected_count": found.rejected,
        "reasons": dict(found.reasons),
    }
    if not as_json:
        for line in _reject_lines(found):
            click.echo(line, err=True)
    tell(facts, as_json=as_json, lines=_lines(found))
    if found.rejected:
        raise click.exceptions.Exit(REFUSED)


def _reject_lines(found: Harvest) -> Iterator[str]:
    for reject in found.rejects:
        known = f" as {reject.listed_as}" if reject.listed_as else ""
        yield f"line {reject.line}: {reject.reason.replace('_', ' ')}{known}"
    if found.rejected > len(found.rejects):
        yield f"… and {found.rejected - len(found.rejects)} more"


def _lines(found: Harvest) -> Iterator[str]:
    yield f"added {found.added}, rejected {found.rejected}"
    yield from (f"  {count} {reason.replace('_', ' ')}" for reason, count in sorted(found.reasons.items()))
    if found.added == 1:
        yield found.ids[0]
