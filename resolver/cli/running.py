"""`mamori run`, `mamori demo` and `mamori check-config`."""

import time
from collections.abc import Iterator
from pathlib import Path

import click

from blocklist.errors import BlocklistError
from blocklist.trust.local.preflight import Standing
from resolver.cli.identity import as_owner_of
from resolver.cli.notice.pages import too_long
from resolver.cli.options import config_option
from resolver.edge.supervision.preflight_keeper import WORTH, PreflightFault, require_vouched, standing_of
from resolver.settings import Settings, SettingsFault, load
from resolver.settings.checks import warnings
from resolver.settings.view_words import view_documents, view_lines


@click.command()
@config_option
def run(config: Path) -> int:
    """Answer DNS in the foreground.

    SIGTERM or SIGINT end it, SIGHUP reads the settings again. One line READY tells the addresses as soon as it answers
    under the lists it waits for.
    """
    from resolver.app.run import run as run_resolver  # loads the reactor, which only this verb needs

    return run_resolver(config)


@click.command()
def demo() -> int:
    """Try it all on this machine.

    A list body with real keys, an upstream, the resolver, its notice page and metrics; nothing stays behind. Set by the
    environment: DNS_PORT (5300), NOTICE_PORT (8080), METRICS_PORT (9153), UPSTREAM (ip[:port] of a real resolver to ask
    instead of the demo's own).
    """
    from resolver.app.demo import run_demo  # loads the reactor, which only this verb needs

    return run_demo()


@click.command("check-config")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def check_config(file: Path) -> None:
    """Check a settings file.

    All faults come at once, with exit code 78; warnings name what works but should be thought about.
    """
    settings = load(file)
    others = (*too_long(settings), *_unreadable_for_owner(file, settings.state), *_unvouched(settings))
    for warning in (*warnings(settings), *others):
        click.echo(f"warning: {warning}", err=True)
    lists = ", ".join(each.id for each in settings.lists) or "none"
    click.echo(f"{file}: good. Lists to enforce: {lists}.")
    for line in view_lines(view_documents(settings)):
        click.echo(line)


def _unvouched(settings: Settings) -> Iterator[str]:
    """Whether a resolver with these settings would begin, and promise what the preflight vouches for."""
    try:
        with as_owner_of(settings.state):
            require_vouched(settings)
            found = standing_of(settings, time.time())
    except PreflightFault as fault:
        yield f"preflight: a start would be refused: {fault}"
        return
    except BlocklistError as fault:
        yield f"preflight: the report cannot be used: {fault}"
        return
    if found is not Standing.PASSED and settings.lists:
        yield f"preflight: the report {WORTH[found]}"


def _unreadable_for_owner(file: Path, state: Path) -> Iterator[str]:
    """What root, who checks, can read, and the user the resolver runs as cannot: a key just renewed, a secret."""
    try:
        with as_owner_of(state):
            load(file)
    except SettingsFault as fault:
        yield from (f"{each}, for {state.owner()}, who owns the state folder" for each in fault.faults)
