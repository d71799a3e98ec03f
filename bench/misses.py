"""`make bench-misses`: what a question costs that is not kept: microseconds of processor time, and where they go.

Different names, each asked once, over windows of 64. First in the core alone, from a client's bytes to a query for the
upstream and from its response to the client's answer. Then through a worker's real sockets, with clients and an
upstream in processes of their own: what is above the core's part is the edge, the reactor and the kernel. On a shared
machine only the least of several rounds says something; the last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing import Process
from pathlib import Path
from typing import Any

from attrs import evolve

import native
from bench.listed import reply
from tests.resolver.core.world import CONFIG, World, index_of, question

ROOT = Path(__file__).parents[1]
WINDOW = 64
LISTED = 1_000
CACHE_BYTES = 64 * 1024 * 1024
LOOPBACK = b"\x7f\0\0\1"
PATIENCE = 30  # seconds a client waits for an answer


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.misses", description=__doc__)
    parser.add_argument("--names", type=int, default=20_000, help="different names a round (default 20,000)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)  # what `in_worker` runs
    words = parser.parse_args()
    if words.serve:
        serve(words.names)
        return
    core = least(in_core(words.names) for _ in range(words.rounds))
    worker = least(in_worker(words.names) for _ in range(words.rounds))
    print(f"{words.names:,} names a round, the least of {words.rounds} rounds, {native.kind()}; microseconds a miss")
    for part, each in (core | worker).items():
        print(f"  {part:28} {each:6.1f}")
    print(json.dumps({"kind": native.kind(), "core": core, "worker": worker}))


def least(rounds: Iterator[dict[str, float]]) -> dict[str, float]:
    """The round with the smallest sum."""
    best = min(rounds, key=lambda each: sum(each.values()))
    return {part: round(microseconds, 1) for part, microseconds in best.items()}


def world() -> World:
    listed = [f"h{number}.listed.example" for number in range(LISTED)]
    return World(config=evolve(CONFIG, cache_bytes=CACHE_BYTES), index=index_of(hosts=listed))


def windows(names: int) -> Iterator[list[bytes]]:
    """Questions, no name twice."""
    template = question("n0000000.host.example")
    for start in range(0, names, WINDOW):
        numbers = range(start, min(start + WINDOW, names))
        yield [template.replace(b"n0000000", b"n%07d" % number) for number in numbers]


def in_core(names: int) -> dict[str, float]:
    """Without sockets."""
    stage = world()
    forwarder, door, now = stage.forwarder, stage.door(), 1000.0
    spent = dict.fromkeys(("core: question", "core: to the edge", "core: response", "core: deadlines"), 0)

    def timed(part: str, do: Callable[[], Any]) -> Any:
        began = time.process_time_ns()
        done = do()
        spent[part] += time.process_time_ns() - began
        return done

    for questions in windows(names):
        now += 0.001
        timed("core: question", lambda: [forwarder.receive(each, LOOPBACK, door, None, now) for each in questions])  # noqa: B023
        sent = timed("core: to the edge", forwarder.queries_to_send)
        came = [(reply(each.data), each.attempt) for each in sent]
        timed("core: response", lambda: [forwarder.receive_response(*each, now) for each in came])  # noqa: B023
        answers = timed("core: to the edge", forwarder.answers_to_send)
        assert len(answers) == len(questions)
        timed("core: deadlines", forwarder.next_deadline)
    return {part: spent[part] / names / 1000 for part in spent}


# --- through sockets ----------------------------------------------------------------------------------------


def in_worker(names: int) -> dict[str, float]:
    """In a fresh process: a reactor runs once, and one that was forked shares its epoll with its parent."""
    command = (sys.executable, "-m", "bench.misses", "--serve", "--names", str(names))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the worker failed:\n{done.stderr}")
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def serve(names: int) -> None:
    """Answer clients until all names were asked; print what it took."""
    upstream, listening = bound(), bound()
    others = [Process(target=answer_all, args=(upstream,), daemon=True)]
    others.append(Process(target=ask_all, args=(listening.getsockname(), names), daemon=True))
    from twisted.internet import reactor

    from resolver.edge.faults import Faults
    from resolver.edge.limits import Limits
    from resolver.edge.serving.entrances import TlsDoors
    from resolver.edge.serving.upstream_dials import UpstreamServer
    from resolver.edge.serving.worker import Service, _spare_the_old

    limits, clock = Limits(), reactor
    faults = Faults(print, time.monotonic, limits.pump)
    core, servers = world().forwarder, [UpstreamServer(upstream.getsockname())]
    service = Service(core, clock, servers, faults, limits, 0, TlsDoors(), "/dns-query")
    service.listen("udp", listening, "127.0.0.1:53")
    for each in others:
        each.start()
    _spare_the_old(limits.worker)
    before = resource.getrusage(resource.RUSAGE_SELF)

    def look() -> None:
        if others[1].is_alive():
            clock.callLater(0.02, look)  # type: ignore[attr-defined]
        else:
            clock.stop()  # type: ignore[attr-defined]

    clock.callLater(0, look)  # type: ignore[attr-defined]
    clock.run()  # type: ignore[attr-defined]
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = {"user": after.ru_utime - before.ru_utime, "system": after.ru_stime - before.ru_stime}
    others[0].terminate()
    if others[1].exitcode:
        sys.exit("a question was left without an answer")
    print(json.dumps({f"worker: {part}": seconds / names * 1e6 for part, seconds in spent.items()}))


def bound() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock


def answer_all(sock: socket.socket) -> None:
    """An upstream with one address for every name."""
    while True:
        query, client = sock.recvfrom(4096)
        sock.sendto(reply(query), client)


def ask_all(server: tuple[str, int], names: int) -> None:
    """Ask a window of names, wait for its answers, go on; TimeoutError where one is lost."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(server)
        sock.settimeout(PATIENCE)
        for questions in windows(names):
            for each in questions:
                sock.send(each)
            for _ in questions:
                sock.recv(4096)


if __name__ == "__main__":
    main()
