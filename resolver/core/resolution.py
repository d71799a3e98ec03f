"""From a question that may be answered to its answer: the cache, the list, special-use names, then an upstream."""

from collections import deque
from collections.abc import Callable, Sequence

from blocklist.index import Index, Match
from resolver.core.answer import Answer, failure
from resolver.core.asking import Asking
from resolver.core.cache import Cache, Entry, note_use
from resolver.core.canary import Canary
from resolver.core.config import CoreConfig
from resolver.core.counters import Counters
from resolver.core.door import Door
from resolver.core.failing import failing_again
from resolver.core.flights import Flights, Landed, Times, Waiting
from resolver.core.hit_path import HitPath
from resolver.core.in_flight import InFlight
from resolver.core.local import answer_locally, refusal
from resolver.core.message import Message, read_message
from resolver.core.newcomers import Mark, no_mark
from resolver.core.other_views import OtherViews
from resolver.core.pending import Pending, Waiter
from resolver.core.plain import Plain
from resolver.core.policy import Course, Decision
from resolver.core.prefetch import is_worth_asking_early
from resolver.core.query import Query, key_under
from resolver.core.ruling import Ruler
from resolver.core.special_use import SpecialUse
from resolver.core.stale import OldAnswers
from resolver.core.upstreams import Upstreams

_SECRET_BYTES = 32


