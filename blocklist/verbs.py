"""A command with many verbs, each loaded only when it is typed: most need little of what all of them need."""

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """`verbs` are `module:attribute` by name. To list the verbs, as `--help` does, loads all of them."""

    def __init__(self, *args: Any, verbs: Mapping[str, str] | None = None, **extra: Any) -> None:
        super().__init__(*args, **extra)
        self._verbs = verbs or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all verbs."""
        return sorted({*super().list_commands(ctx), *self._verbs})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one verb."""
        if cmd_name not in self._verbs:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self._verbs[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command
