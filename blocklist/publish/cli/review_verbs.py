"""`check`, `diff` and `approve`: see what is on the desk, then put a key to it."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click
from attrs import asdict

from blocklist.errors import OperatorFault
from blocklist.publish.checks import Report
from blocklist.publish.cli.door import REFUSED, Session
from blocklist.publish.cli.options import as_editor, json_option
from blocklist.publish.difference import Difference
from blocklist.publish.keyfiles import EditorKeys

MAX_SHOWN = 20  # ids of one kind; `--json` has all


@click.command()
@as_editor
@json_option
def check(here: Session, keys: EditorKeys, *, as_json: bool) -> None:
    """Run every guard: public suffixes, never-list, size, self-test names, expiries. Exit code 1 on a hit."""
    report = here.desk.check(keys, here.door.now())
    if as_json:
        click.echo(json.dumps(asdict(report)))
    else:
        show_report(report)
    if report.findings:
        raise click.exceptions.Exit(REFUSED)


@click.command()
@as_editor
@click.option("--names", is_flag=True, help="Show the new entries whole, as `approve` signs them; on a terminal only.")
@json_option
def diff(here: Session, keys: EditorKeys, *, names: bool, as_json: bool) -> None:
    """Show what changes against the last published version: counts and ids. `approve --all` signs what this showed."""
    if names and not here.door.is_terminal():
        raise OperatorFault("names_to_file", "--names shows names on a terminal only: do not pipe or store them")
    difference = here.desk.diff(keys, here.door.now())
    if as_json:
        click.echo(json.dumps(asdict(difference, filter=lambda field, _: field.name != "new_subscribers")))
    else:
        _show_difference(difference)
    if names:
        _show_names(here, keys, difference)


@click.command()
@as_editor
@click.argument("ids", metavar="[ID…]", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything that waits, as the last `diff` showed it.")
@click.option("--digest", metavar="HEX", help="With --all: the state to approve, as a `diff` printed it.")
def approve(here: Session, keys: EditorKeys, *, ids: tuple[str, ...], everything: bool, digest: str | None) -> None:
    """Sign entries (and subscribers) with an editor's key, by id or all that wait."""
    if everything == bool(ids):
        raise click.UsageError("name the ids to approve, or say --all")
    now: datetime = here.door.now()
    count = here.desk.approve_all(keys, now, digest) if everything else here.desk.approve(keys, ids)
    click.echo(f"approved {count}")


def show_report(report: Report) -> None:
    """Print what the guards found, in counts and ids."""
    for finding in report.findings:
        click.echo(f"REFUSED {finding.guard}: {finding.count} {finding.advice}")
        _show_ids(finding.ids)
    notes = (
        (report.not_enforceable, "not enforceable by DNS (url without dns_ok, ip): they stay in the master"),
        (report.expired, "past their last day: they are left out"),
        (report.expiring, "end within 7 days"),
    )
    for ids, text in notes:
        if ids:
            click.echo(f"note: {len(ids)} {text}")
            _show_ids(ids)
    click.echo(f"{report.entries} entries checked, {len(report.findings)} guards hit")


def _show_difference(difference: Difference) -> None:
    kinds = (
        ("added", difference.added),
        ("removed", difference.removed),
        ("waiting for approval", difference.waiting),
        ("expired", difference.expired),
    )
    for label, ids in kinds:
        click.echo(f"{label}: {len(ids)}")
        _show_ids(ids)
    for subscriber in difference.new_subscribers:
        click.echo(f"new subscriber {subscriber.id}  {subscriber.label}")
    click.echo(f"digest {difference.digest}")


def _show_names(here: Session, keys: EditorKeys, difference: Difference) -> None:
    added = frozenset(difference.added)
    for entry in here.desk.entries(keys):
        if entry.id in added:
            click.echo(f"+ {entry.to_bytes().decode()}")  # the very bytes that `approve` signs


def _show_ids(ids: Iterable[str]) -> None:
    listed: list[Any] = list(ids)
    for entry_id in listed[:MAX_SHOWN]:
        click.echo(f"  {entry_id}")
    if len(listed) > MAX_SHOWN:
        click.echo(f"  … and {len(listed) - MAX_SHOWN} more")
