"""Debian packages the interop tests talk to: used where present, else the test is listed as skipped (never in CI)."""

from __future__ import annotations

import os
import shutil

import pytest

SYSTEM_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def require(*tools: str) -> dict[str, str]:
    """Return the path of each tool; skip the test, with the reason, where one is missing. In CI that is a failure."""
    found = {tool: shutil.which(tool, path=SYSTEM_PATH) for tool in tools}
    missing = sorted(tool for tool, path in found.items() if path is None)
    if missing:
        unmet(f"not installed: {', '.join(missing)} (deploy/peers.sh installs them as root)")
    return {tool: path for tool, path in found.items() if path is not None}


def require_root() -> None:
    """Skip without root (another process's memory, a mount). In CI that is a failure."""
    if os.geteuid() != 0:
        unmet("needs root: no other user may read the product's processes, or mount")


def unmet(reason: str) -> None:
    """A condition of this machine is not met: a skip that says why; in CI, where nothing may be skipped, a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"in CI no test is skipped: {reason}")
    pytest.skip(reason)
