"""Entries under the list in force: made, and decided again when the list, the verdict or a TTL has moved on.

Each is decided by the index as the policy of its view sees it.
"""

from blocklist.index import Index, Match
from resolver.core import codes
from resolver.core.answer import Answer, failure
from resolver.core.body import Body
from resolver.core.cache import Entry
from resolver.core.config import CoreConfig
from resolver.core.counters import Layout
from resolver.core.flights import Landed
from resolver.core.message import Message, read_message
from resolver.core.names import WireFault
from resolver.core.plain import Plain, body_of_plain, plain_lifetime
from resolver.core.policy import Course, Decision, Ruling, decide, decide_response
from resolver.core.policy_answers import PolicyAnswers
from resolver.core.query import Query
from resolver.core.reply import as_nodata, body_of, chain_ttl, lifetime, without
from resolver.core.views import ALL_LISTS, Views

_UNDECIDED = -1
"""Generation of a kept answer that nobody is served from: its question is listed, and a verdict answers it."""


class Ruler:
    """Applies the index in force to questions and kept messages."""

    def __init__(self, config: CoreConfig, layout: Layout) -> None:
        self._config = config
        self._layout = layout
        self.views = Views(config)
        self.answers = PolicyAnswers(config, self.views.policies)
        self.enforce(Index.empty(), 0)

    def enforce(self, index: Index, generation: int) -> None:
        """Decide by this index from now on."""
        self.indexes = self.views.of(index)
        self.generation = generation

    def decide(self, query: Query, now: float) -> Decision:
        """Return the verdict on a question."""
        form = query.form
        return decide(self.indexes[form.view], query.name, form.qtype, now)

    def verdict(self, match: Match, qtype: int, now: float, view: int = ALL_LISTS) -> Entry:
        """Return the entry of a listed question: a constant answer and no name."""
        entry = Entry(self.generation, now, now + self._config.limits.verdict_ttl, view=view)
        self._block(entry, match, qtype, now)
        return entry

    def failed(self, answer: Answer, now: float) -> Entry:
        """Return the entry of a question that no upstream answered; it holds nothing and stands in while that lasts."""
        entry = Entry(self.generation, now, now)
        entry.hold(answer)
        return entry

    def old_answer(self, entry: Entry, now: float) -> Answer:
        """Return what an entry past its end says under the list in force."""
        if entry.generation != self.generation or now >= entry.verdict_until:
            self._rule(entry, read_message(entry.kept), now)
        return entry.answer if entry.body is None else entry.body.stale(self._config.limits.stale_ttl)

    def entry_for(
        self, message: Message, trust_ad: bool, now: float, decision: Decision | None = None, view: int = ALL_LISTS
    ) -> tuple[Entry, bool]:
        """Return the entry of an upstream's answer, and whether it may be kept.

        `decision` is the verdict on the question if it was made under the index in force and for this view.
        """
        seconds = lifetime(message, self._config)
        entry = Entry(self.generation, now, now + seconds, message.data, trust_ad, view)
        self._rule(entry, message, now, decision)
        return entry, seconds > 0

    def entry_for_plain(self, plain: Plain, trust_ad: bool, now: float, view: int) -> tuple[Entry, bool]:
        """Do the same for a plain answer to a question that is open under the list in force and for this view."""
        seconds = plain_lifetime(plain, self._config)
        entry = Entry(self.generation, now, now + seconds, plain[0], trust_ad, view)
        body = entry.body = body_of_plain(plain, seconds, self._config, trust_ad=trust_ad)
        entry.stands = True
        entry.answer = Answer(body.flags, body.rcode, body.counts, body.sections)
        entry.due = min(entry.until, now + 1)
        return entry, seconds > 0

    def landed(self, landed: Landed) -> Entry:
        """Return the entry of a plain answer whose question was open, and which the hit path serves.

        Should that keep what cannot be read here, the entry holds nothing: the question is asked anew, and no look at
        it fails for as long as it stands.
        """
        stored, trust_ad = landed.stored, self._config.upstreams[landed.upstream].trust_ad
        try:
            message = read_message(landed.kept)
        except WireFault:
            return self.failed(failure(), stored)
        entry = Entry(landed.generation, stored, stored + landed.seconds, landed.kept, trust_ad)
        entry.body = body_of(message, self._config, trust_ad=trust_ad)
        entry.stands = True
        entry.answer = entry.body.aged(0)
        entry.due = min(entry.until, stored + 1)
        return entry

    def under(self, entry: Entry, view: int, now: float) -> Entry:
        """Return the entry of the same message for another view."""
        other = Entry(self.generation, entry.stored, entry.until, entry.kept, entry.trust_ad, view)
        self._rule(other, read_message(entry.kept), now)
        return other

    def refresh(self, entry: Entry, now: float) -> bool:
        """Bring an entry up to date; False when it has ended, cannot be decided again, or its question is listed.

        A listed question has a verdict of its own. What was kept before stays as it is: to note its use would keep it
        longer, and somebody would find the question by what is missing instead (secrecy.md 6).
        """
        if now >= entry.until:
            return False
        if entry.generation != self.generation or now >= entry.verdict_until:
            if not entry.kept:
                return False
            message = read_message(entry.kept)
            decision = self._decide_kept(entry, message, now)
            if decision.course is Course.BLOCK:
                return False
            self._rule(entry, message, now, decision)
        elif now >= entry.due and entry.body is not None:
            entry.age(now)
        return True

    def _decide_kept(self, entry: Entry, message: Message, now: float) -> Decision:
        name, qtype = message.question[:-4].lower(), int.from_bytes(message.question[-4:-2])
        return decide(self.indexes[entry.view], name, qtype, now)

    def _rule(self, entry: Entry, message: Message, now: float, decision: Decision | None = None) -> None:
        entry.generation = self.generation
        entry.verdict_until = float("inf")
        entry.event = 0
        entry.fresh = None
        entry.stands = False
        decision = decision or self._decide_kept(entry, message, now)
        if decision.course is Course.BLOCK and decision.match is not None:
            entry.generation = _UNDECIDED
            self._block(entry, decision.match, int.from_bytes(message.question[-4:-2]), now)
        else:
            self._rule_response(entry, message, decision, now)

    def _rule_response(self, entry: Entry, message: Message, decision: Decision, now: float) -> None:
        ruling = decide_response(decision, message, self.indexes[entry.view], self._config.limits, now)
        if ruling.blocked is not None:
            qtype = int.from_bytes(message.question[-4:-2])
            self._block(entry, ruling.blocked, qtype, now, chain_ttl(message))
            return
        body = None if ruling.broken else self._body(message, ruling, trust_ad=entry.trust_ad)
        if body is None or message.body_start + len(body.sections) > codes.MESSAGE_BYTES_MAX:  # grown when written anew
            entry.until = min(entry.until, now + self._config.limits.failure_ttl)  # whatever TTLs say (RFC 9520)
            entry.hold(failure())
            return
        entry.body = body
        entry.stands = ruling.stands
        entry.age(now)

    def _body(self, message: Message, ruling: Ruling, *, trust_ad: bool) -> Body:
        """Return the message as it is served, without what must not be shown."""
        body = body_of(message, self._config, trust_ad=trust_ad)
        if ruling.to_nodata:
            return as_nodata(message, body, self._config.answer_ttl)
        return without(message, body, ruling.dropped) if ruling.dropped else body

    def _block(self, entry: Entry, match: Match, qtype: int, now: float, chain: int | None = None) -> None:
        """Serve the policy answer until the listing ends; one event is one A query that is no self-test."""
        number = self.answers.list_number(match.list_id)
        entry.event = self._layout.blocks + number if qtype == codes.A and not match.test and number is not None else 0
        entry.fresh = match if match.fresh >= 0 and not match.test else None
        entry.verdict_until = match.not_after - self.indexes[entry.view].clock_offset
        entry.hold(self.answers.answer(match.list_id, qtype, chain, entry.view))
