"""Plain integers in shared memory: what one worker counts and the supervisor reads (secrecy.md 5 and 6).

A cache hit is one increment: queries, answers, hits and latency of hits are sums made when reading. A blocked query
is booked in the same slot as a cached answer, by constant, so that no series tells one from the other.
"""

from bisect import bisect_left
from typing import Final

from attrs import frozen

from resolver.core import codes

RCODES: Final = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "BADVERS", "OTHER")
TRANSPORTS: Final = ("udp", "tcp", "dot", "doh")
LATENCY_BOUNDS_US: Final = (100, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000)
"""Upper bounds of the latency classes in microseconds; one more class is open upwards."""
HIT_US: Final = 10
"""What every hit is booked with, whatever it took."""

_OTHER = len(RCODES) - 1
_CELLS: Final = {**{rcode: rcode for rcode in range(codes.REFUSED + 1)}, codes.BADVERS: RCODES.index("BADVERS")}
_WORD = 8


def rcode_cell(rcode: int) -> int:
    """Return the place of an rcode in RCODES."""
    return _CELLS.get(rcode, _OTHER)


class Layout:
    """Where each number stands, in 8-byte words, for a fixed number of upstreams and lists."""

    def __init__(self, upstreams: int, lists: int) -> None:
        self.upstreams = upstreams
        self.lists = lists
        self.hits = 0
        self.queries = len(TRANSPORTS) * len(RCODES)
        self.answers = self.queries + len(TRANSPORTS)
        self.dropped = self.answers + len(RCODES)
        self.rate_limited = self.dropped + 1
        self.misses = self.rate_limited + 1
        self.pending = self.misses + 1
        self.latency = self.pending + 1
        self.latency_sum = self.latency + len(LATENCY_BOUNDS_US) + 1
        self.upstream_queries = self.latency_sum + 1
        self.upstream_failures = self.upstream_queries + upstreams
        self.upstream_up = self.upstream_failures + upstreams
        self.upstream_trouble = self.upstream_up + upstreams
        self.blocks = self.upstream_trouble + upstreams
        self.words = self.blocks + lists

    @property
    def size(self) -> int:
        """Bytes of memory one worker's counters take."""
        return self.words * _WORD


class Counters:
    """One worker's numbers; `cells` is the mapped memory cast to unsigned 64-bit words."""

    def __init__(self, layout: Layout, cells: memoryview) -> None:
        if len(cells) < layout.words:
            raise ValueError(f"counter memory holds {len(cells)} words, the layout needs {layout.words}")
        self.layout = layout
        self.cells = cells

    @classmethod
    def in_memory(cls, layout: Layout) -> "Counters":
        """Return counters in memory of their own, for tests and single-process use."""
        return cls(layout, memoryview(bytearray(layout.size)).cast("Q"))

    def book_hit(self, transport: int, rcode: int) -> None:
        """Count a query answered from the cache or by policy."""
        self.cells[transport * len(RCODES) + rcode_cell(rcode)] += 1

    def book_local(self, transport: int, rcode: int) -> None:
        """Count a query answered here without the cache: errors, refusals, special-use names, ANY."""
        self.book_query(transport)
        self.book_answer(rcode, HIT_US)

    def book_query(self, transport: int) -> None:
        """Count a query that is not a hit."""
        self.cells[self.layout.queries + transport] += 1

    def book_miss(self, transport: int) -> None:
        """Count a query that has to wait for an upstream."""
        cells, layout = self.cells, self.layout
        cells[layout.queries + transport] += 1
        cells[layout.misses] += 1

    def book_answer(self, rcode: int, microseconds: int) -> None:
        """Count the answer to a query that is not a hit, with the time it took."""
        cells, layout = self.cells, self.layout
        cells[layout.answers + rcode_cell(rcode)] += 1
        latency_class = bisect_left(LATENCY_BOUNDS_US, microseconds)
        cells[layout.latency + latency_class] += 1
        cells[layout.latency_sum] += microseconds

    def add(self, cell: int) -> None:
        """Add one to the number at an offset of the layout."""
        self.cells[cell] += 1

    def put(self, cell: int, value: int) -> None:
        """Set a gauge."""
        self.cells[cell] = value

    def read(self) -> "Readout":
        """Return all numbers with the hits spread over the series they belong to."""
        cells, layout = self.cells.tolist(), self.layout
        width = len(RCODES)
        hits = [cells[number * width : (number + 1) * width] for number in range(len(TRANSPORTS))]
        all_hits = sum(map(sum, hits))
        latency = cells[layout.latency : layout.latency_sum]
        latency[0] += all_hits
        return Readout(
            queries={name: cells[layout.queries + n] + sum(hits[n]) for n, name in enumerate(TRANSPORTS)},
            answers={name: cells[layout.answers + n] + sum(row[n] for row in hits) for n, name in enumerate(RCODES)},
            dropped=cells[layout.dropped],
            rate_limited=cells[layout.rate_limited],
            cache_hits=all_hits,
            cache_misses=cells[layout.misses],
            pending=cells[layout.pending],
            latency=tuple(latency),
            latency_sum_us=cells[layout.latency_sum] + all_hits * HIT_US,
            upstream_queries=tuple(cells[layout.upstream_queries : layout.upstream_failures]),
            upstream_failures=tuple(cells[layout.upstream_failures : layout.upstream_up]),
            upstream_up=tuple(cells[layout.upstream_up : layout.upstream_trouble]),
            upstream_trouble=tuple(cells[layout.upstream_trouble : layout.blocks]),
            blocks=tuple(cells[layout.blocks : layout.words]),
        )


@frozen
class Readout:
    """One worker's numbers by name; tuples are in configuration order, `latency` holds one count per class."""

    queries: dict[str, int]
    answers: dict[str, int]
    dropped: int
    rate_limited: int
    cache_hits: int
    cache_misses: int
    pending: int
    latency: tuple[int, ...]
    latency_sum_us: int
    upstream_queries: tuple[int, ...]
    upstream_failures: tuple[int, ...]
    upstream_up: tuple[int, ...]
    upstream_trouble: tuple[int, ...]
    """Numbers of `trouble.Trouble`: why the last try brought nothing."""
    blocks: tuple[int, ...]
