"""The installed code in the place of the one that runs: the same process, command line and folder.

The interpreter is run by its path, so a virtual environment that a package manager replaced meanwhile is the new one.
"""

import os
import signal
import sys
from typing import Final

from resolver.edge.supervision.handover import VARIABLE

HELD: Final = frozenset({signal.SIGHUP, signal.SIGTERM, signal.SIGINT})  # their first handlers would end the process


class ExecSuccessor:
    """See `resolver.edge.supervision.upgrade.Successor`."""

    def hold_signals(self) -> None:
        """The mask outlives the change of program."""
        signal.pthread_sigmask(signal.SIG_BLOCK, HELD)

    def begin(self, handed: int) -> None:
        """Type our own command again, so to say."""
        sys.stdout.flush()
        sys.stderr.flush()
        command = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, command, {**os.environ, VARIABLE: str(handed)})  # noqa: S606  no shell, as meant

    def release_signals(self) -> None:
        """Hear what waited, and what comes."""
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)
