"""The door of the demo's child processes: `python -m resolver.app.demo_child upstream` or `… resolver SETTINGS`.

A child ends with the demo, however that ends.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run one child to its end and return its exit code."""
    _end_with_parent()
    kind, *rest = sys.argv[1:]
    if kind == "upstream":
        from resolver.app.demo_upstream import serve  # each child loads its own half only

        return serve()
    from resolver.app.run import run

    return run(Path(rest[0]))


def _end_with_parent() -> None:
    """Have the kernel send SIGTERM when the demo is gone; leave at once if it already is."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
