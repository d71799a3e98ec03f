"""Options several verbs share."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from blocklist.publish.cli.door import Session, session

Verb = Callable[..., None]

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)

desk_argument = click.argument("folder", metavar="DESK", type=FOLDER)
keys_option = click.option(
    "--keys", "keys_folder", type=FOLDER, envvar="MAMORI_KEYS", help="Folder of the key files [DESK/keys]."
)
passphrase_option = click.option(
    "--passphrase-file",
    "passphrase_files",
    metavar="[NAME=]FILE",
    multiple=True,
    envvar="MAMORI_PASSPHRASE_FILE",
    help="Read the passphrase (of key holder NAME) from the first line of FILE instead of the terminal.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
names_option = click.option("--names", is_flag=True, help="Show the entries whole, names too; on a terminal only.")
optional_editor = click.option("--editor", metavar="NAME", help="Whose keys to use.")
ids_argument = click.argument("ids", metavar="ID…", nargs=-1, required=True)
maybe_ids_argument = click.argument("ids", metavar="[ID…]", nargs=-1)


def day_option(name: str, help: str, *, required: bool = False) -> Callable[[Verb], Verb]:  # noqa: A002 (click's word)
    """A calendar day, `YYYY-MM-DD`; the verb gets it as a `datetime` or None."""
    return click.option(name, type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", required=required, help=help)


def on_desk(verb: Verb) -> Verb:
    """Open the desk for a verb, which gets a `Session` first: `verb(here, **options)`."""

    @wraps(verb)  # carries the verb's own options along
    def opened(folder: Path, keys_folder: Path | None, passphrase_files: tuple[str, ...], **options: Any) -> None:
        with session(click.get_current_context(), folder, keys_folder, passphrase_files) as here:
            verb(here, **options)

    return desk_argument(keys_option(passphrase_option(opened)))


def as_editor(verb: Verb) -> Verb:
    """Open the desk and unlock an editor's keys: `verb(here, keys, **options)`."""

    @wraps(verb)
    def unlocked(here: Session, editor: str, **options: Any) -> None:
        verb(here, here.editor(editor), **options)

    return on_desk(click.option("--editor", metavar="NAME", required=True, help="Whose keys to use.")(unlocked))


def with_template(verb: Verb) -> Verb:
    """Options for what every added entry shares."""
    options = (
        click.option("--type", "type", type=click.Choice(["host", "domain", "url", "ip"]), help="Entry type [host]."),
        click.option("--criterion", metavar="CODE", help="Criterion, a code of the criteria set."),
        click.option("--basis", metavar="CODE", help="Legal or procedural ground, a code of the criteria set."),
        click.option("--last-resort", metavar="CODE", help="Why nothing milder works, a code of the criteria set."),
        click.option("--days", type=click.IntRange(1, 400), help="Days an entry lives [as the criteria set allows]."),
        click.option("--path-match", type=click.Choice(["exact", "prefix"]), help="How a url's path is meant [exact]."),
        click.option("--all-types", is_flag=True, default=None, help="Answer every query type from the list."),
        click.option("--dns-ok", is_flag=True, default=None, help="The url's host is devoted to it: DNS may block it."),
        click.option("--test", is_flag=True, default=None, help="A self-test name under the body's own domain."),
        click.option("--approve", "approve_too", is_flag=True, help="Approve what is added with this editor's key."),
    )
    for option in reversed(options):
        verb = option(verb)
    return verb
