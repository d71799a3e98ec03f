"""`make bench`: Mamori beside unbound on this machine, in interleaved rounds, as ratios of the same run.

Both serve the same upstream from their caches and block the same list (unbound by RPZ). Each server is pinned to the
first core, dnsperf to the second. Absolute figures of a shared machine drift; the ratios are what counts.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.support.daemon import NOTICE_V4, Daemon, listing
from tests.support.listbody import ListBody, entry
from tests.support.ports import free_port
from tests.support.processes import Child
from tests.support.tools import require
from tests.support.upstream import Upstream

NAMES, LISTED = 200, 1_000
WORKLOADS: dict[str, Callable[[int], str]] = {
    "cached": lambda number: f"w{number % NAMES}.www.example A",
    "listed_1pct": lambda number: f"l{number % LISTED}.example A" if number % 100 == 0 else WORKLOADS["cached"](number),
    "listed": lambda number: f"l{number % LISTED}.example A",
}


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), arguments.seconds)
        try:
            result = bench.run(arguments.rounds)
        finally:
            bench.stop()
    _report(result, arguments.rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds a workload (default 7)")
    parser.add_argument("--seconds", type=int, default=2, help="length of one measurement (default 2 s)")
    return parser.parse_args()


class Bench:
    """The two servers, started once, and dnsperf run against each in turn."""

    def __init__(self, folder: Path, seconds: int) -> None:
        self.folder, self.seconds = folder, seconds
        self.dnsperf = require("dnsperf")["dnsperf"]
        (folder / "upstream").mkdir()
        self.upstream = Upstream(folder / "upstream")
        self.daemon = Daemon(folder / "isp", self.upstream.address, [])
        self.body = ListBody(folder, self.daemon.public_key(), [entry(f"l{n}.example") for n in range(LISTED)])
        self.daemon.settings["lists"] = [listing(self.body.root, self.body.url)]
        self.daemon.start()
        for process in self.daemon.children("worker"):
            os.sched_setaffinity(process.pid, {0})
        self.unbound_port = free_port()
        self.unbound = Child(["taskset", "-c", "0", require("unbound")["unbound"], "-d", "-p", "-c", self._unbound()],
                             folder / "peer.out")  # fmt: skip
        self.ports = {"mamori": self.daemon.port, "unbound": self.unbound_port}

    def run(self, rounds: int) -> dict[str, dict[str, list[float]]]:
        """Queries a second, by workload and server, one value a round."""
        rates: dict[str, dict[str, list[float]]] = {}
        for workload, question in WORKLOADS.items():
            questions = self.folder / workload
            questions.write_text("".join(question(number) + "\n" for number in range(NAMES * 100)))
            for port in self.ports.values():
                self._measure(questions, port, 1)  # warm the caches
            rates[workload] = {server: [] for server in self.ports}
            for _ in range(rounds):
                for server, port in self.ports.items():
                    rates[workload][server].append(self._measure(questions, port, self.seconds))
        return rates

    def stop(self) -> None:
        self.unbound.stop()
        self.daemon.stop()
        self.body.stop()
        self.upstream.stop()

    def _measure(self, questions: Path, port: int, seconds: int) -> float:
        command = ["taskset", "-c", "1", self.dnsperf, "-s", "127.0.0.1", "-p", str(port), "-d", str(questions)]
        command += ["-l", str(seconds), "-c", "16", "-q", "200", "-e"]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found = re.search(r"Queries per second:\s+([\d.]+)", output)
        if found is None:
            raise RuntimeError(f"dnsperf said no rate:\n{output}")
        return float(found[1])

    def _unbound(self) -> str:
        zone = self.folder / "rpz.zone"
        zone.write_text(
            "$TTL 30\n@ SOA . . 1 3600 600 86400 30\n@ NS .\n"
            + "".join(f"l{number}.example A {NOTICE_V4}\n" for number in range(LISTED))
        )
        config = self.folder / "peer.conf"
        config.write_text(
            f'server:\n  interface: 127.0.0.1\n  port: {self.unbound_port}\n  username: ""\n  chroot: ""\n'
            '  pidfile: ""\n'
            f'  directory: "{self.folder}"\n  use-syslog: no\n  verbosity: 0\n  do-not-query-localhost: no\n'
            '  module-config: "respip iterator"\n  num-threads: 1\n  so-rcvbuf: 4m\n'
            f'rpz:\n  name: rpz.test\n  zonefile: "{zone}"\n'
            f'forward-zone:\n  name: "."\n  forward-addr: {self.upstream.address.replace(":", "@")}\n'
            "remote-control:\n  control-enable: no\n"
        )
        return str(config)


def _report(rates: dict[str, dict[str, list[float]]], rounds: int) -> None:
    version = subprocess.run([require("unbound")["unbound"], "-V"], capture_output=True, text=True, check=False).stdout
    print(f"{version.splitlines()[0]}; medians of {rounds} interleaved rounds, one core each")
    summary = {}
    for workload, servers in rates.items():
        ratios = [ours / theirs for ours, theirs in zip(servers["mamori"], servers["unbound"], strict=True)]
        summary[workload] = {"vs_unbound": round(statistics.median(ratios), 3)}
        medians = ", ".join(f"{server} {statistics.median(values):,.0f} q/s" for server, values in servers.items())
        print(f"{workload:12} ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})  {medians}")
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
