"""The programs Mamori is measured beside: where they are, which version, and what to install where one is missing."""

from __future__ import annotations

import re
import shutil
import subprocess

from tests.support.tools import SYSTEM_PATH

PACKAGES = {
    "unbound": "unbound",
    "dnsdist": "dnsdist",
    "pdns_recursor": "pdns-recursor",
    "dnsperf": "dnsperf",
    "h2load": "nghttp2-client",
    "taskset": "util-linux",
}
_ASK = {"unbound": "-V", "dnsperf": "-h", "taskset": "--version"}
_VERSION = re.compile(r"\d+\.\d+[\w.+-]*")


class ToolMissing(Exception):
    """A program is not installed; the message says how to get it."""


def find(program: str) -> str:
    """The path of a program; ToolMissing."""
    path = shutil.which(program, path=SYSTEM_PATH)
    if path is None:
        raise ToolMissing(f"{program} is not installed: apt-get install {PACKAGES[program]} (or deploy/bench-peers.sh)")
    return path


def version(program: str) -> str:
    """The version a program says of itself."""
    asked = [find(program), _ASK.get(program, "--version")]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    found = _VERSION.search(done.stdout + done.stderr)
    return found[0] if found else "unknown"
