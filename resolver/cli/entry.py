"""The `mamori` command: all verbs of the ISP's side."""

from importlib.metadata import version as package_version

import click

from resolver.cli.ask import ask
from resolver.cli.audit import audit
from resolver.cli.changing import drain, reload, restart_workers, upgrade
from resolver.cli.exempt import exempt
from resolver.cli.faults import Commands
from resolver.cli.keys import subscriber_key
from resolver.cli.lists import list_commands
from resolver.cli.notice.commands import notice
from resolver.cli.preflight import preflight
from resolver.cli.probe import probe
from resolver.cli.report import report, research_export, review
from resolver.cli.running import check_config, demo, run
from resolver.cli.status import status
from resolver.cli.support_bundle import support_bundle

_EXIT_CODES = """\b
Exit codes: 0 done · 1 not done, why is on stderr · 2 status: the last update of a list failed
3 no resolver answers · 64 wrong usage · 78 the settings cannot be used"""


@click.group(cls=Commands, epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run and look after a Mamori resolver."""


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(f"mamori {package_version('mamori')}")


for _command in (
    *(run, demo, check_config, status, reload, restart_workers, upgrade, drain),
    *(preflight, exempt, audit, list_commands, notice, subscriber_key, probe, ask, support_bundle),
    *(report, research_export, review),
):
    main.add_command(_command)
