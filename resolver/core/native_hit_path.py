"""The hit path in C: the adapter that tells `native._native.HitPath` what `PureHitPath` looks up by itself.

C holds a mirror of a part of what is kept here (docs/adr/0049). An entry becomes an *image*: the bytes it is served
with, where the TTLs stand in them, and a moment from which it is to be looked at here again. Each image has its entry
on the shelf of the cache; what cannot be said by an image is not told, and so it is missed and answered here.
"""

from collections.abc import Callable, Sequence
from math import inf
from typing import Any, Final

from native._native import Client as NativeRecord
from native._native import Datagrams, TokenTable
from native._native import HitPath as Packets
from resolver.core import codes
from resolver.core.cache import Cache, Entry
from resolver.core.clients import AnyClient
from resolver.core.config import CoreConfig
from resolver.core.counters import Counters
from resolver.core.door import Door
from resolver.core.eviction import USES_MAX, Noted
from resolver.core.native_flights import NativeFlights
from resolver.core.newcomers import Mark, Marker, no_mark
from resolver.core.prefetch import near_end
from resolver.core.query import Form
from resolver.core.rate_limit import Allowance
from resolver.core.ruling import Ruler

_KINDS: Final = (codes.A, codes.AAAA, codes.TXT)
"""A type for each template of a verdict; the last stands for all others."""
_NO_GENERATION: Final = -2
_SECONDS: Final = 2**32
"""A server cookie's time wraps there (RFC 9018 section 4.3)."""


class NativeClient:
    """The record in C, and beside it the forms of query that the slow path knows."""

    __slots__ = ("__weakref__", "forms", "record")

    def __init__(self, record: NativeRecord, forms: dict[bytes, Form]) -> None:
        self.record = record
        self.forms = forms

    @property
    def view(self) -> int:
        """See `AnyClient`."""
        return self.record.view

    @property
    def left(self) -> int:
        """See `AnyClient`."""
        return self.record.left

    @property
    def admitted(self) -> bool:
        """See `AnyClient`."""
        return self.record.admitted

    def allow(self, now: float) -> bool:
        """See `AnyClient`."""
        return self.record.allow(now)

    def allow_proven(self, now: float) -> bool:
        """See `AnyClient`."""
        return self.record.allow_proven(now)

    def form_of(self, data: bytes) -> Form | None:
        """See `AnyClient`."""
        return self.forms.get(data[2:12] + data[data.find(0, 12) + 1 :])

    def slip(self) -> bool:
        """See `AnyClient`."""
        return self.record.slip()


