"""Answers a second over TCP and DoT (dnsperf) and DoH (h2load), kept names, connections kept open.

The clients' programs may be at their end before a server is: these rates compare, they are no ceilings.
"""

from __future__ import annotations

import re
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench.generator import CORE, Load, LoadFault
from bench.peers.encrypted import DOH_PATH, EncryptedDnsdist, EncryptedUnbound
from bench.peers.mamori import Mamori
from bench.peers.tools import find
from bench.questions import Form, wire
from bench.stage import Stage
from bench.throughput import Cell
from bench.workloads import cached, written

CONNECTIONS, IN_FLIGHT = 20, 200  # of dnsperf
DOH_CONNECTIONS, DOH_STREAMS = 10, 20  # of h2load; streams of each connection
TRANSPORTS = ("tcp", "dot", "doh")
_DNSPERF_RATE = re.compile(r"Queries per second:\s+([\d.]+)")
_DNSPERF_BAD = re.compile(r"Queries lost:\s+(\d+)")
_DNSPERF_CODES = re.compile(r"Response codes:\s+(.+)")
_H2LOAD_RATE = re.compile(r"finished in [\d.]+\w+, ([\d.]+) req/s")
_H2LOAD_BAD = re.compile(
    r"(\d+) failed, (\d+) errored, (\d+) timeout\nstatus codes: \d+ 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx"
)
Ports = dict[str, int]


def streams(stage: Stage, rounds: int, seconds: float) -> dict[str, Cell]:
    """By transport, then by server."""
    files = _files(stage.folder)
    with ExitStack() as ends:
        servers = _servers(stage, ends)
        found: dict[str, Cell] = {each: {name: {"qps": []} for name in servers} for each in TRANSPORTS}
        for transport in TRANSPORTS:
            for ports in servers.values():
                _rate(transport, ports[transport], files, 1)  # dnsdist keeps answers for streams apart
            for _ in range(rounds):
                for name, ports in servers.items():
                    rate = _rate(transport, ports[transport], files, seconds)
                    found[transport][name]["qps"].append(rate)
    return found


def dnsperf_rate(output: str) -> float:
    """Answers a second; LoadFault where dnsperf lost some or was refused some."""
    rate, bad, codes = (each.search(output) for each in (_DNSPERF_RATE, _DNSPERF_BAD, _DNSPERF_CODES))
    if rate is None or bad is None or codes is None:
        raise LoadFault(f"dnsperf said no rate:\n{output}")
    if int(bad[1]):
        raise LoadFault(f"dnsperf lost {bad[1]} queries over connections")
    if not re.fullmatch(r"NOERROR \d+ \(100\.00%\)", codes[1].strip()):
        raise LoadFault(f"dnsperf got {codes[1]} over connections")
    return float(rate[1])


def h2load_rate(output: str) -> float:
    """Answers a second; LoadFault where requests failed."""
    rate, bad = _H2LOAD_RATE.search(output), _H2LOAD_BAD.search(output)
    if rate is None or bad is None:
        raise LoadFault(f"h2load said no rate:\n{output}")
    if any(map(int, bad.groups())):
        raise LoadFault(f"h2load: {bad[0]}")
    return float(rate[1])


def _servers(stage: Stage, ends: ExitStack) -> dict[str, Ports]:
    """dnsdist has unbound behind it: over streams it asks by TCP, which our upstream does not speak."""
    mamori = Mamori(stage.folder / "mamori-tls", stage.upstream, stage.listed, encrypted=True)
    ends.callback(mamori.stop)
    unbound = EncryptedUnbound(stage.folder / "unbound-tls", stage.upstream, stage.listed)
    ends.callback(unbound.stop)
    dnsdist = EncryptedDnsdist(stage.folder / "dnsdist-tls", unbound.port, stage.listed)
    ends.callback(dnsdist.stop)
    for server in (mamori, unbound, dnsdist):
        stage.rounds.warm(server, Load(written(stage.folder, "cached", Form())))
    daemon = mamori.daemon
    found = {"mamori": {"tcp": daemon.port, "dot": daemon.dot_port, "doh": daemon.doh_port}}
    for server in (unbound, dnsdist):
        found[server.name] = {"tcp": server.port, "dot": server.dot_port, "doh": server.doh_port}
    return found


def _files(folder: Path) -> Callable[[int], tuple[Path, Path]]:
    """Questions for dnsperf, and addresses for h2load, which name a port."""
    names = [question.name for question in cached()]
    plain = folder / "streams.txt"
    plain.write_text("".join(f"{name} A\n" for name in names))

    def at(port: int) -> tuple[Path, Path]:
        urls = folder / f"urls-{port}"
        if not urls.exists():
            messages = (urlsafe_b64encode(wire(name, Form())).rstrip(b"=").decode() for name in names)
            urls.write_text("".join(f"https://127.0.0.1:{port}{DOH_PATH}?dns={each}\n" for each in messages))
        return plain, urls

    return at


def _rate(transport: str, port: int, files: Callable[[int], tuple[Path, Path]], seconds: float) -> float:
    plain, urls = files(port)
    if transport == "doh":
        load = [find("h2load"), f"--duration={seconds:.0f}", "-c", str(DOH_CONNECTIONS), "-m", str(DOH_STREAMS)]
        return h2load_rate(_told([*load, "-i", str(urls)]))
    load = [find("dnsperf"), "-m", transport, "-s", "127.0.0.1", "-p", str(port), "-d", str(plain), "-e", "-D"]
    return dnsperf_rate(_told([*load, "-l", f"{seconds:.0f}", "-c", str(CONNECTIONS), "-q", str(IN_FLIGHT)]))


def _told(command: list[str]) -> str:
    """What it says, from the generator's core."""
    done = subprocess.run(["taskset", "-c", str(CORE), *command], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
