"""One measurement in a fresh process: `python -m bench.lists.measures NAME FOLDER`; its figures are JSON on stdout.

The folder holds what `site.published` made. Every measurement uses the product's own verbs.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from bench.lists.gauge import MB, Gauge
from bench.lists.site import Place, random_records
from blocklist.compiling import ListImage, compile_index
from blocklist.criteria import DEMO
from blocklist.index import Index
from blocklist.matchfile import RECORD_BYTES
from blocklist.names import to_wire
from blocklist.publish.desk import Desk
from blocklist.publish.review.drafts import default_template
from blocklist.publish.review.foreign import read_plain
from blocklist.publish.review.importing import drafted, read_lines
from blocklist.trust.compile import compile_enforced
from blocklist.trust.local.exemptions import Exemptions
from blocklist.trust.outcome import Keys, Kind, ListSource
from blocklist.trust.subscription import Subscription
from resolver.edge.sealed_memory import sealed_memory
from resolver.edge.serving.mapped_index import map_index
from tests.blocklist.publish.support import PASSPHRASE, new_desk
from tests.blocklist.trust.list_body import LIST_ID, NOW, PURPOSE, SetClock
from tests.resolver.core.world import World

Figures = dict[str, float]
LOOKUPS = 20_000  # on either side of a swap
SMALL = 1_000  # entries of the list that look-ups in the large one are compared with


def first(folder: Path) -> Figures:
    """Fetch, verify, decrypt, guard, store, compile, seal and map a list this host has nothing of."""
    state = folder / "state"
    figures = _refreshed(folder, "first", state)
    if not (folder / "first-state").exists():  # what the other two begin with
        shutil.copytree(state, folder / "first-state")
    shutil.rmtree(state)
    return figures


def delta(folder: Path) -> Figures:
    """Take the next version by its delta."""
    return _renewed(folder, "delta") | {"delta_bytes": Place.read(folder).delta_bytes}


def full(folder: Path) -> Figures:
    """Take the next version as a whole, with guards over both."""
    return _renewed(folder, "full")


def swap(folder: Path) -> Figures:
    """The longest pause between two look-ups of a worker that takes up a new index, and the longest without one."""
    entries = Path(Place.read(folder).sealed["first"]).stat().st_size // RECORD_BYTES
    random = Random(2)
    fds = [sealed_memory(_index(entries, random)) for _ in range(2)]
    worker = _Worker(map_index(fds[0]))
    without = max(worker.gaps())
    return {"seconds": max(worker.gaps(fds[1])), "without_seconds": without}


def lookups(folder: Path) -> Figures:
    """Processor nanoseconds a look-up of a name that is not listed, of four labels, in lists of 1,000 entries and all.

    The lists take turns, a stretch of names at a time, so that a machine that slows down slows both.
    """
    entries = Path(Place.read(folder).sealed["first"]).stat().st_size // RECORD_BYTES
    random = Random(3)
    finds = [Index(_index(count, random)).tables[0].find for count in (SMALL, entries)]
    taken = [0.0, 0.0]
    for start in range(0, 10 * LOOKUPS, LOOKUPS // 10):
        names = [to_wire(f"w{number}.www.shop{number % 997}.example") for number in range(start, start + LOOKUPS // 10)]
        for at, find in enumerate(finds):
            before = time.process_time()
            for name in names:
                find(name, 0.0)
            taken[at] += time.process_time() - before
    small, large = (seconds / (10 * LOOKUPS) * 1e9 for seconds in taken)
    return {"small_ns": small, "large_ns": large, "growth": large / small}


def importing(folder: Path, entries: int) -> Figures:
    """Import a plain list of names at the desk, as `mamori-list import` does; no entry is approved."""
    names = folder / "names.txt"
    with names.open("w") as file:
        file.writelines(f"n{number}.import.example\n" for number in range(entries))
    with tempfile.TemporaryDirectory(dir=folder) as place:
        now = datetime.now(UTC).replace(microsecond=0)
        with closing(Desk.create(Path(place) / "desk", new_desk(), now)) as desk:
            alice = desk.unlock("alice", PASSPHRASE)
            template = default_template(DEMO, now.date(), criterion="dns_cumulative", basis="law",
                                        last_resort="hosted_abroad")  # fmt: skip
            with Gauge() as gauge, names.open("rb") as file:
                lines = drafted(read_lines(file), read_plain, template, desk.criteria)
                harvest = desk.take_in(lines, alice)
            assert (harvest.added, harvest.rejected) == (entries, 0)
    return gauge.figures()


def _renewed(folder: Path, site: str) -> Figures:
    state = folder / "state"
    shutil.copytree(folder / "first-state", state)
    figures = _refreshed(folder, site, state)
    shutil.rmtree(state)
    return figures


def _refreshed(folder: Path, site: str, state: Path) -> Figures:
    place, clock = Place.read(folder), SetClock()
    source = ListSource(LIST_ID, PURPOSE, place.root, (place.url + site + "/",))
    subscription = Subscription(source, state, Keys(place.host_key, place.private), clock)
    exemptions = Exemptions(state / "exemptions.sealed", place.host_key)
    subscription.load()
    compile_enforced([subscription], exemptions, clock)  # what it holds before, it has once compiled
    with Gauge() as taking:
        outcome = subscription.refresh()
        index = compile_enforced([subscription], exemptions, clock)
        fd = sealed_memory(index)
    with Gauge() as mapping:  # in a worker: not the updater's memory, and shared by all of them
        entries = map_index(fd).lists[0].entries
    assert outcome.kind is Kind.UPDATED, outcome
    bare = _one_pass(Path(place.sealed[site]))
    cpu = taking.cpu_seconds + mapping.cpu_seconds
    whole = {"seconds": taking.seconds + mapping.seconds, "cpu_seconds": cpu}
    sizes = {"index_mb": len(index) / MB, "entry_bytes": len(index) / entries}
    return taking.figures() | whole | sizes | {"pass_cpu_seconds": bare, "ratio": cpu / bare}


def _one_pass(path: Path) -> float:
    """The CPU seconds of what cannot be left out: SHA-256 and ChaCha20-Poly1305 over the same bytes, once each."""
    data, cipher = path.read_bytes(), ChaCha20Poly1305(bytes(32))
    start = time.process_time()
    hashlib.sha256(data).digest()
    for at in range(0, len(data), 1 << 16):
        cipher.encrypt(bytes(12), data[at : at + (1 << 16)], None)
    return time.process_time() - start


def _index(entries: int, random: Random) -> bytes:
    image = ListImage(LIST_ID, bytes(32), NOW.date(), random_records(entries, random), frozenset())
    return compile_index([image], clock_offset=NOW.timestamp())


class _Worker:
    """What a worker does with an index: look names up, and swap it."""

    def __init__(self, index: Index) -> None:
        self._index, self._world = index, World(index=index)

    def gaps(self, fd: int | None = None) -> list[float]:
        """Seconds from the end of one look-up to the end of the next; after half of them the index is taken up."""
        gaps, last = [], time.perf_counter()
        for number in range(2 * LOOKUPS):
            if number == LOOKUPS and fd is not None:
                self._take(fd)
            self._index.match(to_wire(f"w{number}.www.example"), 0.0)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now
        return gaps

    def _take(self, fd: int) -> None:
        self._index = map_index(fd)
        self._world.forwarder.set_index(self._index, 2)
        self._world.index = self._index


MEASURES: dict[str, Callable[..., Figures]] = {
    each.__name__: each for each in (first, delta, full, swap, lookups, importing)
}


def main() -> None:
    name, folder, *numbers = sys.argv[1:]
    print(json.dumps(MEASURES[name](Path(folder), *map(int, numbers))))


if __name__ == "__main__":
    main()
