"""The resolver under attack: two workers, a list, an upstream that denies what it does not know."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dns.message
from attrs import define

from tests.acceptance.rows import EXEMPT, entries
from tests.hostile.datagrams import over_udp
from tests.hostile.https import PATIENCE, over_doh
from tests.hostile.mutation import Mutator
from tests.hostile.streams import over_stream
from tests.hostile.tally import Tally
from tests.support.daemon import Daemon, listing
from tests.support.http2 import Http2
from tests.support.listbody import ListBody
from tests.support.transports import EVERY, Clients
from tests.support.upstream import Upstream

FULL = {"udp": 1_000_000, "tcp": 100_000, "dot": 100_000, "doh": 20_000}  # messages
WORKERS = 2


@contextlib.contextmanager
def attacked(folder: Path) -> Iterator[Daemon]:
    """The daemon, started and stopped; all load comes from one address, so its rate is not limited."""
    (folder / "upstream").mkdir()
    upstream = Upstream(folder / "upstream")
    daemon = Daemon(folder / "isp", upstream.address, [], workers=WORKERS, rate_limit={"enabled": False}).encrypt()
    body = ListBody(folder, daemon.public_key(), entries())
    daemon.settings["lists"] = [listing(body.root, body.url)]
    daemon.write_config()
    for name, match in EXEMPT:
        daemon.exempt(name, match)
    try:
        yield daemon.start()
    finally:
        code = daemon.stop()
        body.stop()
        upstream.stop()
    assert code == 0, daemon.text()


@define
class Attack:
    """`share` of the full numbers, on each transport in turn; the same seed sends the same messages."""

    daemon: Daemon
    seed: int
    share: float
    report: Callable[[str], None] = str  # told what is sent next

    def run(self) -> dict[str, Any]:
        """The figures, with what makes them a failure under `broken`."""
        before = self._workers()
        tallies = {transport: self._over(transport) for transport in EVERY}
        figures: dict[str, Any] = {"seed": self.seed} | {key: tally.figures() for key, tally in tallies.items()}
        after = self._workers()
        figures["deaths"] = len(before - after)
        figures["faults"] = _sum(self.daemon, "mamori_faults_total")
        figures["serving"] = self._serves()
        figures["broken"] = _broken(figures, tallies)
        if figures["broken"]:
            figures["examples"] = {key: tally.judge.examples for key, tally in tallies.items()}
        return figures

    def _over(self, transport: str) -> Tally:
        mutator = Mutator(self.seed * len(FULL) + EVERY.index(transport))
        count = round(FULL[transport] * self.share)
        self.report(f"{transport}: {count} messages …")
        if transport == "udp":
            return over_udp(self.daemon.port, mutator, count).done()
        if transport == "doh":
            return over_doh(self._https, self.daemon.doh_path, mutator, count).done()
        return over_stream(self._tcp if transport == "tcp" else self._tls, mutator, count).done()

    def _tcp(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.daemon.port), PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def _tls(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.daemon.dot_port), PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.daemon.trust().wrap_socket(sock, server_hostname=self.daemon.tls_name)

    def _https(self) -> Http2:
        return Http2(self.daemon.doh_port, self.daemon.trust(), self.daemon.tls_name, PATIENCE)

    def _workers(self) -> set[int]:
        return {process.pid for process in self.daemon.children("worker")}

    def _serves(self) -> bool:
        """Whether an ordinary question is answered over every transport."""
        question = dns.message.make_query("www.example", "A").to_wire()
        with Clients(self.daemon) as clients:
            wires = [clients.exchange(question, transport) for transport in EVERY]
        return all(wire is not None and dns.message.from_wire(wire).answer for wire in wires)


def _broken(figures: dict[str, Any], tallies: dict[str, Tally]) -> list[str]:
    """What must not be, and was."""
    broken = [f"{key}: {figures[key]}" for key in ("deaths", "faults") if figures[key]]
    if not figures["serving"]:
        broken.append("an ordinary question was not answered afterwards")
    for transport, tally in tallies.items():
        broken += [f"{transport}: {fault}: {count}" for fault, count in tally.judge.faults.items()]
        if tally.unanswered:
            broken.append(f"{transport}: {tally.unanswered} queries without an answer")
    return broken


def _sum(daemon: Daemon, name: str) -> float:
    """All series of a counter; one that never counted has none."""
    lines = [line for line in daemon.metrics().splitlines() if line.startswith((f"{name}{{", f"{name} "))]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)
