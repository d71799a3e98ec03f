"""`mamori exempt`: take a wrongly listed name off at this ISP, at once and for a time; works without any resolver."""

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from blocklist.names import canonical_name
from blocklist.trust.audit import AUDIT_NAME, Audit
from blocklist.trust.exempting import Exempting
from blocklist.trust.exemptions import EXEMPTIONS_NAME, MATCHES, Exemptions
from blocklist.trust.host_key import load_or_create
from resolver.cli.control import announce
from resolver.cli.faults import CliFault
from resolver.cli.identity import as_owner_of, caller
from resolver.cli.options import config_option, read_name
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
def add(config: Path, match: str, reason: str, ticket: str, days: int) -> None:
    """Unblock one name over all lists."""
    settings = load(config, look_at_files=False)
    name = read_name("Name to unblock")
    _refuse_shown(name, f"{reason} {ticket}".lower())
    until, who = time.time() + days * DAY, caller()
    with as_owner_of(settings.state):
        exempting = _exempting(settings)
        note = exempting.add(name, match=match, reason=reason, ticket=ticket, not_after=until, by=who)
    click.echo(f"exemption {note.id} until {_written(until)}")
    _warn(exempting)
    announce(settings)


@exempt.command("list")
@config_option
def list_(config: Path) -> None:
    """Show exemptions by id; the names stay sealed."""
    settings = load(config, look_at_files=False)
    with as_owner_of(settings.state):
        rows = _exempting(settings).exemptions.list()
    for row in rows:
        click.echo(f"{row.id}  {row.match:6}  until {_written(row.not_after)}  {row.ticket}  {row.reason}")
    if not rows:
        click.echo("no exemptions")


@exempt.command()
@config_option
@click.argument("identity", metavar="ID")
def remove(config: Path, identity: str) -> None:
    """End an exemption now."""
    settings, who = load(config, look_at_files=False), caller()
    with as_owner_of(settings.state):
        exempting = _exempting(settings)
        exempting.remove(identity, by=who)
    click.echo(f"exemption {identity} removed")
    _warn(exempting)
    announce(settings)


def _exempting(settings: Settings) -> Exempting:
    key = load_or_create(settings.state)
    return Exempting(Exemptions(settings.state / EXEMPTIONS_NAME, key), Audit(settings.state / AUDIT_NAME, key))


def _refuse_shown(name: str, shown: str) -> None:
    """Keep the name, as typed and as it is looked up, out of what others read. Raises EntryFault for what is none."""
    if any(form in shown for form in (name.lower().rstrip("."), canonical_name(name))):
        raise CliFault("the name stands in --reason or --ticket, which are shown to others: leave it out there")


def _warn(exempting: Exempting) -> None:
    if exempting.fault is not None:
        click.echo(f"done, but not written into the audit file: {exempting.fault}", err=True)


def _written(when: float) -> str:
    return f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M} UTC"
