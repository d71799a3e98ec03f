"""`backup` and `restore`: a desk in one file, and back."""

from pathlib import Path

import click

from blocklist.publish.cli.door import Door
from blocklist.publish.cli.options import FILE, desk_argument, json_option
from blocklist.publish.cli.showing import tell
from blocklist.publish.master import backup as backups
from blocklist.publish.master.archive import Contents


@click.command()
@desk_argument
@click.argument("file", type=FILE)
@json_option
@click.pass_context
def backup(ctx: click.Context, *, folder: Path, file: Path, as_json: bool) -> None:
    """Copy the desk into one file, while others work. No private key is in it; names stay sealed."""
    contents = backups.backup(folder, file, ctx.ensure_object(Door).now())
    _tell(contents, as_json)


@click.command()
@click.argument("file", type=FILE)
@desk_argument
@json_option
def restore(*, file: Path, folder: Path, as_json: bool) -> None:
    """Make a new desk of a backup, once its checksums and signatures are proven. The key files come from their holders.

    Afterwards run `verify` with an editor's key: it looks into the entries, too.
    """
    _tell(backups.restore(file, folder), as_json)


def _tell(contents: Contents, as_json: bool) -> None:
    size = sum(size for size, _ in contents.files.values())
    facts = {"list_id": contents.list_id, "made_at": contents.made_at, "files": len(contents.files), "bytes": size}
    tell(facts, as_json=as_json)
