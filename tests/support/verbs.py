"""What a group of commands offers, whether it is loaded already or not."""

from __future__ import annotations

import click


def verbs_of(group: click.Group) -> dict[str, click.Command]:
    """Return all verbs by name."""
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {name: verb for name, verb in found.items() if verb is not None}
