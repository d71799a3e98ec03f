"""The hit path: queries that one look at what is kept can answer, from a packet to a packet and nothing else.

`HitPath` is the interface of two twins. `PureHitPath` is the reference; `native_hit_path.py` does the same in C. Each
answers what it may answer by itself, byte for byte and counter for counter as the rest of the core would, and says of
everything else that it missed. What it knows it is told: who asks (`ClientTable`), what is kept (`Cache`), what is in
force (`Ruler`), under which secrets (`Reception`).
"""

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Protocol

from resolver.core.cache import Cache, Entry
from resolver.core.clients import AnyClient, Client
from resolver.core.config import CoreConfig
from resolver.core.counters import Counters
from resolver.core.door import Door
from resolver.core.eviction import USES_MAX, Noted
from resolver.core.limits import Limits
from resolver.core.newcomers import Mark, no_mark
from resolver.core.prefetch import near_end
from resolver.core.query import Form
from resolver.core.rate_limit import Allowance, Budget
from resolver.core.ruling import Ruler


class HitPath(Protocol):
    """What the core tells it, and the one question to it."""

    kind: str
    """Which twin it is, as `mamori status` says it."""

    def answer(self, packet: bytes, address: bytes, door: Door, now: float) -> bytes | None:
        """Return the answer to a client's packet, b"" when it is dropped and counted, None for a miss.

        A miss has changed nothing but what is drawn from a client's bucket: `Forwarder.receive_missed` takes it up.
        `address` is the client's, 4 or 16 bytes; an IPv4 client has 4 of them everywhere.
        """

    def open_door(self, door: Door) -> None:
        """Answer what comes in there."""

    def use_cookie_secrets(self, secrets: Sequence[bytes]) -> None:
        """Make server cookies under the first of them; without any, no cookies."""

    def new_client(self, forms: dict[bytes, Form], view: int, allowance: Allowance | None, now: float) -> AnyClient:
        """Return the record of a prefix that is served."""

    def remember(self, table: int, address: bytes, client: AnyClient) -> None:
        """Know an address that comes in by the doors of this table as this client."""

    def forget(self, table: int) -> None:
        """Know nobody there any more."""

    def look_into(self, cache: Cache) -> None:
        """Serve what this cache keeps."""

    def put(self, key: bytes, entry: Entry) -> None:
        """An entry came into the cache, or another answer into it."""

    def discard(self, key: bytes) -> None:
        """An entry left the cache."""

    def count_uses(self, key: bytes, entry: Noted) -> None:
        """Bring `entry.uses` up to date: somebody wants to judge by it."""

    def enforce(self, ruler: Ruler) -> None:
        """Serve by the index this ruler decides by from now on."""

    def watch(self, mark: Mark) -> None:
        """Call this, or do what it does, for each query that a fresh entry of the index answers."""


class PureHitPath:
    """The twin in Python: looks straight into the cache and its verdicts.

    One dictionary look-up for the client, one for the form of the query, one for its answer, one join. `early` are the
    limits of asking early, None where nobody does: an entry near its end is looked at by who would ask.
    """

    kind = "pure"

    def __init__(self, counters: Counters, early: Limits | None = None) -> None:
        self._cells = counters.cells
        self._early = early
        self._generation = 0
        self._mark: Mark = no_mark
        self._find: Callable[[bytes], Entry | None]
        self._find_verdict: Callable[[bytes], Entry | None]
        self._verdict_key: Callable[[bytes], bytes]

    def answer(self, packet: bytes, address: bytes, door: Door, now: float) -> bytes | None:
        """See `HitPath`."""
        client = door.clients.get(hash(address))
        if client is None or client.left < 1:
            return None
        root = packet.find(0, 12)
        form = client.forms.get(packet[2:12] + packet[root + 1 :])
        if form is None:
            return None
        key = packet[12 : root + 1].lower() + form.tail
        entry = self._find(key)
        if entry is None or entry.generation != self._generation:
            entry = self._find_verdict(self._verdict_key(key))
            if entry is None or entry.generation != self._generation:
                return None
        if now >= entry.due and not self._age(entry, now):
            return None
        client.left -= 1  # type: ignore[misc]  # ours: see `new_client`
        if entry.uses < USES_MAX:
            entry.uses += 1
        answer = entry.answer
        self._cells[door.transport << 3 | answer.cell] += 1  # `Counters.book_hit`, eight rcodes a transport
        if entry.event:
            self._cells[entry.event] += 1
        if entry.fresh is not None:
            self._mark(entry.fresh)
        head, opt = answer.rendered.get(form.slot) or answer.render(form)
        message = b"".join((packet[:2], head, packet[12 : root + 5], answer.sections, opt))
        if len(message) > form.udp_bytes:
            return answer.message(packet[:2], packet[12 : root + 5], form, door.transport)
        return message

    def _age(self, entry: Entry, now: float) -> bool:
        """Let the TTLs of an entry tick; False where more than that may be due."""
        if entry.body is None or now >= entry.until or now >= entry.verdict_until:
            return False
        if self._early is not None and now >= near_end(entry, self._early):
            return False
        entry.age(now)
        return True

    def open_door(self, door: Door) -> None:
        """See `HitPath`."""

    def use_cookie_secrets(self, secrets: Sequence[bytes]) -> None:
        """A query with a cookie is a miss here."""

    def new_client(self, forms: dict[bytes, Form], view: int, allowance: Allowance | None, now: float) -> AnyClient:
        """See `HitPath`."""
        if allowance is None:
            return Client(forms, view)
        return Client(forms, view, budget=Budget.full(allowance.rate, allowance.proven_factor, allowance.step, now))

    def remember(self, table: int, address: bytes, client: AnyClient) -> None:
        """The door's own table knows it."""

    def forget(self, table: int) -> None:
        """The door's own table forgets."""

    def look_into(self, cache: Cache) -> None:
        """See `HitPath`."""
        self._find, self._find_verdict, self._verdict_key = cache.find, cache.find_verdict, cache.verdict_key

    def put(self, key: bytes, entry: Entry) -> None:
        """It is found in the cache."""

    def discard(self, key: bytes) -> None:
        """It is found there no more."""

    def count_uses(self, key: bytes, entry: Noted) -> None:
        """They are counted where they stand."""

    def enforce(self, ruler: Ruler) -> None:
        """See `HitPath`."""
        self._generation = ruler.generation

    def watch(self, mark: Mark) -> None:
        """See `HitPath`."""
        self._mark = mark


def choose_hit_path(
    module: ModuleType | None, config: CoreConfig, counters: Counters, unix_time: Callable[[], float], secret: bytes
) -> HitPath:
    """Return the twin in C if its extension is there; `secret` is for its tables."""
    if module is None:
        return PureHitPath(counters, config.limits if config.prefetch else None)
    from resolver.core.native_hit_path import NativeHitPath

    return NativeHitPath(config, counters, unix_time, secret)
