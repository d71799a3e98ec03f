"""Clients over TCP (RFC 7766) and DoT (RFC 7858): messages behind a 2-byte length.

Many may be in flight, and answers go out in the order they are ready.
"""

from twisted.internet.interfaces import IHalfCloseableProtocol
from zope.interface import implementer

from resolver.core.codes import HEADER_BYTES
from resolver.core.door import Door
from resolver.edge.limits import TcpLimits
from resolver.edge.serving.stream import Stream, Streams

LENGTH_BYTES = 2
_QR = 0x80  # in the third byte


@implementer(IHalfCloseableProtocol)
class TcpConnection(Stream):
    """One client's connection."""

    def __init__(self, server: Streams, door: Door, host: str) -> None:
        super().__init__(server, door, host)
        self._tcp: TcpLimits = server.limits
        self._buffer = bytearray()
        self._begun_at: float | None = None  # when the message that is not whole yet began
        self._reads_no_more = False

    def readConnectionLost(self) -> None:
        """The client sends no more; it may still wait for answers."""
        self._reads_no_more = True
        self._close_when_done()

    def writeConnectionLost(self) -> None:
        """Asked for by Twisted; we never close our half alone."""

    def dataReceived(self, data: bytes) -> None:
        """Collect and answer whole messages."""
        self._buffer += data
        self.work()

    def deliver(self, data: bytes, address: object) -> None:
        """Send an answer that had to wait."""
        if self.is_over:
            return
        self.in_flight -= 1
        self._write(data)
        self.work()

    def finish(self) -> None:
        """Read nothing more; close when the answers are out."""
        self._reads_no_more = True
        self.transport.pauseProducing()
        self._close_when_done()

    def overdue(self, now: float) -> bool:
        """Whether a message is dribbled."""
        return self._begun_at is not None and now - self._begun_at >= self._tcp.message_seconds

    def idle_limit(self) -> float:
        """RFC 7766 section 6.2.3; told to clients by RFC 7828."""
        return self._tcp.idle_seconds

    def work(self) -> None:
        """Answer the whole messages at hand, as far as the limits allow."""
        while self._may_read() and (message := self._next_message()) is not None:
            self.used()
            answer = self.pump.query(message, self.address, self.door, (self, None))
            if answer is None:
                self.in_flight += 1
            else:
                self._write(answer)
        self.pump.flush()
        self._note_beginning()
        self._read_or_wait()
        self._close_when_done()

    def _next_message(self) -> bytes | None:
        """One whole message, or None when there is none yet. What only a broken client sends ends the connection."""
        buffer = self._buffer
        if len(buffer) < LENGTH_BYTES:
            return None
        size = int.from_bytes(buffer[:LENGTH_BYTES], "big")
        if not HEADER_BYTES <= size <= self._tcp.message_bytes:
            self._end()
            return None
        if len(buffer) < LENGTH_BYTES + size:
            return None
        message = bytes(buffer[LENGTH_BYTES : LENGTH_BYTES + size])
        del buffer[: LENGTH_BYTES + size]
        self._begun_at = None
        if message[2] & _QR:  # a response; the core would drop it, and nobody would count it out again
            self._end()
            return None
        return message

    def _end(self) -> None:
        self._buffer.clear()
        self.close()

    def _note_beginning(self) -> None:
        if not self._buffer or not self._may_read():  # what we do not read is not late
            self._begun_at = None
        elif self._begun_at is None:
            self._begun_at = self.seconds()

    def _write(self, answer: bytes) -> None:
        self.used()
        self.write(len(answer).to_bytes(LENGTH_BYTES, "big") + answer)

    def _may_read(self) -> bool:
        return not self.is_over and not self.is_stalled and self.in_flight < self._tcp.in_flight

    def _read_or_wait(self) -> None:
        if self.is_over or self._reads_no_more:
            return
        if self._may_read():
            self.transport.resumeProducing()
        else:
            self.transport.pauseProducing()

    def _close_when_done(self) -> None:
        if self._reads_no_more and not self.in_flight and not self.is_stalled:
            self.close()
