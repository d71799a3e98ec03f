"""What this process holds open, to find what a test leaves behind."""

from __future__ import annotations

import contextlib
from pathlib import Path


def descriptors() -> frozenset[str]:
    """Every open descriptor with what it is.

    `descriptors() <= before` says that nothing new is open; what earlier tests left to the collector may go meanwhile.
    """
    held = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that reads this folder
            held.add(f"{entry.name} {entry.readlink()}")
    return frozenset(held)