class NativeHitPath:
    """See `HitPath`."""

    kind = "native"

    def __init__(self, config: CoreConfig, counters: Counters, unix_time: Callable[[], float], secret: bytes) -> None:
        layout = counters.layout
        self._config = config
        self._layout = layout
        self._unix_time = unix_time
        self._is_watched = False
        self._path = Packets(
            counters.cells,
            queries=layout.queries,
            answers=layout.answers,
            dropped=layout.dropped,
            rate_limited=layout.rate_limited,
            latency=layout.latency,
            latency_sum=layout.latency_sum,
            secret=secret,
            client_udp_bytes=config.limits.client_udp_bytes,
            books_hits=config.caching,
            hosts_max=config.limits.hosts_max,
        )

    def __len__(self) -> int:
        """Images there are."""
        return len(self._path)

    # --- packets ----------------------------------------------------------------------------------------

    def answer(self, packet: bytes, address: bytes, door: Door, now: float) -> bytes | None:
        """See `HitPath`."""
        return self._path.answer(packet, address, door.number, now, int(self._unix_time()) % _SECONDS)

    def serve(
        self, datagrams: Datagrams, descriptor: int, door: Door, now: float
    ) -> list[tuple[bytes, bytes, bytes, bytes]]:
        """Read from a socket and answer; return what has missed (see `Datagrams.serve`)."""
        return datagrams.serve(self._path, descriptor, door.number, now, int(self._unix_time()) % _SECONDS)

    # --- who asks ---------------------------------------------------------------------------------------

    def open_door(self, door: Door) -> None:
        """See `HitPath`."""
        door.number = self._path.open_door(door.transport, door.table)

    def use_cookie_secrets(self, secrets: Sequence[bytes]) -> None:
        """See `HitPath`."""
        self._path.use_cookie_secrets(secrets)

    def new_client(self, forms: dict[bytes, Form], view: int, allowance: Allowance | None, now: float) -> AnyClient:
        """See `HitPath`."""
        if allowance is None:
            return NativeClient(NativeRecord(view=view), forms)
        rate, factor, step = allowance.rate, allowance.proven_factor, allowance.step
        record = NativeRecord(view=view, rate=rate.queries, burst=rate.burst, proven_factor=factor, step=step, now=now)
        return NativeClient(record, forms)

    def remember(self, table: int, address: bytes, client: AnyClient) -> None:
        """See `HitPath`."""
        assert isinstance(client, NativeClient)
        self._path.remember(table, address, client.record)

    def forget(self, table: int) -> None:
        """See `HitPath`."""
        self._path.forget(table)

    # --- what is kept -----------------------------------------------------------------------------------

    def look_into(self, cache: Cache) -> None:
        """It is told of each entry."""

    def put(self, key: bytes, entry: Entry) -> None:
        """See `HitPath`. What cannot be an image stands there as a key that is missed: it is none to be asked for."""
        if entry.generation < 0 or (entry.fresh is not None and self._is_watched):
            self._put_key(key)
        elif entry.body is None or entry.due > entry.until:
            self._put_constant(key, entry)
        else:
            self._put_body(key, entry)

    def discard(self, key: bytes) -> None:
        """See `HitPath`."""
        self._path.discard(key)

    def count_uses(self, key: bytes, entry: Noted) -> None:
        """See `HitPath`."""
        entry.uses = min(USES_MAX, entry.uses + self._path.take_uses(key))

    def _put_constant(self, key: bytes, entry: Entry) -> None:
        """A policy answer to an alias, a failure, or what stands in for an answer that has ended."""
        answer = entry.answer
        is_kept = self._path.put(
            key,
            answer.flags,
            answer.rcode,
            answer.counts,
            answer.sections,
            (),
            answer.options,
            entry.stored,
            entry.due,
            entry.generation,
            entry.event,
            False,
        )
        if not is_kept:
            self._put_key(key)

    def _put_body(self, key: bytes, entry: Entry) -> None:
        """Its TTLs tick there. Near its end it is looked at here each time they do: whether to ask early."""
        body = entry.body
        assert body is not None
        look = near_end(entry, self._config.limits) if self._config.prefetch else entry.until
        is_kept = self._path.put(
            key,
            body.flags,
            body.rcode,
            body.counts,
            body.sections,
            body.ttls,
            body.options,
            entry.stored,
            min(entry.until, entry.verdict_until, max(look, entry.due)),
            entry.generation,
            entry.event,
            entry.stands,
            body.shown_ttl_max,
        )
        if not is_kept:
            self._put_key(key)

    def _put_key(self, key: bytes) -> None:
        self._path.put(key, 0, 0, (0, 0, 0), b"", (), b"", -inf, -inf, _NO_GENERATION, 0, False)

    # --- what flies -------------------------------------------------------------------------------------

    def let_fly(self, config: CoreConfig, servers: Sequence[bytes], ports: dict[str, Any]) -> NativeFlights:
        """Ask plain questions from now on, of upstreams at these sockaddrs (empty: not this way), over such ports."""
        return NativeFlights(self._path, config, self._layout, servers, ports)

    def close_door(self, door: Door) -> None:
        """No late answer leaves there any more."""
        self._path.close_door(door.number)

    # --- what is in force -------------------------------------------------------------------------------

    def enforce(self, ruler: Ruler) -> None:
        """See `HitPath`. The verdicts of each view's lists are made here once."""
        whole = ruler.indexes[0]
        tables = [table for table in whole.tables if isinstance(table, TokenTable)]
        if len(tables) < len(whole.tables):
            raise TypeError("the index was opened with pure tables, which the extension cannot look into")
        views = [index.numbers for index in ruler.indexes]
        self._path.enforce(ruler.generation, tables, whole.clock_offset, views)
        for view, numbers in enumerate(views):
            for number in numbers:
                self._put_verdicts(ruler, view, number, whole.lists[number].list_id)

    def watch(self, mark: Mark) -> None:
        """See `HitPath`; memory that is marked in is all that C knows of marks."""
        self._is_watched = mark is not no_mark
        if isinstance(mark, Marker):
            self._path.watch(mark.marks, mark.hits, mark.firsts)
        elif self._is_watched:
            raise TypeError("a mark must say where it marks")
        else:
            self._path.watch(None, None, ())

    def _put_verdicts(self, ruler: Ruler, view: int, number: int, list_id: str) -> None:
        configured = ruler.answers.list_number(list_id)
        for kind, qtype in enumerate(_KINDS):
            answer = ruler.answers.answer(list_id, qtype, None, view)
            event = self._layout.blocks + configured if qtype == codes.A and configured is not None else 0
            self._path.put_verdict(
                view, number, kind, answer.flags, answer.rcode, answer.counts, answer.sections, answer.options, event
            )
