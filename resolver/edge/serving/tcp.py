"""Clients over TCP (RFC 7766): messages behind a 2-byte length, many in flight, answers in the order they are ready.

A connection costs memory, so everything about it is bounded (`TcpLimits`): a client that sends too much is not read,
one that does not take its answers is closed, one that is quiet is closed, and when all places are taken the one that
was quiet longest makes room.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IAddress, IDelayedCall, IHalfCloseableProtocol, IPushProducer, IReactorTime
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure
from zope.interface import implementer

from resolver.core.door import Door
from resolver.edge.limits import TcpLimits
from resolver.edge.serving.pump import Pump

LENGTH_BYTES = 2
_HEADER_BYTES = 12
_QR = 0x80  # in the third byte


class TcpServer:
    """All client connections of one worker, whichever door they came in by."""

    def __init__(self, clock: IReactorTime, pump: Pump, limits: TcpLimits) -> None:
        self.limits = limits
        self.pump = pump
        self.seconds: Callable[[], float] = clock.seconds
        self._clock = clock
        self._connections: dict[TcpConnection, None] = {}  # the one that was quiet longest first
        self._sweeper: IDelayedCall | None = None

    def at(self, door: Door) -> "TcpDoor":
        """Return the factory of connections that come in by one door."""
        return TcpDoor(self, door)

    def opened(self, connection: "TcpConnection") -> None:
        """Count a connection in; the place of a quiet one is taken if there is no other."""
        if len(self._connections) >= self.limits.connections:
            quiet = next((each for each in self._connections if not each.in_flight), connection)
            quiet.abort()
        self._connections[connection] = None
        if self._sweeper is None:
            self._sweeper = self._clock.callLater(self.limits.sweep_seconds, self._sweep)

    def touched(self, connection: "TcpConnection") -> None:
        """A connection was of use: it is the last to make room."""
        if connection in self._connections:
            del self._connections[connection]
            self._connections[connection] = None

    def closed(self, connection: "TcpConnection") -> None:
        """Count a connection out."""
        self._connections.pop(connection, None)

    def stop(self) -> None:
        """Close every connection, with the answers already written."""
        for connection in list(self._connections):
            connection.close()

    def _sweep(self) -> None:
        """End what is past one of its clocks; the timer runs only while there are connections."""
        self._sweeper = None
        now = self.seconds()
        for connection in list(self._connections):
            connection.check_clocks(now)
        if self._connections:
            self._sweeper = self._clock.callLater(self.limits.sweep_seconds, self._sweep)


class TcpDoor(Factory):
    """Makes the connections of one listening socket."""

    noisy = False

    def __init__(self, server: TcpServer, door: Door) -> None:
        self._server = server
        self._door = door

    def buildProtocol(self, addr: IAddress | None) -> "TcpConnection":
        """A client connected."""
        return TcpConnection(self._server, self._door, str(getattr(addr, "host", "")))


@implementer(IPushProducer, IHalfCloseableProtocol)
class TcpConnection(Protocol):
    """One client's connection."""

    transport: Any  # ITCPTransport, which mypy-zope cannot set on Protocol

    def __init__(self, server: TcpServer, door: Door, host: str) -> None:
        self.in_flight = 0
        self._server = server
        self._door = door
        self._host = host
        self._buffer = bytearray()
        self._opened = self._active = server.seconds()
        self._stalled_since: float | None = None
        self._closing_since: float | None = None
        self._client_is_done = False

    def connectionMade(self) -> None:
        """Twisted tells us through the producer's verbs when the client does not take its answers."""
        self.transport.setTcpNoDelay(True)
        self.transport.registerProducer(self, True)
        self._server.opened(self)

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Gone; answers still on their way are dropped at `deliver`."""
        self._closing_since = self._server.seconds()
        self._server.closed(self)

    def readConnectionLost(self) -> None:
        """The client sends no more; it may still wait for answers."""
        self._client_is_done = True
        self._close_when_done()

    def writeConnectionLost(self) -> None:
        """Asked for by Twisted; we never close our half alone."""

    def dataReceived(self, data: bytes) -> None:
        """Collect and answer whole messages."""
        self._buffer += data
        self._work()

    def deliver(self, data: bytes, address: object) -> None:
        """Send an answer that had to wait."""
        if self._closing_since is not None:
            return
        self.in_flight -= 1
        self._write(data)
        self._work()

    def pauseProducing(self) -> None:
        """The client does not take its answers: read nothing more from it."""
        self._stalled_since = self._server.seconds()
        self._read_or_wait()

    def resumeProducing(self) -> None:
        """It took them."""
        self._stalled_since = None
        self._work()

    def stopProducing(self) -> None:
        """The connection is lost; `connectionLost` follows."""

    def check_clocks(self, now: float) -> None:
        """End the connection if it is past one of its limits."""
        limits = self._server.limits
        since = self._stalled_since if self._closing_since is None else self._closing_since
        if since is not None:
            if now - since >= limits.stalled_seconds:
                self.abort()
        elif now - self._active >= limits.idle_seconds or now - self._opened >= limits.lifetime_seconds:
            self.close()

    def close(self) -> None:
        """Close once the answers already written are taken; the sweep ends it if they never are."""
        if self._closing_since is None:
            self._closing_since = self._server.seconds()
            self._buffer.clear()
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    def abort(self) -> None:
        """Close at once."""
        self._closing_since = self._server.seconds()
        self._server.closed(self)
        self.transport.abortConnection()

    def _work(self) -> None:
        """Answer the whole messages at hand, as far as the limits allow."""
        while self._may_read() and (message := self._next_message()) is not None:
            self._server.touched(self)
            self._active = self._server.seconds()
            answer = self._server.pump.query(message, self._host, self._door, (self, None))
            if answer is None:
                self.in_flight += 1
            else:
                self._write(answer)
        self._server.pump.flush()
        self._read_or_wait()
        self._close_when_done()

    def _next_message(self) -> bytes | None:
        """One whole message, or None when there is none yet. What only a broken client sends ends the connection."""
        buffer = self._buffer
        if len(buffer) < LENGTH_BYTES:
            return None
        size = int.from_bytes(buffer[:LENGTH_BYTES], "big")
        if not _HEADER_BYTES <= size <= self._server.limits.message_bytes:
            self.close()
            return None
        if len(buffer) < LENGTH_BYTES + size:
            return None
        message = bytes(buffer[LENGTH_BYTES : LENGTH_BYTES + size])
        del buffer[: LENGTH_BYTES + size]
        if message[2] & _QR:  # a response; the core would drop it, and nobody would count it out again
            self.close()
            return None
        return message

    def _write(self, answer: bytes) -> None:
        self._active = self._server.seconds()
        self._server.touched(self)
        self.transport.write(len(answer).to_bytes(LENGTH_BYTES, "big") + answer)

    def _may_read(self) -> bool:
        return (
            self._closing_since is None
            and self._stalled_since is None
            and self.in_flight < self._server.limits.in_flight
        )

    def _read_or_wait(self) -> None:
        if self._closing_since is not None or self._client_is_done:
            return
        if self._may_read():
            self.transport.resumeProducing()
        else:
            self.transport.pauseProducing()

    def _close_when_done(self) -> None:
        if self._client_is_done and not self.in_flight and self._stalled_since is None:
            self.close()
