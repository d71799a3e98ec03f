"""Sums of what all workers count, in anonymous memory only.

Each slot has a region of shared memory that outlives its worker. When settings change, new workers count in new regions
(there may be other upstreams or lists) and the old ones' sums are kept by name, so that no counter ever falls.
"""

import mmap
import os
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen

from resolver.core.counters import LATENCY_BOUNDS_US, RCODES, TRANSPORTS, Counters, Layout, Readout
from resolver.edge.sealed_memory import fixed_memory

# Where numbers stand: other code may know other series, and must not read ours as its own.
_SHAPE = repr((TRANSPORTS, RCODES, LATENCY_BOUNDS_US, Layout(1, 1).__dict__))
_GAUGES = frozenset({"pending", "upstream_up", "upstream_trouble"})


@frozen
class Labels:
    """Names of the upstreams and lists, in configuration order."""

    upstreams: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()

    @property
    def layout(self) -> Layout:
        """Where their numbers stand."""
        return Layout(len(self.upstreams), len(self.lists))


@frozen(eq=False)
class Region:
    """One slot's counters; `fd` is what a worker maps."""

    fd: int
    memory: mmap.mmap
    cells: memoryview
    labels: Labels

    def read(self) -> Readout:
        """All numbers now."""
        return Counters(self.labels.layout, self.cells).read()

    def close(self) -> None:
        """Free the memory."""
        self.cells.release()
        self.memory.close()
        os.close(self.fd)


@frozen
class Totals:
    """Sums over all workers by label; `latency` has one count a class, `upstream_up` is 1 where any worker says so."""

    queries: dict[str, int] = field(factory=lambda: dict.fromkeys(TRANSPORTS, 0))
    answers: dict[str, int] = field(factory=lambda: dict.fromkeys(RCODES, 0))
    dropped: int = 0
    rate_limited: int = 0
    cache_hits: int = 0
    cache_misses: int = 0
    pending: int = 0
    latency: tuple[int, ...] = (0,) * (len(LATENCY_BOUNDS_US) + 1)
    latency_sum_us: int = 0
    upstream_queries: dict[str, int] = field(factory=dict)
    upstream_failures: dict[str, int] = field(factory=dict)
    upstream_up: dict[str, int] = field(factory=dict)
    upstream_trouble: dict[str, int] = field(factory=dict)
    blocks: dict[str, int] = field(factory=dict)


_Key = tuple[str, str]  # field of Totals, label ("" for none, a class number for latency)


class Tally:
    """All regions, and what the closed ones held."""

    def __init__(self, labels: Labels) -> None:
        self.labels = labels  # of regions made from now on, and of the series shown
        self._live: list[Region] = []
        self._retired: Counter[_Key] = Counter()

    def region(self) -> Region:
        """A new region, all zero. OSError: no memory."""
        return self._mapped(fixed_memory(self.labels.layout.size), self.labels)

    def _mapped(self, fd: int, labels: Labels) -> Region:
        memory = mmap.mmap(fd, labels.layout.size)
        region = Region(fd, memory, memoryview(memory).cast("Q"), labels)
        self._live.append(region)
        return region

    def retire(self, region: Region) -> None:
        """Close a region nobody counts in any more; its sums stay."""
        self._live.remove(region)
        self._retired.update(_lasting(region))
        region.close()

    def hand_over(self, keep: Callable[[int], int]) -> dict[str, Any]:
        """All counts for the code that comes after us: memory workers go on counting in, its sums, what was retired."""
        return {
            "shape": _SHAPE,
            "regions": [
                {
                    "fd": keep(region.fd),
                    "labels": [region.labels.upstreams, region.labels.lists],
                    "sums": [[*key, count] for key, count in _lasting(region).items()],
                }
                for region in self._live
            ],
            "retired": [[*key, count] for key, count in self._retired.items()],
        }

    def number_of(self, region: Region) -> int:
        """Its place in what is handed over."""
        return self._live.index(region)

    def take_over(self, handed: Mapping[str, Any]) -> list[Region | None]:
        """Count on; the regions by their number, None for one whose numbers stand elsewhere in this code.

        Of such a one the sums at the hand-over are kept; what its worker counts until it leaves is lost.
        """
        self._retired.update({(name, label): count for name, label, count in handed["retired"]})
        return [self._inherited(each, alike=handed["shape"] == _SHAPE) for each in handed["regions"]]

    def _inherited(self, each: Mapping[str, Any], *, alike: bool) -> Region | None:
        if not alike:
            self._retired.update({(name, label): count for name, label, count in each["sums"]})
            os.close(each["fd"])
            return None
        upstreams, lists = map(tuple, each["labels"])
        return self._mapped(each["fd"], Labels(upstreams, lists))

    def totals(self) -> Totals:
        """Everything counted since start, for the labels now in use."""
        sums, up, trouble = Counter(self._retired), Counter[str](), Counter[str]()
        for region in self._live:
            flat = _flat(region)
            sums.update(flat)
            for name in region.labels.upstreams:
                up[name] = max(up[name], flat["upstream_up", name])
                trouble[name] = max(trouble[name], flat["upstream_trouble", name])
        upstreams, lists = self.labels.upstreams, self.labels.lists
        return Totals(
            queries={name: sums["queries", name] for name in TRANSPORTS},
            answers={name: sums["answers", name] for name in RCODES},
            dropped=sums["dropped", ""],
            rate_limited=sums["rate_limited", ""],
            cache_hits=sums["cache_hits", ""],
            cache_misses=sums["cache_misses", ""],
            pending=sums["pending", ""],
            latency=tuple(sums["latency", str(number)] for number in range(len(LATENCY_BOUNDS_US) + 1)),
            latency_sum_us=sums["latency_sum_us", ""],
            upstream_queries={name: sums["upstream_queries", name] for name in upstreams},
            upstream_failures={name: sums["upstream_failures", name] for name in upstreams},
            upstream_up={name: up[name] for name in upstreams},
            upstream_trouble={name: 0 if up[name] else trouble[name] for name in upstreams},
            blocks={name: sums["blocks", name] for name in lists},
        )


def _lasting(region: Region) -> dict[_Key, int]:
    """What must not fall when the region goes."""
    return {key: count for key, count in _flat(region).items() if key[0] not in _GAUGES}


def _flat(region: Region) -> dict[_Key, int]:
    """One readout by series."""
    read, labels = region.read(), region.labels
    flat: dict[_Key, int] = {("latency", str(number)): count for number, count in enumerate(read.latency)}
    for name in ("dropped", "rate_limited", "cache_hits", "cache_misses", "pending", "latency_sum_us"):
        flat[name, ""] = getattr(read, name)
    for name in ("queries", "answers"):
        flat.update({(name, label): count for label, count in getattr(read, name).items()})
    for name in ("upstream_queries", "upstream_failures", "upstream_up", "upstream_trouble"):
        flat.update({(name, label): n for label, n in zip(labels.upstreams, getattr(read, name), strict=True)})
    flat.update({("blocks", label): count for label, count in zip(labels.lists, read.blocks, strict=True)})
    return flat
