"""`mamori audit`: look at the audit file, and whether it is whole; works without any resolver."""

import json
from pathlib import Path

import click

from blocklist.canonical import format_instant, is_hex_digest
from blocklist.errors import PublisherFault
from blocklist.trust.local.audit import AUDIT_NAME, Audit, Head, Line
from blocklist.trust.local.audit_check import Finding, check
from blocklist.trust.storage.host_key import load_or_create
from resolver.cli.faults import CliFault
from resolver.cli.identity import as_owner_of
from resolver.cli.options import config_option
from resolver.settings import load

_json_option = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group()
def audit() -> None:
    """What was decided here about lists and exemptions, in a chain that shows every change made to it."""


@audit.command()
@config_option
@_json_option
def show(config: Path, as_json: bool) -> None:
    """Show all lines, oldest first; names are there as codes only. With --json as they stand in the file.

    A line that is none is passed over and told of.
    """
    settings = load(config, look_at_files=False)
    with as_owner_of(settings.state):
        for number, line in enumerate(_audit(settings.state).lines(), 1):
            try:
                row = _row(Line.read(line))
            except PublisherFault:
                click.echo(f"line {number}: is no audit line: `mamori audit verify`", err=True)
                continue
            click.echo(line.decode() if as_json else row)


@audit.command()
@config_option
@_json_option
def head(config: Path, as_json: bool) -> None:
    """Show length and head: who is given both can tell later whether anything before was changed."""
    settings = load(config, look_at_files=False)
    with as_owner_of(settings.state):
        end = _audit(settings.state).head()
    click.echo(json.dumps({"length": end.length, "head": end.digest}) if as_json else f"{end.length} {end.digest}")


@audit.command()
@config_option
@click.option("--head", "digest", help="A head shown earlier.")
@click.option("--length", type=click.IntRange(min=1), help="The length shown with it.")
@_json_option
def verify(config: Path, digest: str | None, length: int | None, as_json: bool) -> int:
    """Check links, numbers, times and that this host wrote each line; exit code 1 if anything is wrong."""
    if (digest is None) != (length is None):
        raise click.UsageError("--head and --length go together: `mamori audit head` shows both")
    if digest is not None and not is_hex_digest(digest):
        raise click.UsageError("--head: expected 64 hexadecimal digits")
    settings = load(config, look_at_files=False)
    with as_owner_of(settings.state):
        found = check(_audit(settings.state), Head(length, digest) if length and digest else None)
    _tell(found, as_json=as_json)
    return int(bool(found.faults))


def _tell(found: Finding, *, as_json: bool) -> None:
    if as_json:
        words = {"length": found.head.length, "head": found.head.digest, "faults": list(found.faults)}
        click.echo(json.dumps(words))
        return
    for fault in found.faults:
        click.echo(fault, err=True)
    state = "NOT WHOLE" if found.faults else "whole"
    click.echo(f"audit file {state}: {found.head.length} lines, head {found.head.digest}")


def _row(line: Line) -> str:
    facts = "  ".join(f"{key}={value}" for key, value in sorted(line.facts.items()))
    return f"{line.seq:6}  {format_instant(line.time)}  {line.event:18}  {facts}"


def _audit(state: Path) -> Audit:
    if not state.is_dir():
        raise CliFault(f"there is no state folder {state}: nothing was decided here yet")
    return Audit(state / AUDIT_NAME, load_or_create(state))
