"""What this process holds open, to find what a test leaves behind."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path


def descriptors() -> frozenset[str]:
    """Every open descriptor with what it is, but for TCP connections: servers of a whole session take some at any time.

    `descriptors() <= before` says that nothing new is open; what earlier tests left to the collector may go meanwhile.
    """
    held = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the one that reads this folder, and what another thread closed
            target = str(entry.readlink())
            if not (target.startswith("socket:") and _is_tcp(int(entry.name))):
                held.add(f"{entry.name} {target}")
    return frozenset(held)


def _is_tcp(number: int) -> bool:
    with socket.socket(fileno=os.dup(number)) as each:
        return each.type == socket.SOCK_STREAM and each.family in (socket.AF_INET, socket.AF_INET6)
