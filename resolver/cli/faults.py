"""How the `mamori` command ends: fixed exit codes, and faults an operator can act on."""

import sys
from enum import IntEnum
from typing import Any

import click

from blocklist.errors import BlocklistError
from blocklist.verbs import LazyGroup
from resolver.settings import SettingsFault


class Exit(IntEnum):
    """Exit codes; scripts may rely on them."""

    DONE = 0
    FAILED = 1  # asked for, but not done; why stands on stderr
    UPDATE_FAILED = 2  # `mamori status`: the last update of a list failed (the last good list is enforced)
    UNREACHABLE = 3  # no resolver answers at the control socket
    USAGE = 64  # the command was typed wrongly (EX_USAGE)
    SETTINGS = 78  # the settings file cannot be used (EX_CONFIG)


class CliFault(click.ClickException):
    """Something could not be done: the message says what, where and what to do."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code


class Commands(LazyGroup):
    """A group that ends with our exit codes and turns the faults of the floors below into plain words."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; SettingsFault and the list's faults become messages."""
        try:
            return super().invoke(ctx)
        except SettingsFault as fault:
            raise CliFault(f"the settings cannot be used:\n{fault}", Exit.SETTINGS) from None
        except BlocklistError as fault:
            raise CliFault(str(fault)) from None

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run, and end the process with one of the exit codes."""
        try:
            result = super().main(*args, **extra | {"standalone_mode": False})
        except click.ClickException as fault:
            fault.show()
            sys.exit(_code_of(fault))
        except click.Abort:
            click.echo("stopped", err=True)
            sys.exit(Exit.FAILED)
        sys.exit(result if isinstance(result, int) else Exit.DONE)


def _code_of(fault: click.ClickException) -> Exit:
    if isinstance(fault, click.UsageError):
        return Exit.USAGE
    return fault.code if isinstance(fault, CliFault) else Exit.FAILED
