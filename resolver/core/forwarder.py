"""The forwarder: a sans-IO machine of five verbs. Bytes and the time come in, bytes and a deadline go out.

The hot path is `receive_query` down to the first return: one dictionary look-up for the form of the query, one for its
answer, one join. Everything unusual leaves it at once for clearer code.
"""

from collections.abc import Callable

from blocklist.index import Index, Match
from resolver.core import codes
from resolver.core.access import Access
from resolver.core.answer import ANY_ANSWER, Answer, failure
from resolver.core.asking import Asking
from resolver.core.cache import Cache, Entry
from resolver.core.canary import Canary
from resolver.core.config import CoreConfig
from resolver.core.counters import Counters
from resolver.core.message import Message
from resolver.core.newcomers import Mark, no_mark
from resolver.core.pending import Pending, PendingTable, Waiter
from resolver.core.policy import Course, Decision, decide
from resolver.core.query import BadQuery, Query, View, query_of_view, read_query
from resolver.core.ruling import Ruler
from resolver.core.special_use import SpecialUse
from resolver.core.upstream_query import UpstreamQuery
from resolver.core.upstreams import Upstreams

_SECRET_BYTES = 32


class Forwarder:
    """One worker's core. `now` is monotonic seconds everywhere; `peer` is opaque and handed back with late answers.

    The edge drops queries from source port 0 before they come here, and strips or adds the length of TCP messages.
    """

    def __init__(self, config: CoreConfig, counters: Counters, random_bytes: Callable[[int], bytes]) -> None:
        self._config = config
        self._counters = counters
        self._cells = counters.cells
        self._access = Access(config.allow, config.allow_rd0)
        self._special_use = SpecialUse(config.special_use)
        self._ruler = Ruler(config, counters.layout)
        self._generation = 0
        self._mark: Mark = no_mark
        self._cache = Cache(config.cache_bytes if config.caching else 0, random_bytes(_SECRET_BYTES))
        self._find, self._touch, self._verdict_key = self._cache.find, self._cache.touch, self._cache.verdict_key
        self._pending = PendingTable(config.limits.pending_max, config.limits.waiters_max)
        self._asking = Asking(config, Upstreams(config.upstreams, counters, config.limits), random_bytes, self)
        self._views: dict[bytes, View] = {}
        self._known_hosts: set[int] = set()
        self._answers: list[tuple[object, bytes]] = []

    def set_index(self, index: Index, generation: int, mark: Mark = no_mark) -> None:
        """Put a list in force: from the next query on every kept answer of another generation is decided again.

        `mark` is called for each query that a fresh entry of it answers.
        """
        self._ruler.index = index
        self._generation = self._ruler.generation = generation
        self._mark = mark

    def stop_marking(self) -> None:
        """Nobody watches the fresh entries any more."""
        self._mark = no_mark

    def canary(self, candidate: Index, marks: memoryview) -> Canary:
        """Return the trial of an index on what is kept now; `marks` has a byte for each of its fresh entries."""
        return Canary(self._cache.entries(), self._ruler.index, candidate, marks)

    # --- queries ----------------------------------------------------------------------------------------

    def receive_query(self, data: bytes, host: str, transport: int, peer: object, now: float) -> bytes | None:
        """Take a client's message; return the answer, or None when it is dropped or comes later."""
        root = data.find(0, 12)
        view = self._views.get(data[2:12] + data[root + 1 :])
        if view is None or hash(host) not in self._known_hosts:
            return self._receive_unknown(data, host, transport, peer, now)
        key = data[12 : root + 1].lower() + view.tail
        entry = self._find(key)
        if entry is None:
            key = self._verdict_key(key)
            entry = self._find(key)
        if entry is None or entry.generation != self._generation or now >= entry.due:
            query = query_of_view(data, root + 1, view)
            if query is None:
                return self._receive_unknown(data, host, transport, peer, now)
            return self._resolve(Waiter(query, transport, peer, now), now)
        self._touch(key)
        answer = entry.answer
        self._cells[transport << 3 | answer.cell] += 1  # `Counters.book_hit`, eight rcodes a transport
        if entry.event:
            self._cells[entry.event] += 1
        if entry.fresh is not None:
            self._mark(entry.fresh)
        head, tail = answer.rendered.get(view.slot) or answer.render(view)
        message = b"".join((data[:2], head, data[12 : root + 5], tail))
        if len(message) > view.udp_bytes:
            return answer.message(data[:2], data[12 : root + 5], view, transport)
        return message

    def _receive_unknown(self, data: bytes, host: str, transport: int, peer: object, now: float) -> bytes | None:
        try:
            query = read_query(data)
        except BadQuery as bad:
            self._counters.book_local(transport, bad.rcode)
            return bad.answer()
        if query is None:
            self._counters.add(self._counters.layout.dropped)
            return None
        if not self._access.admits(host):
            return self._local(query, transport, self._refusal())
        self._remember(query, data, host)
        if query.view.qtype == codes.ANY:
            return self._local(query, transport, ANY_ANSWER)
        if query.view.rd or self._access.admits_rd0(host):
            return self._resolve(Waiter(query, transport, peer, now), now)
        return self._without_recursion(query, transport, now)

    def _remember(self, query: Query, data: bytes, host: str) -> None:
        """Note the form of the query and the (hashed) client for the hot path; both tables start anew when full."""
        limits = self._config.limits
        if len(self._known_hosts) >= limits.hosts_max:
            self._known_hosts.clear()
        self._known_hosts.add(hash(host))  # str hashes are salted per process: no address is kept
        if query.memorable and query.view.qtype != codes.ANY:
            if len(self._views) >= limits.views_max:
                self._views.clear()
            self._views[data[2:12] + data[12 + len(query.name) :]] = query.view

    def _without_recursion(self, query: Query, transport: int, now: float) -> bytes:
        """RD=0: policy holds, anything else is refused, cached or not (row 6: no snooping)."""
        decision = decide(self._ruler.index, query.name, query.view.qtype, now)
        if decision.course is Course.BLOCK and decision.match is not None:
            return self._serve(query, transport, self._ruler.verdict(decision.match, query.view.qtype, now))
        return self._local(query, transport, self._refusal())

    def _resolve(self, waiter: Waiter, now: float) -> bytes | None:
        query, transport = waiter.query, waiter.transport
        key = query.key
        entry = self._usable(key, now) or self._usable(self._verdict_key(key), now)
        if entry is not None:
            return self._serve(query, transport, entry)
        decision = decide(self._ruler.index, query.name, query.view.qtype, now)
        if decision.course is Course.BLOCK and decision.match is not None:
            return self._serve(query, transport, self._new_verdict(key, decision.match, query.view.qtype, now))
        special = self._special_use.answer(query.name, query.view.qtype)
        if special is not None:
            if decision.course is Course.SOFTEN and decision.match is not None:
                special = self._ruler.answers.answer(decision.match.list_id, query.view.qtype)
            return self._local(query, transport, special)
        self._ask(waiter, key, decision, now)
        return None

    def _usable(self, key: bytes, now: float) -> Entry | None:
        """Return a kept entry that holds now: decided under this generation, its TTLs as they stand."""
        entry = self._find(key)
        if entry is None:
            return None
        if not self._ruler.refresh(entry, now):
            self._cache.drop(key)
            return None
        self._touch(key)
        return entry

    def _new_verdict(self, key: bytes, match: Match, qtype: int, now: float) -> Entry:
        entry = self._ruler.verdict(match, qtype, now)
        self._cache.put(self._verdict_key(key), entry)
        return entry

    def _serve(self, query: Query, transport: int, entry: Entry) -> bytes:
        """Answer from the cache or by policy: both are booked alike (secrecy.md 6).

        Where nothing is cached every hit would be a blocked query, so no series but the block events knows of those.
        """
        if self._config.caching:
            self._counters.book_hit(transport, entry.answer.rcode)
        self._book_block(entry)
        return entry.answer.message(query.ident, query.question, query.view, transport)

    def _book_block(self, entry: Entry) -> None:
        if entry.event:
            self._counters.add(entry.event)
        if entry.fresh is not None:
            self._mark(entry.fresh)

    def _local(self, query: Query, transport: int, answer: Answer) -> bytes:
        self._counters.book_local(transport, answer.rcode)
        return answer.message(query.ident, query.question, query.view, transport)

    def _refusal(self) -> Answer:
        reasons = () if self._config.relay else (codes.EDE_PROHIBITED,)
        return failure(*reasons, rcode=codes.REFUSED)

    # --- upstream ---------------------------------------------------------------------------------------

    def _ask(self, waiter: Waiter, key: bytes, decision: Decision, now: float) -> None:
        """Join the question in flight or open it."""
        self._counters.book_query(waiter.transport)
        self._counters.add(self._counters.layout.misses)
        pending = self._pending.find(key)
        if pending is not None:
            shed = self._pending.join(pending, waiter)
            if shed is not None:
                self._answer_late(shed, failure(), now)
            return
        view = waiter.query.view
        pending = Pending(key, key[:-1], view.do, view.cd, now, decision, self._generation)
        pending.waiters.append(waiter)
        oldest = self._pending.open(pending)
        if oldest is not None:
            self._asking.abandon(oldest)
            self._answer_all(oldest, failure(), now)
        self._asking.start(pending, now)
        self._gauge()

    def answered(self, pending: Pending, message: Message, trust_ad: bool, now: float) -> None:
        """Take an upstream's answer (called by `Asking`)."""
        self._close(pending)
        known = pending.decision if pending.generation == self._generation else None
        entry, keep = self._ruler.entry_for(message, trust_ad, now, known)
        if keep:
            self._cache.put(pending.key, entry)
        for _ in pending.waiters:
            self._book_block(entry)
        self._answer_all(pending, entry.answer, now)

    def unanswered(self, pending: Pending, answer: Answer, now: float) -> None:
        """Take a failure (called by `Asking`); it is kept for a while (RFC 9520)."""
        self._close(pending)
        entry = self._ruler.failed(answer, now)
        entry.generation = pending.generation  # it says nothing about a list that came while we asked
        self._cache.put(pending.key, entry)
        self._answer_all(pending, answer, now)

    def _close(self, pending: Pending) -> None:
        """Nobody joins any more. This comes first: after a fault below the question must be free to be asked again."""
        self._pending.close(pending)
        self._gauge()

    def _answer_all(self, pending: Pending, answer: Answer, now: float) -> None:
        for waiter in pending.waiters:
            self._answer_late(waiter, answer, now)

    def _answer_late(self, waiter: Waiter, answer: Answer, now: float) -> None:
        self._counters.book_answer(answer.rcode, max(0, int((now - waiter.asked) * 1e6)))
        self._answers.append((waiter.peer, waiter.message(answer)))

    def _gauge(self) -> None:
        self._counters.put(self._counters.layout.pending, len(self._pending))

    def receive_response(self, data: bytes, attempt: int, now: float) -> bool:
        """Take an upstream's message; True when this attempt is over and its socket may be closed."""
        return self._asking.receive(data, attempt, now)

    def attempt_failed(self, attempt: int, now: float) -> None:
        """Take a network error of an attempt: refused, unreachable, closed before the answer."""
        self._asking.fail(attempt, now)

    def forget_peer(self, peer: object) -> None:
        """A client is gone: no answer is made for it."""
        self._pending.forget_peer(peer)

    # --- what to do next --------------------------------------------------------------------------------

    def queries_to_send(self) -> list[UpstreamQuery]:
        """Return and clear the queries to upstreams."""
        queries, self._asking.to_send = self._asking.to_send, []
        return queries

    def answers_to_send(self) -> list[tuple[object, bytes]]:
        """Return and clear the late answers with their peers."""
        answers, self._answers = self._answers, []
        return answers

    def attempts_to_close(self) -> list[int]:
        """Return and clear the attempts that nobody waits for any more."""
        attempts, self._asking.to_close = self._asking.to_close, []
        return attempts

    def next_deadline(self) -> float | None:
        """Return when `handle_deadline` is due, None for never."""
        return self._asking.next_deadline()

    def handle_deadline(self, now: float) -> None:
        """Try again, give up and probe what is due by now."""
        self._asking.handle_deadline(now)
