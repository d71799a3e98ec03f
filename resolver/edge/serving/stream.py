"""What every client connection has in common, plain or over TLS: its times, its place in the register, its end.

A client that sends too much is not read, one that does not take its answers is closed, one that dribbles, never asks
or is quiet is closed (`ConnectionLimits`). What the bytes mean is the subclass's matter.
"""

from typing import Any

from twisted.internet.interfaces import IAddress, IHandshakeListener, IPushProducer
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure
from zope.interface import implementer

from resolver.core.access import packed_address
from resolver.core.door import Door
from resolver.edge.serving.connections import Connections
from resolver.edge.serving.pump import Pump


@implementer(IPushProducer, IHandshakeListener)
class Stream(Protocol):
    """One client's connection."""

    transport: Any  # ITCPTransport, which mypy-zope cannot set on Protocol

    def __init__(self, server: "Streams", door: Door, host: str) -> None:
        self.in_flight = 0
        self.prefix = server.connections.prefix_of(host)
        self.door = door
        self.address = packed_address(host)
        self.pump = server.pump
        self._register = server.connections
        self._limits = server.connections.limits
        self._opened = self._active = server.connections.seconds()
        self._ready_since: float | None = None if server.secure else self._opened  # None: the handshake is not over
        self._has_asked = False
        self._stalled_since: float | None = None
        self._draining_since: float | None = None
        self._closing_since: float | None = None
        self._held_bytes = 0

    # --- for subclasses ---------------------------------------------------------------------------------

    def work(self) -> None:
        """Go on with what is at hand: there is room again."""
        raise NotImplementedError

    def finish(self) -> None:
        """Read nothing more; close when the answers are out."""
        raise NotImplementedError

    def overdue(self, now: float) -> bool:
        """Whether something begun was to be whole by now."""
        raise NotImplementedError

    def idle_limit(self) -> float:
        """Seconds without use after which the connection ends."""
        raise NotImplementedError

    def used(self) -> None:
        """A whole query came in, or an answer went out."""
        self._has_asked = True
        self._active = self._register.seconds()
        self._register.used(self)

    def write(self, data: bytes) -> None:
        """Send; what a client does not take piles up here only so far."""
        self.transport.write(data)
        if self._stalled_since is not None:
            self._held_bytes += len(data)
            if self._held_bytes > self._limits.held_bytes:
                self.abort()

    @property
    def is_over(self) -> bool:
        """Whether nothing more is read or written."""
        return self._closing_since is not None

    @property
    def is_stalled(self) -> bool:
        """Whether the client does not take its answers."""
        return self._stalled_since is not None

    def seconds(self) -> float:
        """Now."""
        return self._register.seconds()

    # --- Twisted's side ---------------------------------------------------------------------------------

    def connectionMade(self) -> None:
        """Twisted tells us through the producer's verbs when the client does not take its answers."""
        self.transport.setTcpNoDelay(True)
        self.transport.registerProducer(self, True)
        if not self._register.opened(self):
            self.abort()

    def handshakeCompleted(self) -> None:
        """TLS is up."""
        self._ready_since = self._active = self._register.seconds()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Gone; answers still on their way are dropped at `deliver`."""
        self._closing_since = self._register.seconds()
        self._register.closed(self)

    def pauseProducing(self) -> None:
        """The client does not take its answers: read nothing more from it."""
        self._stalled_since = self._register.seconds()
        if not self.is_over:
            self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """It took them."""
        self._stalled_since, self._held_bytes = None, 0
        if not self.is_over:
            self.work()

    def stopProducing(self) -> None:
        """The connection is lost; `connectionLost` follows."""

    # --- its end ----------------------------------------------------------------------------------------

    def check_clocks(self, now: float) -> None:
        """End the connection if it is past one of its times."""
        if self._is_hopeless(now):
            self.abort()
        elif self._draining_since is not None:
            if now - self._draining_since >= self._limits.drain_seconds:
                self.close()
        elif now - self._active >= self.idle_limit() or now - self._opened >= self._limits.lifetime_seconds:
            self.drain()

    def _is_hopeless(self, now: float) -> bool:
        """Whether the client is too slow to be waited for."""
        limits = self._limits
        since = self._stalled_since if self._closing_since is None else self._closing_since
        if since is not None:
            return now - since >= limits.stalled_seconds
        if self._ready_since is None:
            return now - self._opened >= limits.handshake_seconds
        return self.overdue(now) or (not self._has_asked and now - self._ready_since >= limits.first_query_seconds)

    def drain(self) -> None:
        """Read nothing more; close when the answers are out, or soon."""
        if self._draining_since is None and not self.is_over:
            self._draining_since = self._register.seconds()
            self.finish()

    def close(self) -> None:
        """Close once the answers already written are taken; the sweep ends it if they never are."""
        if self._closing_since is None:
            self._closing_since = self._register.seconds()
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    def abort(self) -> None:
        """Close at once."""
        self._closing_since = self._register.seconds()
        self._register.closed(self)
        self.transport.abortConnection()


class Streams(Factory):
    """Makes the connections of one kind that come in by one door."""

    noisy = False

    def __init__(
        self,
        kind: "type[Stream]",
        door: Door,
        pump: Pump,
        connections: Connections,
        limits: Any,
        *,
        secure: bool = False,
    ) -> None:
        self.pump = pump
        self.connections = connections
        self.limits = limits
        self.secure = secure
        self._kind = kind
        self._door = door

    def buildProtocol(self, addr: IAddress | None) -> Stream | None:
        """A client connected. None: it is let go at once, for a handshake is more than a stranger may cost."""
        host = str(getattr(addr, "host", ""))
        if self.secure and not self.pump.core.admits(host):
            return None
        return self._kind(self, self._door, host)
