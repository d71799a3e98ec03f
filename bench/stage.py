"""All servers of a run: built, started when first asked for, and ended together."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path

import native
from bench.build import Tools, build
from bench.generator import CORE
from bench.peers.asking import answered
from bench.peers.dnsdist import Dnsdist
from bench.peers.echo import Echo
from bench.peers.mamori import FEATURES, Mamori
from bench.peers.recursor import Recursor
from bench.peers.server import Peer
from bench.peers.tools import find, version
from bench.peers.unbound import Unbound
from bench.rounds import Rounds
from tests.support.ports import free_port
from tests.support.processes import Child

SERVERS = ("echo", "mamori", "mamori-pure", "unbound", "dnsdist", "pdns-recursor")
LONG_ECHO = "echo, longer"
LONGER_BYTES = 32  # an A record (16) and a server cookie (16) more than the question
FEATURED = "+limit"  # ends the names of servers whose rate limit is on
PROGRAMS = {"unbound": "unbound", "dnsdist": "dnsdist", "pdns-recursor": "pdns_recursor"} | {
    name: name for name in ("dnsperf", "h2load")
}


class Stage:
    """One folder, one upstream, one generator; the bench itself stays off the servers' core."""

    def __init__(self, folder: Path, listed: int) -> None:
        self.folder, self.listed = folder, listed
        self._ends, self._peers = ExitStack(), dict[str, Peer]()
        find("taskset")
        os.sched_setaffinity(0, {CORE})
        self.tools: Tools = build(folder)
        self.rounds = Rounds(self.tools.generator)
        self.upstream = self._start_upstream()

    def peers(self, *names: str) -> list[Peer]:
        """These servers, running; those that are not yet are started."""
        for name in names:
            if name not in self._peers:
                self._peers[name] = self.keep(self._start(name))
        return [self._peers[name] for name in names]

    def keep(self, peer: Peer) -> Peer:
        """End it with the stage."""
        self._ends.callback(peer.stop)
        return peer

    def close(self) -> None:
        self._ends.close()

    def _start(self, name: str) -> Peer:
        plain = name.removesuffix(FEATURED)
        folder, features = self.folder / name, name.endswith(FEATURED)
        servers = {"unbound": Unbound, "dnsdist": Dnsdist, "pdns-recursor": Recursor}
        if plain == "echo":
            return Echo(self.tools.echo, self.folder)
        if plain == LONG_ECHO:
            return Echo(self.tools.echo, self.folder, more=LONGER_BYTES, name=LONG_ECHO)
        if plain in servers:
            peer: Peer = servers[plain](folder, self.upstream, self.listed, features=features)
        else:
            peer = Mamori(folder, self.upstream, self.listed, plain, **(FEATURES if features else {}))
        peer.name = name
        return peer

    def _start_upstream(self) -> int:
        port = free_port()
        child = Child([str(self.tools.upstream), "127.0.0.1", str(port)], self.folder / "upstream.out")
        self._ends.callback(child.stop)
        child.wait_for(lambda: answered("127.0.0.1", port) is not None, "the upstream")
        return port


def machine() -> str:
    """What it runs on, in a few words."""
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    processor = found[1] if found else platform.machine()
    return f"{os.cpu_count()} x {processor}, Linux {platform.release().partition('-')[0]}"


def versions(names: Iterable[str]) -> dict[str, str]:
    """What was measured and with what, as the programs say it; Mamori with the twin that is there."""
    peers = {name: version(program) for name, program in PROGRAMS.items() if name in names}
    return {"mamori": f"{metadata.version('mamori')} ({native.kind()})"} | peers
