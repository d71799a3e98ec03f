"""The forwarder: a sans-IO machine of five verbs. Bytes and the time come in, bytes and a deadline go out.

The hot path is an object of its own (`hit_path.py`). What it misses goes on here: `reception.py` reads the query and
says whether it is served, `resolution.py` finds the answer.
"""

from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import native
from blocklist.index import Index
from resolver.core import codes
from resolver.core.access import packed_address
from resolver.core.canary import Canary
from resolver.core.config import CoreConfig
from resolver.core.counters import Counters
from resolver.core.door import Door
from resolver.core.flights import Handed, Landed, Times
from resolver.core.hit_path import choose_hit_path
from resolver.core.newcomers import Mark, no_mark
from resolver.core.pending import Waiter
from resolver.core.query import query_of_form
from resolver.core.reception import Reception
from resolver.core.resolution import Resolution
from resolver.core.trouble import Trouble
from resolver.core.upstream_query import UpstreamQuery

if TYPE_CHECKING:
    from resolver.core.native_flights import NativeFlights

_SECRET_BYTES = 16


class Forwarder:
    """One worker's core. `now` is monotonic seconds everywhere; `peer` is opaque and handed back with late answers.

    `unix_time` is the time of day, for server cookies only: servers with one secret agree by it. `module` is the C
    extension, None for the pure twin of the hit path.
    The edge drops queries from source port 0 before they come here, and strips or adds the length of TCP messages.
    """

    def __init__(
        self,
        config: CoreConfig,
        counters: Counters,
        random_bytes: Callable[[int], bytes],
        unix_time: Callable[[], float],
        module: ModuleType | None = native.MODULE,
    ) -> None:
        self._config = config
        self.hit_path = choose_hit_path(module, config, counters, unix_time, random_bytes(_SECRET_BYTES))
        self._reception = Reception(config, counters, unix_time, self.hit_path)
        self._resolution = Resolution(config, counters, random_bytes, self.hit_path, self._reception.waiter)

    def door(self, transport: int, place: str) -> Door:
        """Return a way in, to be named with every query that comes through it; `place` is the listening endpoint."""
        return self._reception.door(transport, place)

    def admits(self, host: str) -> bool:
        """Whether this client is served at all; who is not need not be let in where that is dear."""
        return self._reception.admits(host)

    def use_cookie_secrets(self, secrets: Sequence[bytes]) -> None:
        """Make and take server cookies under these secrets, newest first (RFC 9018); without any, no cookies."""
        self._reception.use_cookie_secrets(secrets)

    def set_index(self, index: Index, generation: int, mark: Mark = no_mark) -> None:
        """Put a list in force: from the next query on every kept answer of another generation is decided again.

        `mark` is called for each query that a fresh entry of it answers.
        """
        self._resolution.set_index(index, generation, mark)

    def stop_marking(self) -> None:
        """Nobody watches the fresh entries any more."""
        self._resolution.stop_marking()

    def canary(self, candidate: Index, marks: memoryview) -> Canary:
        """Return the trial of an index on what is kept now; `marks` has a byte for each of its fresh entries."""
        return self._resolution.canary(candidate, marks)

    # --- queries ----------------------------------------------------------------------------------------

    def receive_query(self, data: bytes, host: str, door: Door, peer: object, now: float) -> bytes | None:
        """Take a client's message; return the answer, or None when it is dropped or comes later."""
        return self.receive(data, packed_address(host), door, peer, now)

    def receive(self, data: bytes, address: bytes, door: Door, peer: object, now: float) -> bytes | None:
        """Do the same for a packed address (see `HitPath.answer`)."""
        answer = self.hit_path.answer(data, address, door, now)
        return self.receive_missed(data, address, door, peer, now) if answer is None else answer or None

    def receive_missed(self, data: bytes, address: bytes, door: Door, peer: object, now: float) -> bytes | None:
        """Take a message that the hit path has missed; return the answer, or None when it is dropped or comes later."""
        client = door.clients.get(hash(address))
        if client is not None and client.left > 0:
            root = data.find(0, codes.HEADER_BYTES)
            form = client.forms.get(data[2:12] + data[root + 1 :])
            query = None if form is None else query_of_form(data, root + 1, form)
            if query is not None:
                client.allow(now)
                return self._resolution.resolve(Waiter(query, door, peer, now), now)
        received = self._reception.receive(data, address, door, now)
        if received is None or isinstance(received, bytes):
            return received
        if self._reception.may_recurse(received, address):
            return self._resolution.resolve(Waiter(received, door, peer, now), now)
        return self._resolution.without_recursion(received, door, now)

    # --- upstreams --------------------------------------------------------------------------------------

    def receive_response(self, data: bytes, attempt: int, now: float) -> bool:
        """Take an upstream's message; True when this attempt is over and its socket may be closed."""
        return self._resolution.asking.receive(data, attempt, now)

    def attempts_failed(self, attempts: Iterable[int], now: float, trouble: Trouble = Trouble.UNREACHABLE) -> None:
        """Take one network error of attempts: refused, unreachable, closed before the answer, not who it should be."""
        self._resolution.asking.fail(attempts, now, trouble)

    # --- questions that the hit path asks ---------------------------------------------------------------

    @property
    def may_fly(self) -> bool:
        """Whether plain questions need no look from here: answers are kept, and decided by one policy."""
        return self._config.caching and not self._config.views

    def let_fly(self, servers: Sequence[bytes], ports: dict[str, Any]) -> "NativeFlights | None":
        """Let them be asked of upstreams at these sockaddrs over such ports; None where that cannot be."""
        if self.hit_path.kind == "pure" or not self.may_fly:
            return None
        from resolver.core.native_hit_path import NativeHitPath

        assert isinstance(self.hit_path, NativeHitPath)
        flights = self.hit_path.let_fly(self._config, servers, ports)
        self._resolution.let_fly(flights)
        return flights

    def end_flights(self) -> None:
        """Ask all from here again."""
        self._resolution.in_flight.end_flights()

    def landed(self, answers: Sequence[Landed], times: Sequence[Times]) -> None:
        """Keep what was answered there, and note how long each answer took."""
        self._resolution.landed(answers, times)

    def take_over(self, handed: Handed, now: float) -> None:
        """Go on with a question that was asked there."""
        self._resolution.in_flight.take_over(handed, now)

    def attempts_taken_over(self) -> list[tuple[int, int]]:
        """Return and clear the attempts that began there, with their tokens."""
        return self._resolution.asking.attempts.taken_over()

    def publish_route(self) -> None:
        """Say whom to ask there, as of what is known now."""
        self._resolution.in_flight.publish_route()

    # --- what to do next --------------------------------------------------------------------------------

    def queries_to_send(self) -> list[UpstreamQuery]:
        """Return and clear the queries to upstreams."""
        return self._resolution.asking.attempts.taken_to_send()

    def answers_to_send(self) -> list[tuple[object, bytes]]:
        """Return and clear the late answers with their peers."""
        answers, self._resolution.late = self._resolution.late, []
        return answers

    def attempts_to_close(self) -> list[int]:
        """Return and clear the attempts that nobody waits for any more."""
        return self._resolution.asking.attempts.taken_to_close()

    def next_deadline(self) -> float | None:
        """Return when `handle_deadline` is due, None for never."""
        forget, resolve = self._reception.next_deadline(), self._resolution.next_deadline()
        if forget is None or resolve is None:
            return resolve if forget is None else forget
        return min(forget, resolve)

    def handle_deadline(self, now: float) -> None:
        """Try again, give up, probe and serve old answers, and forget clients, as is due by now."""
        self._reception.forget(now)
        self._resolution.handle_deadline(now)
