"""Joins the sans-IO forwarder with sockets and the reactor's timer.

After every event the pump carries out what the core asks for: close attempts, send answers, send upstream queries; then
it sets one timer for the core's next deadline. A fault in the core costs the query at hand, never the worker.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from resolver.core.door import Door
from resolver.core.forwarder import Forwarder
from resolver.core.trouble import Trouble
from resolver.core.upstream_query import UpstreamQuery
from resolver.edge.faults import Faults
from resolver.edge.limits import PumpLimits


class Sink(Protocol):
    """Where an answer goes. A `peer` given to the core is `(sink, address)`; the address is the sink's own matter."""

    def deliver(self, data: bytes, address: object) -> None:
        """Send one answer; never raises for what a client or the network did."""


class Attempt(Protocol):
    """The open socket of one upstream query."""

    def close(self) -> None:
        """Close it and report nothing more."""


class Carrier(Protocol):
    """What asks upstreams without the pump, and hands over what is special."""

    @property
    def idle(self) -> bool:
        """Whether no question is open there."""

    def read(self) -> None:
        """Take what has come."""

    def note(self) -> None:
        """Register what the core has taken over (`Pump.adopt`)."""


Dial = Callable[[UpstreamQuery, "Pump"], Attempt]
"""Sends one upstream query; OSError when that cannot be done."""


class DialFault(OSError):
    """A query that cannot be sent, with the reason."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__()
        self.trouble = trouble


class Pump:
    """One worker's loop around its core."""

    def __init__(
        self,
        core: Forwarder,
        clock: IReactorTime,
        dials: Sequence[Dial],
        faults: Faults,
        limits: PumpLimits,
    ) -> None:
        self.core = core
        self.seconds: Callable[[], float] = clock.seconds
        self.fault = faults.report
        self._clock = clock
        self._dials = dials
        self._limits = limits
        self._open: dict[int, Attempt] = {}
        self._read_upstreams: list[Callable[[], None]] = []
        self._after_answers: list[Callable[[], None]] = []
        self._carrier: Carrier | None = None
        self._timer: IDelayedCall | None = None
        self._due = self._not_before = float("-inf")
        self._flushing = False

    @property
    def idle(self) -> bool:
        """Whether no upstream query is open."""
        return not self._open and (self._carrier is None or self._carrier.idle)

    def query(self, data: bytes, address: bytes, door: Door, peer: tuple[Sink, object]) -> bytes | None:
        """One client query; `flush` follows. The answer, or None when it comes later or never."""
        try:
            return self.core.receive(data, address, door, peer, self.seconds())
        except Exception as error:  # noqa: BLE001  the core must never stop the worker
            self.fault(error)
            return None

    def response(self, attempt: int, data: bytes) -> bool:
        """One message from an upstream; `flush` follows. True: the attempt is over and its socket is closed."""
        over = True
        try:
            over = self.core.receive_response(data, attempt, self.seconds())
        except Exception as error:  # noqa: BLE001  the core must never stop the worker
            self.fault(error)
            self._fail([attempt])
        if over:
            self._close(attempt)
        return over

    def attempts_failed(self, attempts: Collection[int], trouble: Trouble = Trouble.UNREACHABLE) -> None:
        """A socket reported an error or was closed early; these attempts of one upstream waited on it."""
        for attempt in attempts:
            self._close(attempt)
        self._fail(attempts, trouble)
        self.flush()

    def carry(self, carrier: Carrier | None) -> None:
        """Read this in every flush: plain questions are asked there."""
        self._carrier = carrier

    def adopt(self, number: int, attempt: Attempt) -> None:
        """Know an attempt that was begun elsewhere."""
        self._open[number] = attempt

    def also_read(self, read: Callable[[], None]) -> None:
        """Call this in every flush and before every deadline while queries are open: what came needs no turn."""
        self._read_upstreams.append(read)

    def after_answers(self, do: Callable[[], None]) -> None:
        """Call this once, when every answer of this turn was delivered: a sink lets go what it has collected."""
        self._after_answers.append(do)

    def flush(self) -> None:
        """Carry out what the core asks for and set the timer. Calls from within a flush are taken up by it."""
        if self._flushing:
            return
        self._flushing = True
        try:
            self._read_what_came()
            self._carry_out()
            if self._carrier is not None:
                self.core.publish_route()
            self._arm()
        except Exception as error:  # noqa: BLE001  the core must never stop the worker
            self.fault(error)
            self._arm_after_fault()
        finally:
            self._flushing = False
            self._let_go()

    def stop(self) -> None:
        """Close every attempt and the timer."""
        for attempt in list(self._open):
            self._close(attempt)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _read_what_came(self) -> None:
        if self._carrier is not None:
            self._carrier.read()
        if self._open:
            for read in self._read_upstreams:
                read()

    def _carry_out(self) -> None:
        core = self.core
        while True:
            if self._carrier is not None:
                self._carrier.note()
            for attempt in core.attempts_to_close():
                self._close(attempt)
            answers = core.answers_to_send()
            for peer, data in answers:
                sink, address = peer  # type: ignore[misc]  # every peer is one of ours
                sink.deliver(data, address)  # type: ignore[has-type]
            self._let_go()
            queries = core.queries_to_send()
            for query in queries:
                self._send(query)
            if not answers and not queries:
                return

    def _let_go(self) -> None:
        due, self._after_answers = self._after_answers, []
        for do in due:
            do()

    def _send(self, query: UpstreamQuery) -> None:
        if len(self._open) >= self._limits.sockets:
            self._fail([query.attempt])
            return
        try:
            self._open[query.attempt] = self._dials[query.transport](query, self)
        except DialFault as fault:
            self._fail([query.attempt], fault.trouble)
        except OSError:  # no route, no descriptor left, refused at once
            self._fail([query.attempt])

    def _fail(self, attempts: Collection[int], trouble: Trouble = Trouble.UNREACHABLE) -> None:
        try:
            self.core.attempts_failed(attempts, self.seconds(), trouble)
        except Exception as error:  # noqa: BLE001  the core must never stop the worker
            self.fault(error)

    def _close(self, attempt: int) -> None:
        opened = self._open.pop(attempt, None)
        if opened is not None:
            opened.close()

    def _arm(self) -> None:
        """Set the timer if the next deadline is nearer than the one it waits for; firing too early does no harm."""
        deadline = self.core.next_deadline()
        if deadline is None or (self._timer is not None and self._due <= deadline):
            return
        self._wait_until(max(deadline, self.seconds() + self._limits.soonest_seconds, self._not_before))

    def _arm_after_fault(self) -> None:
        """Whatever the core's deadlines are now: look again, but not at once."""
        self._not_before = self.seconds() + self._limits.after_fault_seconds
        self._wait_until(self._not_before)

    def _wait_until(self, due: float) -> None:
        self._due = due
        delay = max(due - self.seconds(), 0.0)
        if self._timer is None:
            self._timer = self._clock.callLater(delay, self._deadline)
        else:
            self._timer.reset(delay)

    def _deadline(self) -> None:
        self._timer = None
        try:
            self._read_what_came()  # after a standstill nobody is silent whose answer lies there
            self.core.handle_deadline(self.seconds())
        except Exception as error:  # noqa: BLE001  the core must never stop the worker
            self.fault(error)
            self._arm_after_fault()
        self.flush()