class Resolution:
    """One worker's answers: what is kept, what is in flight, and the list in force over both."""

    def __init__(
        self,
        config: CoreConfig,
        counters: Counters,
        random_bytes: Callable[[int], bytes],
        hit_path: HitPath,
        waiter: Callable[[Waiting], Waiter],
    ) -> None:
        self._config = config
        self._counters = counters
        self._special_use = SpecialUse(config.special_use, config.designated)
        self._ruler = Ruler(config, counters.layout)
        self._hit_path = hit_path
        self.cache = Cache(config.cache_bytes if config.caching else 0, random_bytes(_SECRET_BYTES), hit_path)
        hit_path.look_into(self.cache)
        hit_path.enforce(self._ruler)
        self.asking = Asking(config, Upstreams(config.upstreams, counters, config.limits), random_bytes, self)
        self.in_flight = InFlight(config.limits, counters, self.asking, waiter)
        self._old = OldAnswers(config, self.cache, self._ruler)
        self._other_views = OtherViews(config, self.cache, self._ruler)
        self._impatient: deque[tuple[float, Pending]] = deque()
        """Questions whose clients get an old answer at a moment, if there is one."""
        self.generation = 0
        self.mark: Mark = no_mark
        self.late: list[tuple[object, bytes]] = []
        """Answers that had to wait, with their peers."""

    def set_index(self, index: Index, generation: int, mark: Mark) -> None:
        """Put a list in force."""
        self._ruler.enforce(index, generation)
        self.generation = generation
        self.mark = mark
        self._hit_path.enforce(self._ruler)
        self._hit_path.watch(mark)

    def stop_marking(self) -> None:
        """Nobody watches the fresh entries any more."""
        self.mark = no_mark
        self._hit_path.watch(no_mark)

    def canary(self, candidate: Index, marks: memoryview) -> Canary:
        """Return the trial of an index on what is kept now."""
        ruler = self._ruler
        return Canary(self.cache, ruler.indexes, ruler.views.of(candidate), marks)

    # --- at once ----------------------------------------------------------------------------------------

    def resolve(self, waiter: Waiter, now: float) -> bytes | None:
        """Return the answer, or None when it comes later."""
        query, door = waiter.query, waiter.door
        key = query.key
        cache = self.cache
        entry = self._usable(cache.find_verdict(cache.verdict_key(key)), now) or self._kept(query, now)
        if entry is not None:
            return self._serve(query, door, entry)
        decision = self._ruler.decide(query, now)
        if decision.course is Course.BLOCK and decision.match is not None:
            return self._serve(query, door, self._new_verdict(query, decision.match, now))
        forwarded = self.asking.zones.covers(query.name, query.form.qtype)
        special = None if forwarded else self._special_use.answer(query.name, query.form.qtype)
        if special is not None:
            if decision.course is Course.SOFTEN and decision.match is not None:
                special = self._ruler.answers.answer(decision.match.list_id, query.form.qtype)
            return answer_locally(self._counters, query, door, special)
        entry = self._other_views.take_over(query, now) or self._standing_in(query, now)
        if entry is not None:
            note_use(entry)
            return self._serve(query, door, entry)
        self._ask(waiter, decision, now)
        return None

    def without_recursion(self, query: Query, door: Door, now: float) -> bytes:
        """RD=0: policy holds, anything else is refused, cached or not (row 6: no snooping)."""
        decision = self._ruler.decide(query, now)
        if decision.course is Course.BLOCK and decision.match is not None:
            form = query.form
            return self._serve(query, door, self._ruler.verdict(decision.match, form.qtype, now, form.view))
        return answer_locally(self._counters, query, door, refusal(self._config))

    def _usable(self, entry: Entry | None, now: float) -> Entry | None:
        """Return a kept entry if it holds now: decided under this generation, its TTLs as they stand."""
        if entry is None or not self._ruler.refresh(entry, now):
            return None
        note_use(entry)
        return entry

    def _kept(self, query: Query, now: float) -> Entry | None:
        """Return what is kept of a question if it holds now; whether to ask early is seen whenever its TTLs tick.

        Not with each use: the hit paths answer different queries by themselves, and must not differ in what they ask.
        """
        entry = self.cache.find(query.key)
        ticks = entry is not None and now >= entry.due
        entry = self._usable(entry, now)
        if entry is None:
            return None
        self.cache.changed(query.key, entry)
        if ticks and self._config.prefetch and is_worth_asking_early(entry, now, self._config.limits):
            self._ask_early(query, entry, now)
        return entry

    def _new_verdict(self, query: Query, match: Match, now: float) -> Entry:
        entry = self._ruler.verdict(match, query.form.qtype, now, query.form.view)
        self.cache.put_verdict(self.cache.verdict_key(query.key), entry)
        return entry

    def _serve(self, query: Query, door: Door, entry: Entry) -> bytes:
        """Answer from the cache or by policy: both are booked alike (secrecy.md 6).

        Where nothing is cached every hit would be a blocked query, so no series but the block events knows of those.
        """
        if self._config.caching:
            self._counters.book_hit(door.transport, entry.answer.rcode)
        self._book_block(entry)
        return entry.answer.reply(query, door.transport)

    def _book_block(self, entry: Entry) -> None:
        if entry.event:
            self._counters.add(entry.event)
        if entry.fresh is not None:
            self.mark(entry.fresh)

    # --- without an upstream ----------------------------------------------------------------------------

    def _standing_in(self, query: Query, now: float) -> Entry | None:
        """Return what is served because asking an upstream would not help, or not soon enough (see `stale.py`)."""
        entry = self.cache.find(query.key)
        if entry is None or now < entry.until:
            return None
        if not entry.kept:
            return self._failing_still(query.key, entry, now)
        pending = self.in_flight.find(query.asked, now)
        has_failed = entry.failing is not None and entry.failing.recoveries == self.asking.recoveries
        overdue = pending is not None and now >= pending.started + self._config.limits.stale_wait
        if not (has_failed or overdue or self.asking.is_hopeless(query.asked[:-1])):
            return None
        old = self._old.find(query.key, now)
        if old is not None and has_failed:
            self._ask_early(query, old, now)
        return old

    def _failing_still(self, key: bytes, entry: Entry, now: float) -> Entry | None:
        """Return a failure that is known and too young to be tried again."""
        failing = entry.failing
        if failing is None or entry.generation != self.generation or not failing.holds(now, self.asking.recoveries):
            return None
        entry.stand_in(entry.answer, min(now + self._config.limits.stale_hold, failing.retry_at))
        self.cache.changed(key, entry)
        return entry

    def _ask_early(self, query: Query, entry: Entry, now: float) -> None:
        """Ask for a newer answer although nobody waits for it, if there is room and hope."""
        failing = entry.failing
        if failing is not None and failing.holds(now, self.asking.recoveries):
            return
        if (
            self.in_flight.is_half_full
            or self.in_flight.find(query.asked, now)
            or not self.asking.has_ease(query.asked[:-1])
        ):
            return
        self._open(query, self._ruler.decide(query, now), now)

    def next_deadline(self) -> float | None:
        """Return when `handle_deadline` is due."""
        while self._impatient and self._impatient[0][1].done:
            self._impatient.popleft()
        dues = (
            self.asking.next_deadline(),
            self.in_flight.next_due(),
            self._impatient[0][0] if self._impatient else None,
        )
        return min((due for due in dues if due is not None), default=None)

    def handle_deadline(self, now: float) -> None:
        """Let nobody wait longer for a newer answer than for an old one; then what `Asking` has to do."""
        self.in_flight.take_over_due(now)
        while self._impatient and self._impatient[0][0] <= now:
            _, pending = self._impatient.popleft()
            for view in () if pending.done else pending.views:
                old = self._old.find(key_under(pending.key, view), now)
                if old is not None:
                    for waiter in pending.release(view):
                        self._answer_from(old, waiter, now)
        self.asking.handle_deadline(now)

    # --- upstream ---------------------------------------------------------------------------------------

    def _ask(self, waiter: Waiter, decision: Decision, now: float) -> None:
        """Join the question in flight or open it."""
        self._counters.book_miss(waiter.door.transport)
        pending = self.in_flight.find(waiter.query.asked, now)
        if pending is not None:
            shed = self.in_flight.join(pending, waiter)
            if shed is not None:
                self._shed([shed], shed.query.key, now)
            return
        self._open(waiter.query, decision, now, waiter)

    def _open(self, query: Query, decision: Decision, now: float, *waiters: Waiter) -> None:
        """Ask a question, whether or not somebody waits for it."""
        asked, form = query.asked, query.form
        pending = Pending(asked, asked[:-1], form.do, form.cd, now, decision, self.generation, form.view)
        pending.waiters.extend(waiters)
        oldest = self.in_flight.open(pending, now)
        if oldest is not None:
            self.asking.abandon(oldest)
            for view in oldest.views:
                self._shed(oldest.release(view), key_under(oldest.key, view), now)
        if self._old.may_stand_in(query.key, now):
            self._impatient.append((now + self._config.limits.stale_wait, pending))
        self.asking.start(pending, now)

    def _shed(self, waiters: list[Waiter], key: bytes, now: float) -> None:
        """Those who must make room get an old answer, or SERVFAIL."""
        old = self._old.find(key, now)
        for waiter in waiters:
            self._answer_from(old, waiter, now) if old else self._answer_late(waiter, failure(), now)

    # --- what flies -------------------------------------------------------------------------------------

    def let_fly(self, flights: Flights) -> None:
        """From now on plain questions are asked there."""
        self.cache.let_land(self._ruler.landed)
        self.in_flight.let_fly(flights)

    def landed(self, answers: Sequence[Landed], times: Sequence[Times]) -> None:
        """Keep the answers that have come to them: who waited has been told, and the hit path has them."""
        self.cache.put_landed(answers)
        self.asking.answered_elsewhere(times)

    # --- what became of it --------------------------------------------------------------------------------

    def answered(self, pending: Pending, message: Message, trust_ad: bool, now: float) -> None:
        """Take an upstream's answer (called by `Asking`)."""
        self.in_flight.close(pending)
        for view in pending.views:
            known = pending.decision if (self.generation, view) == (pending.generation, pending.view) else None
            entry, keep = self._ruler.entry_for(message, trust_ad, now, known, view)
            self._keep(key_under(pending.key, view), entry, keep, now)
            for waiter in pending.waiters_of(view):
                self._answer_from(entry, waiter, now)

    def answered_plainly(self, pending: Pending, plain: Plain, trust_ad: bool, now: float) -> None:
        """Take one in the common form (called by `Asking`): an open question's is served as it is."""
        is_open = pending.decision.course is Course.OPEN and pending.generation == self.generation
        if not (is_open and pending.is_of_one_view):
            self.answered(pending, read_message(plain[0]), trust_ad, now)
            return
        self.in_flight.close(pending)
        entry, keep = self._ruler.entry_for_plain(plain, trust_ad, now, pending.view)
        self._keep(key_under(pending.key, pending.view), entry, keep, now)
        for waiter in pending.waiters:
            self._answer_from(entry, waiter, now)

    def _keep(self, key: bytes, entry: Entry, keep: bool, now: float) -> None:
        if keep:
            self.cache.put(key, entry)
        elif self.cache.find(key) is not None:  # what is kept is older than this, and must not stand in for it
            self.cache.put(key, self._ruler.failed(entry.answer, now))

    def unanswered(self, pending: Pending, answer: Answer, now: float) -> None:
        """Take a failure (called by `Asking`); an old answer is served in its place, or it is kept for a while."""
        self.in_flight.close(pending)
        for view in pending.views:
            entry = self._failed(key_under(pending.key, view), pending, answer, now)
            for waiter in pending.waiters_of(view):
                self._answer_from(entry, waiter, now)

    def _failed(self, key: bytes, pending: Pending, answer: Answer, now: float) -> Entry:
        """Note the failure with what is kept of the question; return what is said now."""
        kept = self.cache.find(key)
        limits, recoveries = self._config.limits, self.asking.recoveries
        before = kept.failing if kept else None
        failing = failing_again(before, now, recoveries, limits, silent=pending.is_silent, bogus=pending.is_bogus)
        if kept is not None:
            kept.failing = failing
        entry = self._old.find(key, now)
        if entry is None and kept is not None and now < kept.until:  # asked early: it is still good
            if not self._ruler.refresh(kept, now):
                return self._ruler.under(kept, kept.view, now)
            self.cache.changed(key, kept)
            return kept
        if entry is None:
            entry = self._ruler.failed(answer, now)
            entry.generation = pending.generation  # it says nothing about a list that came while we asked
            entry.stand_in(answer, min(now + limits.stale_hold, failing.retry_at))
            self.cache.put(key, entry)
        entry.failing = failing
        return entry

    def _answer_from(self, entry: Entry, waiter: Waiter, now: float) -> None:
        self._book_block(entry)
        self._answer_late(waiter, entry.answer, now)

    def _answer_late(self, waiter: Waiter, answer: Answer, now: float) -> None:
        self._counters.book_answer(answer.rcode, max(0, int((now - waiter.asked) * 1e6)))
        self.late.append((waiter.peer, waiter.message(answer)))
