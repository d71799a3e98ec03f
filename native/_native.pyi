"""Types of the C extension (native/module/*.c); each has a pure twin, which is the reference."""

from collections.abc import Iterable, Sequence

from typing_extensions import Buffer

class TokenTable:
    """One list inside a mapped index. Twin: blocklist/token_table.py."""

    def __init__(
        self, buffer: Buffer, *, start: int, key: bytes, base_day: int, fresh: int, entries: int, exemptions: int
    ) -> None: ...
    def find(self, wire: bytes, trusted: float, /) -> int: ...
    def fresh_place(self, record: int, /) -> int: ...

def check_records(records: bytes, /) -> int:
    """On sets of match records, this and the next: twins in blocklist/record_tables.py and record_sets.py."""

def directory(records: bytes, /) -> bytes: ...
def packed_tokens(records: bytes, /) -> bytes: ...
def word_counts(records: bytes, /) -> dict[int, int]: ...
def tokens_of_names(key: bytes, tag: bytes, wires: Iterable[bytes], /) -> list[bytes]: ...
def subtract(records: bytes, tokens: bytes, /) -> bytes: ...
def removed(old: bytes, new: bytes, /) -> bytes: ...
def changed(old: bytes, new: bytes, /) -> bytes: ...
def merge(records: bytes, more: bytes, /) -> bytes: ...
def among(tokens: bytes, records: bytes, /) -> bytes: ...
def apply(records: bytes, removals: bytes, additions: bytes, /) -> bytes: ...

class Client:
    """What all clients of one prefix and policy share. Twin: resolver/core/clients.py with rate_limit.py.

    `rate` is in queries a second, 0 for no limit. ValueError for numbers that make no budget.
    """

    def __init__(
        self,
        *,
        view: int = 0,
        admitted: bool = True,
        rate: float = 0,
        burst: float = 0,
        proven_factor: float = 1,
        step: int = 1,
        now: float = 0,
    ) -> None: ...
    @property
    def view(self) -> int: ...
    @property
    def admitted(self) -> bool: ...
    @property
    def left(self) -> int: ...
    def allow(self, now: float, /) -> bool: ...
    def allow_proven(self, now: float, /) -> bool: ...
    def slip(self) -> bool: ...

