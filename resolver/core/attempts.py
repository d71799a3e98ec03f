"""Queries on their way to upstreams: made, counted where they went, found again by number, ended."""

from collections.abc import Callable
from itertools import count

from attrs import define

from resolver.core import codes
from resolver.core.pending import Pending
from resolver.core.randomness import Randomness
from resolver.core.upstream_query import UpstreamQuery, build
from resolver.core.upstreams import Upstreams

_PROBE_QUESTION = b"\0" + codes.NS.to_bytes(2) + codes.IN.to_bytes(2)


@define(eq=False)
class Attempt:
    """One query on its way to one upstream; `pending` is None for a probe."""

    number: int
    upstream: int
    transport: int
    query: bytes
    question: bytes
    """In lower case."""
    pending: Pending | None
    sent: float
    failed: bool = False
    done: bool = False
    """Whether nobody waits for it any more."""
    strange: int = 0
    """Messages that came but were not for us."""

    @property
    def cased(self) -> bytes:
        """The question as it was sent."""
        return self.query[codes.HEADER_BYTES : codes.HEADER_BYTES + len(self.question)]


class Attempts:
    """All of one worker."""

    def __init__(self, upstreams: Upstreams, random_bytes: Callable[[int], bytes]) -> None:
        self._upstreams = upstreams
        self._random_bytes = Randomness(random_bytes)
        self._numbers = count(1)
        self._attempts: dict[int, Attempt] = {}
        self._to_send: list[UpstreamQuery] = []
        self._to_close: list[int] = []
        self._taken_over: list[tuple[int, int]] = []
        self.find: Callable[[int], Attempt | None] = self._attempts.get

    def of(self, pending: Pending) -> list[Attempt]:
        """Return those of one question."""
        return [self._attempts[number] for number in pending.attempts]

    def ask(self, upstream: int, pending: Pending, now: float) -> None:
        """Ask an upstream: over TLS if that is how it is asked, over TCP once an answer was cut, else over UDP."""
        pending.asked |= {upstream}
        self._send(upstream, codes.TCP if pending.tcp else codes.UDP, pending, now)

    def ask_over_tcp(self, upstream: int, pending: Pending, now: float) -> None:
        """Ask the same upstream once more."""
        self._send(upstream, codes.TCP, pending, now)

    def probe(self, upstream: int, now: float) -> Attempt:
        """Ask an upstream for the root, the way it is asked for anything."""
        return self._send(upstream, codes.UDP, None, now)

    def _send(self, upstream: int, transport: int, pending: Pending | None, now: float) -> Attempt:
        asked = self._upstreams[upstream]
        if asked.config.tls:
            transport = codes.DOT
        question, do, cd = (pending.question, pending.do, pending.cd) if pending else (_PROBE_QUESTION, False, False)
        padded = transport == codes.DOT
        drawn = self._random_bytes(len(question) - 2)  # two for the id, one for each byte of the name
        query = build(question, drawn, do=do, cd=cd, mixed=asked.keeps_case and not padded, padded=padded)
        attempt = Attempt(next(self._numbers), upstream, transport, query, question, pending, now)
        self._attempts[attempt.number] = attempt
        if pending:
            pending.attempts.add(attempt.number)
            pending.sends += 1
        self._upstreams.sent(upstream, attempt.number, pending)
        self._to_send.append(UpstreamQuery(attempt.number, upstream, transport, query))
        return attempt

    def take_over(self, upstream: int, query: bytes, token: int, pending: Pending, sent: float) -> None:
        """Note a query that was sent and counted already; the edge knows it by its token."""
        attempt = Attempt(next(self._numbers), upstream, codes.UDP, query, pending.question, pending, sent)
        self._attempts[attempt.number] = attempt
        pending.asked |= {upstream}
        pending.attempts.add(attempt.number)
        pending.sends += 1
        self._upstreams[upstream].in_flight[attempt.number] = pending
        self._taken_over.append((attempt.number, token))

    def forget(self, attempt: Attempt) -> None:
        """Note that it is over; the edge knows."""
        del self._attempts[attempt.number]
        attempt.done = True
        self._upstreams.ended(attempt.upstream, attempt.number)
        if attempt.pending:
            attempt.pending.attempts.discard(attempt.number)

    def close(self, attempt: Attempt) -> None:
        """End it; the edge is told."""
        self.forget(attempt)
        self._to_close.append(attempt.number)

    def taken_to_send(self) -> list[UpstreamQuery]:
        """Return and clear the queries the edge has to send."""
        queries, self._to_send = self._to_send, []
        return queries

    def taken_over(self) -> list[tuple[int, int]]:
        """Return and clear the attempts that the edge has to know from now on, with their tokens."""
        numbers, self._taken_over = self._taken_over, []
        return numbers

    def taken_to_close(self) -> list[int]:
        """Return and clear the attempts the edge has to close."""
        numbers, self._to_close = self._to_close, []
        return numbers
