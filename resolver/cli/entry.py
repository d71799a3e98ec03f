"""The `mamori` command: all verbs of the ISP's side."""

from importlib.metadata import version as package_version

import click

from resolver.cli.faults import Commands

_VERBS = {
    "ask": "resolver.cli.ask:ask",
    "audit": "resolver.cli.audit:audit",
    "check-config": "resolver.cli.running:check_config",
    "demo": "resolver.cli.running:demo",
    "drain": "resolver.cli.changing:drain",
    "exempt": "resolver.cli.exempt:exempt",
    "list": "resolver.cli.lists:list_commands",
    "notice": "resolver.cli.notice.commands:notice",
    "preflight": "resolver.cli.preflight:preflight",
    "probe": "resolver.cli.probe:probe",
    "reload": "resolver.cli.changing:reload",
    "report": "resolver.cli.report:report",
    "research-export": "resolver.cli.report:research_export",
    "restart-workers": "resolver.cli.changing:restart_workers",
    "review-bundle": "resolver.cli.report:review",
    "run": "resolver.cli.running:run",
    "status": "resolver.cli.status:status",
    "subscriber-key": "resolver.cli.keys:subscriber_key",
    "support-bundle": "resolver.cli.support_bundle:support_bundle",
    "upgrade": "resolver.cli.changing:upgrade",
}
"""Loaded by need: `mamori status` is asked every minute, and the reports' libraries are slow to load."""
_EXIT_CODES = """\b
Exit codes: 0 done · 1 not done, why is on stderr · 2 status: the last update of a list failed
3 no resolver answers · 64 wrong usage · 78 the settings cannot be used"""


@click.group(cls=Commands, verbs=_VERBS, epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run and look after a Mamori resolver."""


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(f"mamori {package_version('mamori')}")
