"""Clients over DoH (RFC 8484): HTTP/2 requests in, answers out in the order they are ready."""

from collections.abc import Iterator
from contextlib import contextmanager

from attrs import frozen
from twisted.python.failure import Failure

from resolver.core.door import Door
from resolver.edge.limits import DohLimits
from resolver.edge.serving.http2 import Http2
from resolver.edge.serving.stream import Stream, Streams


@frozen
class DohTerms:
    """The path of the service, and its limits."""

    path: str
    limits: DohLimits


class DohConnection(Stream):
    """One client's connection."""

    def __init__(self, server: Streams, door: Door, host: str) -> None:
        super().__init__(server, door, host)
        terms: DohTerms = server.limits
        self._doh = terms.limits
        self._http = Http2(terms.path, terms.limits)

    def dataReceived(self, data: bytes) -> None:
        """Ask what is asked."""
        if self.is_over:
            return
        with self._guarded():
            for stream, message in self._http.receive(data, self.seconds()):
                if not self.is_over:
                    self._ask(stream, message)
            self.work()

    def deliver(self, data: bytes, address: object) -> None:
        """Send an answer that had to wait; `address` is the number of its stream."""
        self.in_flight -= 1
        if self.is_over:
            return
        assert isinstance(address, int)
        with self._guarded():
            self._http.answer(address, data, self.seconds())
            self.used()
            self.work()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Gone, with all that was said."""
        super().connectionLost(reason)
        self._http.let_go()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """A fault costs this connection, never another's answer, whatever a stranger's bytes bring about."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  it is reported
            self.pump.fault(error)
            self.abort()

    def finish(self) -> None:
        """Say that no more requests are taken; close when the answers are out."""
        self._http.go_away()
        self.work()

    def overdue(self, now: float) -> bool:
        """Whether a request is dribbled, or the client's flow control holds answers up."""
        return self._http.overdue(now, self._limits.stalled_seconds)

    def idle_limit(self) -> float:
        """Longer than TCP's: a handshake costs both sides more than an open connection."""
        return self._doh.idle_seconds

    def work(self) -> None:
        """Write what is to be written; end when there is nothing more to come."""
        self.pump.flush()
        self._send()
        if self.is_over:
            return
        if self._http.is_over:
            self.close()
        elif self.is_stalled:
            self.transport.pauseProducing()
        else:
            self.transport.resumeProducing()

    def _send(self) -> None:
        if not self.is_over and (data := self._http.outgoing()):
            self.write(data)

    def _ask(self, stream: int, message: bytes) -> None:
        if self.in_flight >= self._doh.in_flight or self.is_stalled:
            self._http.turn_away(stream)
            return
        self.used()
        answer = self.pump.query(message, self.address, self.door, (self, stream))
        if answer is None:
            self.in_flight += 1
        else:
            self._http.answer(stream, answer, self.seconds())
            self._send()  # at once, so that a client that takes none is noticed before its next question
