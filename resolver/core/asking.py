"""Asking upstreams: tries on a schedule, failover at once, TC and lost case over TCP, probes of those that are down.

| an attempt sees              | then                                                                        |
|------------------------------|-----------------------------------------------------------------------------|
| an answer                    | the question is finished, its other attempts are closed                     |
| TC, or more than we offered  | the same upstream over TCP, and later tries too                             |
| the name in another case     | the same upstream over TCP; if that agrees, or often: it does not keep case |
| an error (SERVFAIL, REFUSED) | final for this upstream: the next that is up; none: the question has failed |
| a network error, rubbish     | an upstream not asked yet at once, else the next try on the schedule        |
| another id or question       | not for us: it waits on; too many of them: the same upstream over TCP       |
| silence                      | the next try on the schedule; `give_up`: the question has failed            |

The first try is always sent; an upstream with too much in flight sheds its oldest question for it. Every other try
needs room and a retry left in that upstream's budget, or it is left out. An upstream with TLS is asked over TLS only.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from resolver.core import codes
from resolver.core.answer import Answer, failure
from resolver.core.attempts import Attempt, Attempts
from resolver.core.config import CoreConfig
from resolver.core.edns import copied_ede, is_bogus, make_ede
from resolver.core.flights import NEVER_SENT, Times
from resolver.core.forward_zones import ForwardZones
from resolver.core.message import Message, read_message
from resolver.core.names import WireFault
from resolver.core.pending import Pending
from resolver.core.plain import Plain, read_plain
from resolver.core.timers import Timers
from resolver.core.trouble import Trouble
from resolver.core.upstream_query import Likeness, likeness
from resolver.core.upstreams import Route, Upstreams

_USABLE = frozenset({codes.NOERROR, codes.NXDOMAIN, codes.YXDOMAIN})


class Outcome(Protocol):
    """Who is told how a question ended."""

    def answered(self, pending: Pending, message: Message, trust_ad: bool, now: float) -> None:
        """A usable answer came."""

    def answered_plainly(self, pending: Pending, plain: Plain, trust_ad: bool, now: float) -> None:
        """Such a one came, in the form nearly all have."""

    def unanswered(self, pending: Pending, answer: Answer, now: float) -> None:
        """No usable answer came; `answer` says so."""


class Asking:
    """All questions of one worker that wait for an upstream."""

    def __init__(
        self, config: CoreConfig, upstreams: Upstreams, random_bytes: Callable[[int], bytes], outcome: Outcome
    ) -> None:
        self._config = config
        self._limits = config.limits
        self._upstreams = upstreams
        self._outcome = outcome
        self._offsets = (*config.limits.try_offsets, config.limits.give_up)
        self._timers: Timers[Pending | Attempt] = Timers(len(self._offsets) + 1)  # the last kind: probes
        self.zones = ForwardZones(config)
        self.attempts = Attempts(upstreams, random_bytes)

    def start(self, pending: Pending, now: float) -> None:
        """Ask the first upstream."""
        pending.upstreams = self.zones.upstreams_of(pending.question)
        self._schedule(pending)  # first: after a fault in a try it still has an end
        self._try_first(pending, now)

    def take_over(self, pending: Pending, upstream: int, query: bytes, token: int, sent: float, now: float) -> None:
        """Go on with a question whose first try was sent already, but for NEVER_SENT."""
        pending.upstreams = self.zones.upstreams_of(pending.question)
        self._schedule(pending)
        if token == NEVER_SENT:
            self._try_first(pending, now)
        else:
            self.attempts.take_over(upstream, query, token, pending, sent)

    def answered_elsewhere(self, times: Sequence[Times]) -> None:
        """Note the answers to questions that were not asked from here."""
        for upstream, rtts in times:
            self._upstreams[upstream].case_losses = 0
            self._upstreams.answered(upstream, *rtts)

    def route(self, departed: int, flying: int) -> Route:
        """Return how plain questions may be asked without a look at each, after so many were."""
        return self._upstreams.route(self.zones.recursors, departed, flying)

    def _try_first(self, pending: Pending, now: float) -> None:
        upstream = self._upstreams.first(pending.upstreams)
        if upstream is None:
            self._give_up(pending, now)
            return
        oldest = self._upstreams.oldest_if_full(upstream)
        if oldest is not None:
            self._give_up(oldest, now)
        self.attempts.ask(upstream, pending, now)

    def is_hopeless(self, question: bytes) -> bool:
        """Whether all upstreams of a lower-case question are known to be down."""
        return not self._is_up(self.zones.upstreams_of(question))

    def has_ease(self, question: bytes) -> bool:
        """Whether a question that nobody waits for takes no client's place."""
        return any(self._upstreams.is_at_ease(number) for number in self.zones.upstreams_of(question))

    @property
    def recoveries(self) -> int:
        """How often an upstream that was down came back."""
        return self._upstreams.recoveries

    def abandon(self, pending: Pending) -> None:
        """Stop asking without an outcome."""
        pending.done = True
        if pending.attempts:
            for attempt in self.attempts.of(pending):
                self.attempts.close(attempt)

    def receive(self, data: bytes, number: int, now: float) -> bool:
        """Take a response; True when this attempt is over."""
        attempt = self.attempts.find(number)
        if attempt is None:
            return True
        if attempt.pending is not None and len(data) <= self._limits.upstream_udp_bytes:
            plain = read_plain(data, attempt.query, attempt.question)
            if plain is not None:
                self._take_plain(attempt, attempt.pending, plain, now)
                return True
        found = likeness(attempt.query, attempt.cased, data)
        if found is Likeness.STRANGE and attempt.transport == codes.UDP:
            return self._is_flooded(attempt, now)
        self.attempts.forget(attempt)
        if found in (Likeness.STRANGE, Likeness.BARE_ERROR):
            self._fail(attempt, now, Trouble.RUBBISH)
        elif self._case_is_settled(attempt, found, now):
            self._take(attempt, data, now)
        return True

    def fail(self, numbers: Iterable[int], now: float, trouble: Trouble) -> None:
        """Take one network error of each upstream, which may have ended several attempts there."""
        noted: set[int] = set()
        for number in numbers:
            attempt = self.attempts.find(number)
            if attempt is not None:
                self.attempts.forget(attempt)
                self._fail(attempt, now, trouble, is_noted=attempt.upstream in noted)
                noted.add(attempt.upstream)

    def next_deadline(self) -> float | None:
        """Return when `handle_deadline` is due."""
        probe, timer = self._upstreams.next_probe(), self._timers.next_due()
        if probe is None or timer is None:
            return timer if probe is None else probe
        return min(timer, probe)

    def handle_deadline(self, now: float) -> None:
        """Try again, give up and probe what is due."""
        while (due := self._timers.take(now)) is not None:
            if isinstance(due, Attempt):
                self._end_probe(due, now)
            else:
                self._retry(due, now)
        for upstream in self._upstreams.probes_due(now):
            probe = self.attempts.probe(upstream, now)
            self._timers.put(len(self._offsets), now + self._limits.probe_timeout, probe)

    # --- tries ------------------------------------------------------------------------------------------

    def _schedule(self, pending: Pending) -> None:
        """Look again at the next of the offsets, the last of which is the end."""
        if not pending.done:
            self._timers.put(pending.step, pending.started + self._offsets[pending.step], pending)

    def _retry(self, pending: Pending, now: float) -> None:
        patient_until = now - self._limits.patience
        silent = [attempt for attempt in self.attempts.of(pending) if attempt.sent <= patient_until]
        for attempt in silent:
            if not attempt.failed:
                attempt.failed = True
                self._upstreams.failed(attempt.upstream, now, Trouble.SILENT)
        if pending.step >= len(self._limits.try_offsets):
            self._give_up(pending, now)
            return
        pending.step += 1
        if len(silent) == len(pending.attempts):
            self._next_upstream(pending, now)
        self._schedule(pending)

    def _next_upstream(self, pending: Pending, now: float) -> None:
        """Another try, if an upstream is left that has not given its final word and can be asked again."""
        left = [number for number in pending.upstreams if number not in pending.refused]
        if pending.sends >= self._limits.sends_max:
            return
        upstream = self._upstreams.next(left, pending.asked, now)
        if upstream is not None:
            self.attempts.ask(upstream, pending, now)

    # --- ends -------------------------------------------------------------------------------------------

    def _is_flooded(self, attempt: Attempt, now: float) -> bool:
        """Whether so much came that was not for us that somebody may be guessing: then TCP, where guessing is idle."""
        attempt.strange += 1
        if attempt.strange < self._limits.strange_max:
            return False
        self.attempts.forget(attempt)
        self._again_over_tcp(attempt, now)
        return True

    def _case_is_settled(self, attempt: Attempt, found: Likeness, now: float) -> bool:
        upstream = self._upstreams[attempt.upstream]
        if found is Likeness.SAME:
            upstream.case_losses = 0
        elif upstream.keeps_case:
            upstream.case_losses += 1
            if attempt.transport == codes.UDP and upstream.case_losses < self._limits.case_losses_max:
                self._again_over_tcp(attempt, now)
                return False
            upstream.keeps_case = False
        return True

    def _again_over_tcp(self, attempt: Attempt, now: float) -> None:
        if attempt.pending and attempt.pending.sends < self._limits.sends_max:
            self.attempts.ask_over_tcp(attempt.upstream, attempt.pending, now)

    def _take_plain(self, attempt: Attempt, pending: Pending, plain: Plain, now: float) -> None:
        """What `receive` comes to in the end when nothing at all is special."""
        upstream = self._upstreams[attempt.upstream]
        self.attempts.forget(attempt)
        upstream.case_losses = 0
        self._upstreams.answered(attempt.upstream, now - attempt.sent)
        self.abandon(pending)
        self._outcome.answered_plainly(pending, plain, upstream.config.trust_ad, now)

    def _take(self, attempt: Attempt, data: bytes, now: float) -> None:
        is_cut = data[2] & codes.TC >> 8 or len(data) > self._limits.upstream_udp_bytes
        if is_cut and attempt.transport == codes.UDP:
            self._upstreams.answered(attempt.upstream, now - attempt.sent)
            if attempt.pending:
                attempt.pending.tcp = True
            self._again_over_tcp(attempt, now)
            return
        behind = codes.HEADER_BYTES + len(attempt.question)
        try:  # names that point into the question must not show the case we drew
            message = read_message(data[: codes.HEADER_BYTES] + attempt.question + data[behind:])
        except WireFault:
            self._fail(attempt, now, Trouble.RUBBISH)
            return
        self._upstreams.answered(attempt.upstream, now - attempt.sent)
        pending = attempt.pending
        if pending and message.rcode in _USABLE and not message.flags & codes.TC:
            self.abandon(pending)
            self._outcome.answered(pending, message, self._upstreams[attempt.upstream].config.trust_ad, now)
        elif pending:
            self._refused(pending, attempt, message, now)

    def _refused(self, pending: Pending, attempt: Attempt, message: Message, now: float) -> None:
        pending.refused |= {attempt.upstream}
        pending.is_bogus |= message.rcode == codes.SERVFAIL and is_bogus(message.edns)
        options = copied_ede(message.edns, self._limits)
        if message.rcode != codes.SERVFAIL and not self._config.relay:
            options += make_ede(codes.EDE_NETWORK_ERROR)
        pending.last_error = Answer(codes.QR | codes.RA, codes.SERVFAIL, options=options)
        if not pending.attempts and self._is_up(
            number for number in pending.upstreams if number not in pending.refused
        ):
            self._next_upstream(pending, now)
        if not self._is_up(open_attempt.upstream for open_attempt in self.attempts.of(pending)):
            self._give_up(pending, now)

    def _is_up(self, upstreams: Iterable[int]) -> bool:
        return any(self._upstreams[number].up for number in upstreams)

    def _fail(self, attempt: Attempt, now: float, trouble: Trouble, *, is_noted: bool = False) -> None:
        if not attempt.failed:
            self._upstreams.failed(attempt.upstream, now, trouble, is_noted=is_noted)
        pending = attempt.pending
        if pending is None:
            return
        pending.network_error = True
        if not pending.attempts and len(pending.asked) < len(pending.upstreams):
            self._next_upstream(pending, now)

    def _give_up(self, pending: Pending, now: float) -> None:
        self.abandon(pending)
        reasons = [codes.EDE_NO_REACHABLE_AUTHORITY]
        if pending.network_error:
            reasons.append(codes.EDE_NETWORK_ERROR)
        silent = failure(*(() if self._config.relay else reasons))
        self._outcome.unanswered(pending, pending.last_error or silent, now)

    def _end_probe(self, probe: Attempt, now: float) -> None:
        self.attempts.close(probe)
        self._upstreams.failed(probe.upstream, now, Trouble.SILENT)
