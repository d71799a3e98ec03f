"""`mamori exempt`: take a wrongly listed name off at this ISP, at once and for a time; works without any resolver."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from blocklist.canonical import format_instant
from blocklist.errors import EntryFault
from blocklist.names import canonical_name
from blocklist.trust.local.audit import AUDIT_NAME, Audit
from blocklist.trust.local.exempting import Exempting
from blocklist.trust.local.exemptions import EXEMPTIONS_NAME, MATCHES, ExemptionNote, Exemptions
from blocklist.trust.storage.host_key import load_or_create
from resolver.cli.control import announce
from resolver.cli.faults import CliFault
from resolver.cli.identity import as_owner_of, caller
from resolver.cli.options import config_option, json_option, read_name
from resolver.settings import Settings, load

DAY = 86_400  # seconds
LONGEST_DAYS = 30  # an exemption bridges the time until the list body has decided


@click.group()
def exempt() -> None:
    """Unblock a name here, or end that. Names are read from the terminal or standard input only."""


@exempt.command()
@config_option
@click.option(
    "--match",
    type=click.Choice(MATCHES),
    default="host",
    show_default=True,
    help="domain: and all below.",
)
@click.option("--reason", required=True, help="Why; shown by `exempt list`, so never the name.")
@click.option("--ticket", required=True, help="Your ticket.")
@click.option("--days", type=click.IntRange(1, LONGEST_DAYS), default=7, show_default=True, help="How long.")
@json_option
def add(config: Path, match: str, reason: str, ticket: str, days: int, as_json: bool) -> None:
    """Unblock one name over all lists."""
    settings = load(config, look_at_files=False)
    name = read_name("Name to unblock")
    _refuse_shown(name, f"{reason} {ticket}".lower())
    until, who = time.time() + days * DAY, caller()
    with as_owner_of(settings.state):
        exempting = _exempting(settings)
        note = exempting.add(name, match=match, reason=reason, ticket=ticket, not_after=until, by=who)
    _tell(settings, exempting, _facts(note), f"exemption {note.id} until {_written(until)}", as_json=as_json)


@exempt.command("list")
@config_option
@json_option
def list_(config: Path, as_json: bool) -> None:
    """Show exemptions by id; the names stay sealed."""
    settings = load(config, look_at_files=False)
    with as_owner_of(settings.state):
        rows = _exempting(settings).exemptions.list()
    if as_json:
        click.echo(json.dumps({"exemptions": list(map(_facts, rows))}, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row.id}  {row.match:6}  until {_written(row.not_after)}  {row.ticket}  {row.reason}")
    if not rows:
        click.echo("no exemptions")


@exempt.command()
@config_option
@click.argument("identity", metavar="ID")
@json_option
def remove(config: Path, identity: str, as_json: bool) -> None:
    """End an exemption now."""
    settings, who = load(config, look_at_files=False), caller()
    with as_owner_of(settings.state):
        exempting = _exempting(settings)
        exempting.remove(identity, by=who)
    _tell(settings, exempting, {"removed": identity}, f"exemption {identity} removed", as_json=as_json)


def _exempting(settings: Settings) -> Exempting:
    key = load_or_create(settings.state)
    return Exempting(Exemptions(settings.state / EXEMPTIONS_NAME, key), Audit(settings.state / AUDIT_NAME, key))


def _refuse_shown(name: str, shown: str) -> None:
    """Keep the name, as typed and as it is looked up, out of what others read."""
    try:
        canonical = canonical_name(name)
    except EntryFault as fault:
        raise CliFault(f"what was typed is no name ({fault}): nothing was exempted") from None
    if any(form in shown for form in (name.lower().rstrip("."), canonical)):
        raise CliFault("the name stands in --reason or --ticket, which are shown to others: leave it out there")


def _tell(settings: Settings, exempting: Exempting, facts: dict[str, Any], line: str, *, as_json: bool) -> None:
    """Say what was done, and have a running resolver take it up."""
    if not as_json:
        click.echo(line)
    if exempting.fault is not None:
        click.echo(f"done, but not written into the audit file: {exempting.fault}", err=True)
    in_force = announce(settings)
    if as_json:
        click.echo(json.dumps({**facts, "in_force": in_force}, ensure_ascii=False))
    elif in_force:
        click.echo("in force")


def _facts(note: ExemptionNote) -> dict[str, str]:
    days = {"added": format_instant(_moment(note.added)), "until": format_instant(_moment(note.not_after))}
    return {"id": note.id, "match": note.match, **days, "ticket": note.ticket, "reason": note.reason}


def _moment(when: float) -> datetime:
    return datetime.fromtimestamp(when, UTC)


def _written(when: float) -> str:
    return f"{_moment(when):%Y-%m-%d %H:%M} UTC"
