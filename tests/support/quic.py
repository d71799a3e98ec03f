"""A DoQ server of Debian 12 before the resolver: knotd, which speaks QUIC on an XDP interface only, with mod-dnsproxy.

Its clients are in a network namespace of their own, at the other end of a pair of virtual interfaces.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.processes import Child
from tests.support.tools import require, require_root

SERVER, CLIENT = "198.18.77.1", "198.18.77.2"  # of the range for tests of networks (RFC 2544)
CONFIGURATION = """\
server:
  listen: {server}@{plain}
  rundir: {folder}
  user: root
database:
  storage: {folder}/db
log:
  - target: stderr
    any: info
xdp:
  listen: {interface}@{udp}
  quic: on
  quic-port: {quic}
remote:
  - id: resolver
    address: 127.0.0.1@{port}
mod-dnsproxy:
  - id: resolver
    remote: resolver
    fallback: off
template:
  - id: default
    global-module: mod-dnsproxy/resolver
"""


class QuicFront:
    """Answers DoQ at `SERVER` on `port`, to be asked by `run`."""

    def __init__(self, folder: Path, resolver_port: int) -> None:
        require_root()
        self._tools = require("ip", "knotd", "kdig")
        self._namespace, self._interface = f"doq-{os.getpid()}", f"doq{os.getpid()}"
        self.port = free_port()
        self._join()
        config = folder / "knot.conf"
        words = {"server": SERVER, "interface": self._interface, "quic": self.port, "port": resolver_port}
        config.write_text(CONFIGURATION.format(folder=folder, plain=free_port(), udp=free_port(), **words))
        self._child = Child([self._tools["knotd"], "-c", str(config)], folder / "knotd.out")
        try:
            self._child.wait_for(lambda: "server started" in self._child.text(), "knotd")
        except AssertionError:
            self._part()
            if "XDP" in self._child.text():
                pytest.skip("this kernel has no AF_XDP for virtual interfaces: knotd has no QUIC without it")
            raise

    def kdig(self, *words: str) -> str:
        """What kdig says over QUIC."""
        command = ["netns", "exec", self._namespace, self._tools["kdig"], "+quic", f"@{SERVER}", "-p", str(self.port)]
        done = subprocess.run(
            [self._tools["ip"], *command, *words], capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout + done.stderr

    def stop(self) -> None:
        self._child.stop()
        self._part()

    def _join(self) -> None:
        """Two interfaces that are one wire; the far one in a namespace."""
        near, far, space = self._interface, f"{self._interface}c", self._namespace
        self._ip("netns", "add", space)
        self._ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", space)
        self._ip("addr", "add", f"{SERVER}/30", "dev", near)
        self._ip("link", "set", near, "up")
        self._ip("-n", space, "addr", "add", f"{CLIENT}/30", "dev", far)
        self._ip("-n", space, "link", "set", far, "up")

    def _part(self) -> None:
        self._ip("netns", "del", self._namespace)  # and with it both interfaces

    def _ip(self, *words: str) -> None:
        done = subprocess.run([self._tools["ip"], *words], capture_output=True, text=True, check=False)
        if done.returncode:
            subprocess.run([self._tools["ip"], "netns", "del", self._namespace], capture_output=True, check=False)
            pytest.skip(f"no virtual interfaces here: {done.stderr.strip()}")
