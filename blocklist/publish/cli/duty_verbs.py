"""`withdraw`, `reinstate` and `duty`: taking entries off in seconds, and putting them back with two keys."""

import sys
from functools import wraps
from pathlib import Path
from typing import Any

import click
from tuf.api.metadata import Metadata, Targets

from blocklist.canonical import format_instant
from blocklist.errors import EntryFault, OperatorFault
from blocklist.publish.cli.door import Session
from blocklist.publish.cli.options import FOLDER, Verb, as_editor, json_option, on_desk
from blocklist.publish.cli.showing import shortened, tell
from blocklist.publish.keys.keyfiles import DutyKeys, EditorKeys
from blocklist.publish.publication import drop
from blocklist.publish.publication.outlet import Outlet, SignedRole


def as_duty(verb: Verb) -> Verb:
    """Open the desk and unlock a duty officer's keys: `verb(here, keys, **options)`."""

    @wraps(verb)
    def unlocked(here: Session, duty: str, **options: Any) -> None:
        here.desk.body.duty(duty)
        verb(here, here.desk.unlock_duty(duty, here.passphrases.get(duty)), **options)

    return on_desk(click.option("--duty", metavar="NAME", required=True, help="Whose duty key to use.")(unlocked))


@click.command()
@as_duty
@click.argument("ids", metavar="[ID…]", nargs=-1)
@click.option("--renew", is_flag=True, help="Take nothing more off: sign the present state for seven more days.")
@click.option("--publish", "out", metavar="OUT", type=FOLDER, help="Publish into OUT at once, with the on-line keys.")
@click.option("--drop", "drop_folder", metavar="DROP", type=FOLDER, help="Hand over to the on-line signer at once.")
@json_option
def withdraw(
    here: Session,
    keys: DutyKeys,
    *,
    ids: tuple[str, ...],
    renew: bool,
    out: Path | None,
    drop_folder: Path | None,
    as_json: bool,
) -> None:
    """Take entries off at once, by id; without ids, by names typed at the terminal or piped in one a line.

    One duty officer's key is enough. The next version leaves the entries out for good.
    """
    if renew and ids:
        raise click.UsageError("--renew takes no ids")
    if drop_folder is not None:
        drop.must_be_there(drop_folder)
    wanted = ids if ids or renew else _by_name(here, keys)
    others = here.desk.behind(wanted)[len(wanted) :]
    signed = here.desk.withdraw(wanted, keys, here.door.now())
    if out is not None:
        _publish(here, out, signed)
    if drop_folder is not None:
        drop.put(drop_folder, (signed,), here.door.now())
    role = Metadata[Targets].from_bytes(signed.metadata).signed
    facts = {
        "withdrawn": list(wanted),
        "same_token": list(others),
        "off": len(here.desk.withdrawn()),
        "serial": role.version,
        "ends": format_instant(role.expires),
        "sent": out is not None or drop_folder is not None,
    }
    tell(facts, as_json=as_json)
    if not facts["sent"] and not as_json:
        click.echo("signed, not yet sent: run again with --renew and --drop DROP or --publish OUT")


@click.command()
@as_editor
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@json_option
def reinstate(here: Session, keys: EditorKeys, *, ids: tuple[str, ...], as_json: bool) -> None:
    """Put withdrawn entries back on the list: with two editors' word the next version has them again."""
    count = here.desk.reinstate(ids, keys)
    still = {one.id for one in here.desk.withdrawn()} & set(ids)
    tell({"spoken_for": count, "needs_another_editor": sorted(still)}, as_json=as_json)


@click.group()
def duty() -> None:
    """The duty officers, who may withdraw."""


@duty.command("add")
@as_editor
@click.argument("name")
@json_option
def add_duty(here: Session, keys: EditorKeys, *, name: str, as_json: bool) -> None:
    """Make a duty officer's key. The next version, signed by two editors, names it to the ISPs."""
    here.desk.add_duty(name, here.passphrases.get(name, new=True), keys)
    lines = [f"duty officer {name}: build, sign and publish a version, then withdraw --renew with the new key"]
    tell({"duty": name}, as_json=as_json, lines=lines)


def _by_name(here: Session, keys: DutyKeys) -> tuple[str, ...]:
    """Ids of the published entries that the names given lead to; no name is ever printed."""
    typed = click.prompt("Name", err=True) if sys.stdin.isatty() else sys.stdin.read()
    names = [line.strip() for line in typed.splitlines() if line.strip()]
    if not names:
        raise OperatorFault("no_input", "no name on standard input: type it at the terminal, pipe it in, or give ids")
    ids: list[str] = []
    for number, name in enumerate(names, 1):
        try:
            found = here.desk.find_listed(name, keys)
        except EntryFault as fault:
            raise OperatorFault("no_name", f"name {number} is no name ({fault}): nothing was withdrawn") from None
        if not found.ids:
            raise OperatorFault("not_listed", f"name {number} is not in the published version{_covered(found.above)}")
        ids += found.ids
    return tuple(dict.fromkeys(ids))


def _covered(above: tuple[str, ...]) -> str:
    if not above:
        return ": nothing was withdrawn"
    return "\n".join(("; a name above it is listed with all below it. Withdraw that by its id:", *shortened(above)))


def _publish(here: Session, out: Path, signed: SignedRole) -> None:
    keys = here.desk.unlock_online(here.passphrases.get)
    Outlet(out).publish(here.desk.root, (signed,), keys, here.door.now())
