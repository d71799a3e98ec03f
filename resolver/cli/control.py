"""What the verbs say to a running resolver."""

from typing import Any

import click

from resolver.cli.faults import CliFault, Exit
from resolver.edge.supervision.control_client import ControlFault, ask
from resolver.settings import Settings

ANNOUNCE_SECONDS = 10.0  # an exemption is in force by then, or the resolver will read it by itself


def tell(settings: Settings, verb: str, list_id: str | None = None) -> dict[str, Any]:
    """Send one request and return the whole reply; CliFault when nobody answers."""
    try:
        return ask(settings.state, verb, list_id)
    except ControlFault as fault:
        raise CliFault(str(fault), Exit.UNREACHABLE) from None


def announce(settings: Settings) -> bool:
    """Have a running resolver read the exemptions now; False without one: they count from its next start."""
    try:
        reply = ask(settings.state, "exemptions", seconds=ANNOUNCE_SECONDS)
    except ControlFault:
        click.echo("no resolver answered: this takes effect when it starts", err=True)
        return False
    if not reply.get("ok"):
        raise CliFault(f"saved, but the resolver could not take it up: {reply.get('text', '')}")
    return True
