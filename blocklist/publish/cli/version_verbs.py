"""`build`, `sign`, `publish` and `status`: from approved entries to static files."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

from blocklist.canonical import format_instant
from blocklist.errors import OperatorFault
from blocklist.manifest import Bulk
from blocklist.publish.checks import SIZE_GUARDS
from blocklist.publish.cli.door import ONLINE, Session
from blocklist.publish.cli.options import FOLDER, as_editor, json_option, on_desk
from blocklist.publish.cli.review_verbs import show_report
from blocklist.publish.desk import Desk
from blocklist.publish.faults import Refusal
from blocklist.publish.keyfiles import EditorKeys
from blocklist.publish.outlet import OnlineKeys
from blocklist.publish.records import RoleState
from blocklist.publish.stage import TARGETS


@click.command()
@as_editor
@click.option("--sign", "sign_too", is_flag=True, help="Sign it with this editor's keys at once.")
@click.option("--waive", multiple=True, type=click.Choice(SIZE_GUARDS), help="Build although the size guard was hit.")
@click.option("--announce", metavar="ADDS,REMOVALS", help="Announce the size of the next version's change.")
def build(here: Session, keys: EditorKeys, *, sign_too: bool, waive: tuple[str, ...], announce: str | None) -> None:
    """Stage the next version from the entries two editors approved. A guard that is hit refuses it."""
    now = here.door.now()
    _guard(here.desk, keys, now, waive)
    bulk = _bulk(here.desk.next_version(), announce)
    manifest = here.desk.build(keys, now, bulk)
    click.echo(f"built version {manifest.version}: {manifest.count} records, set {manifest.set_sha256}")
    if sign_too:
        _show_roles(here.desk.sign(keys, now, bulk))


@click.command()
@as_editor
@click.option("--announce", metavar="ADDS,REMOVALS", help="Agree with the announcement this version was built with.")
@click.option("--publish", "out", metavar="OUT", type=FOLDER, help="Publish into OUT too, if this was the last one.")
def sign(here: Session, keys: EditorKeys, *, announce: str | None, out: Path | None) -> None:
    """Sign the staged version, if it is exactly what this editor approved and no guard of hers is hit."""
    now, staged = here.door.now(), here.desk.staged_roles().get(TARGETS)
    bulk = _bulk(staged.version if staged else 0, announce)
    _guard(here.desk, keys, now, SIZE_GUARDS)
    states = here.desk.sign(keys, now, bulk)
    _show_roles(states)
    if out is not None and not any(state.missing for state in states.values()):
        _publish(here, out)


@click.command()
@on_desk
@click.argument("out", type=FOLDER)
def publish(here: Session, *, out: Path) -> None:
    """Write the signed version into the folder OUT of static files; its timestamp last."""
    _publish(here, out)


def _publish(here: Session, out: Path) -> None:
    version = here.desk.publish(out, _online(here), here.door.now())
    click.echo(f"published version {version} in {out}")


@click.command()
@on_desk
@json_option
def status(here: Session, *, as_json: bool) -> None:
    """Show what the desk holds; needs no key."""
    state = here.desk.status()
    facts = {
        "list_id": state.list_id,
        "editors": list(state.editors),
        "entries": state.entries,
        "subscribers": state.subscribers,
        "published_version": state.published_version,
        "root_expires": format_instant(state.root_expires),
        "staged": {
            role: {"version": one.version, "missing_signatures": one.missing, "expires": format_instant(one.expires)}
            for role, one in state.staged.items()
        },
    }
    if as_json:
        click.echo(json.dumps(facts))
        return
    for name, value in facts.items():
        if name != "staged":
            click.echo(f"{name.replace('_', ' ')}: {', '.join(value) if isinstance(value, list) else value}")
    _show_roles(state.staged)


def _guard(desk: Desk, keys: EditorKeys, now: datetime, waived: tuple[str, ...]) -> None:
    report = desk.check(keys, now, approved_only=True)
    hit = [finding for finding in report.findings if finding.guard not in waived]
    if hit:
        show_report(report)
        raise Refusal("guards", f"{len(hit)} guards hit: nothing was built or signed")


def _bulk(version: int, announce: str | None) -> Bulk | None:
    """What `version` announces about the next one."""
    if announce is None:
        return None
    adds, _, removals = announce.partition(",")
    if not (adds.isdecimal() and removals.isdecimal()):
        raise OperatorFault("announce", f"--announce {announce!r}: write two numbers, ADDS,REMOVALS")
    return Bulk(version + 1, int(adds), int(removals))


def _online(here: Session) -> OnlineKeys:
    return here.desk.unlock_online(here.passphrases.get(ONLINE))


def _show_roles(states: Mapping[str, RoleState]) -> None:
    for role, state in states.items():
        need = f"needs {state.missing} more signature(s)" if state.missing else "signed"
        click.echo(f"{role} version {state.version}: {need}, ends {format_instant(state.expires)}")