class HitPath:
    """A worker's hit path. Twin: resolver/core/hit_path.py. RuntimeError: `Datagrams.serve` runs in another thread.
    Its Clients are not guarded: whoever serves in a thread leaves them alone meanwhile. ValueError: no finite time.

    `cells` are the counters' unsigned 64-bit words; the next six are places in them (`Layout`). `secret` is 16 bytes.
    """

    def __init__(
        self,
        cells: memoryview,
        *,
        queries: int,
        answers: int,
        dropped: int,
        rate_limited: int,
        latency: int,
        latency_sum: int,
        secret: bytes,
        client_udp_bytes: int,
        books_hits: bool,
        hosts_max: int,
    ) -> None: ...
    def __len__(self) -> int:
        """Answers kept here."""
    def open_door(self, transport: int, table: int, /) -> int: ...
    def use_cookie_secrets(self, secrets: Sequence[bytes], /) -> None:
        """Newest first; only the first is needed, for what proves an address goes to Python."""
    def enforce(
        self,
        generation: int,
        tables: Sequence[TokenTable],
        clock_offset: float,
        views: Sequence[Sequence[int]],
        /,
    ) -> None:
        """`views[v]` are places in `tables`, in order. Verdicts and the watch of the list before are forgotten."""
    def watch(self, marks: memoryview | None, hits: memoryview | None, firsts: Sequence[int], /) -> None:
        """`marks`: a byte each fresh entry; `hits`: this worker's words, one a list; `firsts[list]`: its first mark."""
    def put_verdict(
        self,
        view: int,
        list_number: int,
        kind: int,
        flags: int,
        rcode: int,
        counts: tuple[int, int, int],
        sections: bytes,
        options: bytes,
        event: int,
        /,
    ) -> None:
        """`kind`: 0 A, 1 AAAA, 2 other; `list_number` is a place in `tables`, `event` a counter cell or 0."""
    def put(
        self,
        key: bytes,
        flags: int,
        rcode: int,
        counts: tuple[int, int, int],
        sections: bytes,
        ttls: Sequence[tuple[int, int]],
        options: bytes,
        stored: float,
        ends: float,
        generation: int,
        event: int,
        restampable: bool,
        shown_ttl_max: int = 0xFFFF_FFFF,
        /,
    ) -> bool:
        """Keep an answer in the place of an older one of its key; False: too large or no memory, none is kept.

        From `ends` on queries are misses: the end of the answer or of its verdict, or when Python wants to look at it.
        One that marks a fresh entry has no place here.
        """
    def discard(self, key: bytes, /) -> None: ...
    def take_uses(self, key: bytes, /) -> int:
        """Uses since the last call, 3 at most; 0 where nothing is kept."""
    def remember(self, table: int, address: bytes, client: Client, /) -> None:
        """`address` is 4 or 16 bytes; a full table starts anew."""
    def forget(self, table: int, /) -> None: ...
    def answer(self, packet: bytes, address: bytes, door: int, now: float, unix_time: int, /) -> bytes | None:
        """The answer, b"" for what is dropped, None for a miss."""

    def fly(
        self,
        *,
        questions: int,
        waiters: int,
        misses: int,
        pending: int,
        upstream_queries: int,
        min_ttl: int,
        max_ttl: int,
        negative_ttl_max: int,
        upstream_udp_bytes: int,
        first_retry: float,
        prefetch: bool,
        prefetch_ttl_min: float,
        prefetch_share: float,
        zones: Sequence[bytes],
        servers: Sequence[bytes],
        ports: int,
        port_queries: int,
        ports_read: int,
        reads: int,
        datagram_bytes: int,
        first_port: int,
        bind_tries: int,
        port_strange_max: int,
        port_seconds: float,
        port_moment_seconds: float,
        weights: tuple[int, int, int],
    ) -> int:
        """Carry plain questions to upstreams from now on; the descriptor that has something to read (docs/adr/0055).

        `misses`, `pending` and `upstream_queries` are counter cells; names in `zones` (lower-case wire) are left to
        Python; `servers` are sockaddrs by upstream, empty for one that is not asked so; `weights`: what an answer costs
        for each byte received, for each record, and beside (`Landed.cost`).
        """
    def land(self) -> None:
        """Close all that `fly` opened; RuntimeError from then on for what needs it."""
    def route(self, upstream: int | None, room: int, trust_ad: bool, /) -> None:
        """Whom to ask, up to `room` questions at once; None: nobody."""
    def departed(self) -> tuple[int, int]:
        """Questions asked since the last call, and those that fly now."""
    def recall(self, key: bytes | None, /) -> Handed | None:
        """Hand over the question of a key, with None the oldest; None where none flies."""
    def due(self, now: float, /) -> list[Handed]: ...
    def next_due(self) -> float | None: ...
    def hold(self, key: bytes, holds: bool, /) -> None:
        """Whether Python has this question in flight: then it is missed."""
    def end(self, token: int, /) -> None:
        """A query that was handed over is waited for no more."""
    def close_door(self, door: int, /) -> None: ...
    def receive(
        self, now: float, /
    ) -> tuple[list[Landed], list[tuple[int, list[float]]], list[Handed | tuple[int, bytes | None]]]:
        """Answers that are kept; of all answers, round-trip times by upstream, in the order in which they came; and
        what goes on in Python: questions handed over, and what has come for such, by token (None: an error of the
        network)."""

class Landed:
    """See resolver/core/flights.py. Made by `HitPath.receive` only; the collector does not walk it."""

    cost: int
    in_main: bool
    uses: int
    @property
    def key(self) -> bytes: ...
    @property
    def kept(self) -> bytes: ...
    @property
    def stored(self) -> float: ...
    @property
    def generation(self) -> int: ...
    @property
    def seconds(self) -> int: ...
    @property
    def upstream(self) -> int: ...

Handed = tuple[bytes, bytes, int, int, float, float, int, list[tuple[bytes, bytes, bytes, bytes, int, float]]]

def make_query(question: bytes, drawn: bytes, flags: int, opt: bytes, mixed: bool, /) -> bytes:
    """A query to an upstream. Twin: resolver/core/upstream_query.py."""

def read_plain(
    data: bytes, query: bytes, question: bytes, /
) -> tuple[bytes, int, tuple[int, int, int], bytes, tuple[tuple[int, int], ...], int, int, int] | None:
    """What a plain response to a query holds, None for another. Twin: resolver/core/plain.py."""

class Datagrams:
    """The buffers of one bound UDP socket. Twin: resolver/edge/serving/pure_datagrams.py."""

    def __init__(self, *, is_wildcard: bool, batch: int, turn: int, misses: int, datagram_bytes: int) -> None: ...
    def serve(
        self, hit_path: HitPath, descriptor: int, door: int, now: float, unix_time: int, /
    ) -> list[tuple[bytes, bytes, bytes, bytes]]:
        """Read and answer until nothing waits, `turn` datagrams are read or `misses` have missed; lets the GIL go.

        What has missed: packet, packed address, sockaddr, control message that sets the source of the answer.
        """
    def is_full(self) -> bool:
        """Whether the last `serve` has read `turn` datagrams: more may wait."""

def send(descriptor: int, messages: list[tuple[bytes, bytes, bytes]], /) -> None:
    """Send each (answer, sockaddr, control message); what the kernel refuses is lost."""
