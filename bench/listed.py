"""`make bench-listed`: what a question for a listed name costs beside one for a kept name (statement 9 of secrecy).

100,000 different listed names and as many kept ones, in chunks: each is asked in turn with one of the other kind, the
listed ones for the first time; then all of the chunk again. Once in this process, where the list has an entry for each
name; once at the real daemon over UDP, one question at a time, where a hundred names stand below each entry. The last
line is JSON, in microseconds.
"""

from __future__ import annotations

import argparse
import json
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles

from attrs import evolve

from tests.resolver.core.world import CONFIG, World, index_of, question
from tests.support.listbody import entry
from tests.support.listed_daemon import listed_daemon

CHUNK, BELOW_ONE_ENTRY = 1_000, 100
CACHE_BYTES = 512 * 1024 * 1024  # holds all kept answers, so that every kept name is one
KINDS = ("kept", "listed, first", "kept again", "listed again")
Ask = Callable[[bytes], None]
Times = dict[str, list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.listed", description=__doc__)
    parser.add_argument("--names", type=int, default=100_000, help="different names of each kind (default 100,000)")
    names = parser.parse_args().names
    result = {"core": in_core(names), "daemon": at_daemon(names)}
    for place, times in result.items():
        report(place, times)
    print(json.dumps({place: {kind: figures(each) for kind, each in times.items()} for place, times in result.items()}))


def chunks(names: int, top: Callable[[int], str]) -> Iterator[tuple[list[bytes], list[bytes]]]:
    """Questions for kept and for listed names, equally long; `top` is what a listed name stands below."""
    for start in range(0, names, CHUNK):
        numbers = range(start, min(start + CHUNK, names))
        names_below = [f"n{number:07}.{top(number)}" for number in numbers]
        kept = [f"long{each.removesuffix('.l.example')}.k.example" for each in names_below]
        yield [question(name) for name in kept], [question(f"host{each}") for each in names_below]


def measure(pairs: Iterator[tuple[list[bytes], list[bytes]]], warm: Callable[[list[bytes]], None], ask: Ask) -> Times:
    """Microseconds of every question, by kind."""
    times: Times = {kind: [] for kind in KINDS}
    for kept, listed in pairs:
        warm(kept)
        for first, second in (KINDS[:2], KINDS[2:]):
            for number, pair in enumerate(zip(kept, listed, strict=True)):
                for place in ((0, 1), (1, 0))[number % 2]:
                    began = time.perf_counter_ns()
                    ask(pair[place])
                    times[(first, second)[place]].append((time.perf_counter_ns() - began) / 1000)
    return times


def in_core(names: int) -> Times:
    """The worker's core alone: from the query's bytes to the answer's."""
    entries = [f"hostn{number:07}.e{number // BELOW_ONE_ENTRY:05}.l.example" for number in range(names)]
    world = World(config=evolve(CONFIG, cache_bytes=CACHE_BYTES), index=index_of(hosts=entries))
    receive, door = world.forwarder.receive_query, world.door()

    def ask(wire: bytes) -> None:
        receive(wire, "127.0.0.1", door, None, 1000.0)

    def warm(kept: list[bytes]) -> None:
        for wire in kept:
            ask(wire)
            for sent in world.forwarder.queries_to_send():
                world.forwarder.receive_response(reply(sent.data), sent.attempt, 1000.0)
        world.forwarder.answers_to_send()
        world.forwarder.attempts_to_close()

    return measure(chunks(names, _top), warm, ask)


def reply(query: bytes) -> bytes:
    """One address, for an hour."""
    end = query.index(0, 12) + 5
    record = bytes([0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 198, 18, 0, 1])
    return query[:2] + bytes([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]) + query[12:end] + record


def at_daemon(names: int) -> Times:
    """From sending a datagram to having its answer."""
    entries = [entry(_top(number), "domain") for number in range(0, names, BELOW_ONE_ENTRY)]
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
        listed_daemon(Path(folder), entries, cache={"bytes": CACHE_BYTES}) as (daemon, _),
    ):
        sock.settimeout(10)
        sock.connect(("127.0.0.1", daemon.port))

        def ask(wire: bytes) -> None:
            sock.send(wire)
            sock.recv(4096)

        def warm(kept: list[bytes]) -> None:
            for start in range(0, len(kept), 50):
                some = kept[start : start + 50]
                for wire in some:
                    sock.send(wire)
                for _ in some:
                    sock.recv(4096)

        return measure(chunks(names, _top), warm, ask)


def _top(number: int) -> str:
    return f"e{number // BELOW_ONE_ENTRY:05}.l.example"


def figures(times: list[float]) -> dict[str, float]:
    cut = quantiles(times, n=100)
    return {
        "median": round(median(times), 1),
        "p5": round(cut[4], 1),
        "p95": round(cut[94], 1),
        "p99": round(cut[98], 1),
    }


def report(place: str, times: Times) -> None:
    print(f"\n{place}: {len(times[KINDS[0]]):,} different names of each kind, microseconds\n")
    print("| asked | median | p5 | p95 | p99 | median beside a kept name's |\n|---|---:|---:|---:|---:|---:|")
    for number, kind in enumerate(KINDS):
        own = figures(times[kind])
        beside = own["median"] - figures(times[KINDS[number - number % 2]])["median"]
        print(f"| {kind} | {own['median']} | {own['p5']} | {own['p95']} | {own['p99']} | {beside:+.1f} |")


if __name__ == "__main__":
    main()
