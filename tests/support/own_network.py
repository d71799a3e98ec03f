"""A network of a test's own: any address and any port in it is free, and nothing in it reaches anything else.

A thread steps into it and out again; sockets and processes made inside stay inside. It ends with the last of them.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.tools import require, require_root, unmet

CLONE_NEWNET = 0x40000000  # <linux/sched.h>
THIS = Path("/proc/thread-self/ns/net")
_libc = ctypes.CDLL(None, use_errno=True)


class OwnNetwork:
    """Has the loopback addresses and those named, all on this machine; the machine thinks itself on the Internet."""

    def __init__(self, addresses: Sequence[str]) -> None:
        require_root()
        self._ip = require("ip")["ip"]
        with THIS.open() as outside:
            if _libc.unshare(CLONE_NEWNET):
                unmet(f"no network of its own can be made here: {os.strerror(ctypes.get_errno())}")
            try:
                self._inside = THIS.open()
                self._furnish(addresses)
            finally:
                _enter(outside.fileno())

    def _furnish(self, addresses: Sequence[str]) -> None:
        """A wire between two interfaces, so that there is a way out to speak of, and the addresses on loopback."""
        self._run("link", "set", "lo", "up")
        self._run("link", "add", "near", "type", "veth", "peer", "name", "far")
        for word in ("near", "far"):
            self._run("link", "set", word, "up")
        self._run("addr", "add", "198.18.77.1/30", "dev", "near")
        self._run("neigh", "add", "198.18.77.2", "lladdr", "02:00:00:00:00:02", "dev", "near")  # nobody: all is silence
        self._run("route", "add", "default", "via", "198.18.77.2", "dev", "near")
        for address in addresses:
            self._run("addr", "add", address, "dev", "lo", *(["nodad"] if ":" in address else []))

    def _run(self, *words: str) -> None:
        done = subprocess.run([self._ip, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, (words, done.stderr)

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """This thread, and what it starts meanwhile, is inside."""
        with THIS.open() as outside:
            _enter(self._inside.fileno())
            try:
                yield
            finally:
                _enter(outside.fileno())

    def close(self) -> None:
        """Let go of it."""
        self._inside.close()


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
