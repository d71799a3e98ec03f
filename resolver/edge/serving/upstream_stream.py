"""Our queries over TCP and TLS: a few connections to each upstream, kept open and shared (RFC 7766, RFC 7858).

A query whose connection was closed is asked again on a new one, without a word to the core, as long as the old one had
brought an answer: servers close idle connections, and the last query before that is nobody's failure.
"""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define
from twisted.internet.interfaces import IAddress, IConnector, IDelayedCall, IOpenSSLClientConnectionCreator
from twisted.internet.protocol import ClientFactory
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from resolver.core.trouble import Trouble
from resolver.core.upstream_query import UpstreamQuery
from resolver.edge.limits import UpstreamLimits
from resolver.edge.serving.pump import Pump
from resolver.edge.serving.upstream_connection import Connection, Question, TlsConnection
from resolver.edge.serving.upstream_udp import Server


class StreamDialer:
    """Sends upstream queries to the servers by number, over connections of one kind."""

    def __init__(self, pools: Mapping[int, "Pool"]) -> None:
        self._pools = pools

    def __call__(self, query: UpstreamQuery, pump: Pump) -> "StreamAttempt":
        """Send one query; failures are reported later. OSError: all connections to this server are full."""
        attempt = StreamAttempt(query.attempt, query.data, pump)
        pool = self._pools[query.upstream]
        pool.carried_out = pump.flush
        pool.send(attempt)
        return attempt


@define(eq=False)
class StreamAttempt:
    """One query on its way."""

    number: int
    data: bytes
    pump: Pump
    is_over: bool = False
    resends: int = 0

    def answer(self, message: bytes) -> None:
        """The core judges it."""
        self.pump.response(self.number, message)

    def fail(self, trouble: Trouble) -> None:
        """It will not be answered."""
        self.pump.attempts_failed([self.number], trouble)

    def close(self) -> None:
        """Nobody waits any more; its connection stays."""
        self.is_over = True


class Pool:
    """The connections to one server; `tls` makes the TLS side of each, None for plain TCP."""

    def __init__(
        self,
        reactor: Any,
        server: Server,
        limits: UpstreamLimits,
        tls: IOpenSSLClientConnectionCreator | None = None,
    ) -> None:
        self.limits = limits
        self.carried_out: Callable[[], None] = _nothing
        self.seconds: Callable[[], float] = reactor.seconds
        self._reactor = reactor
        self._server = server
        self._tls = tls
        self._kind = Connection if tls is None else TlsConnection
        self._connections: list[Connection] = []
        self._look: IDelayedCall | None = None

    def send(self, attempt: Question) -> None:
        """Put a query on the least busy connection, or on a new one; OSError when all are full."""
        now = self.seconds()
        able = [each for each in self._connections if each.has_room(now)]
        best = min(able, key=lambda each: each.load, default=None)
        if best is None or best.load >= self.limits.pipelined_at_ease:
            best = self._open(now) or best
        if best is None:
            raise OSError("no connection has room")
        best.take(attempt)

    def stop(self) -> None:
        """Close all; whoever waits is told nothing."""
        connections, self._connections = self._connections, []
        for connection in connections:
            connection.end(Trouble.NONE)
        if self._look is not None:
            self._look.cancel()
            self._look = None

    # --- connections --------------------------------------------------------------------------------------

    def _open(self, now: float) -> Connection | None:
        """Begin a connection, in the place of a silent one if there are too many."""
        if sum(not each.is_old(now) for each in self._connections) >= self.limits.connections:
            silent = next((each for each in self._connections if each.is_silent(now)), None)
            if silent is None:
                return None
            self._connections.remove(silent)
            silent.end(Trouble.SILENT)
        connection = self._kind(self)
        self._connections.append(connection)
        host, port = self._server
        opening = _Opening(connection)
        factory = opening if self._tls is None else TLSMemoryBIOFactory(self._tls, True, opening, self._reactor)
        connection.connector = self._reactor.connectTCP(host, port, factory, timeout=self.limits.connect_seconds)
        self._watch()
        return connection

    def lost(self, connection: Connection) -> None:
        """It is gone: what waited on it is asked again, or has failed."""
        if connection in self._connections:
            self._connections.remove(connection)
        for attempt in connection.waiting:
            self._again(attempt, connection)

    def _again(self, attempt: Question, lost: Connection) -> None:
        if lost.is_useful and attempt.resends < self.limits.resends:
            attempt.resends += 1
            try:
                self.send(attempt)
            except OSError:
                attempt.fail(Trouble.CLOSED)
        else:
            attempt.fail(lost.trouble)

    # --- time ---------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        if self._look is None and self._connections:
            self._look = self._reactor.callLater(self.limits.look_seconds, self._look_at_all)

    def _look_at_all(self) -> None:
        self._look = None
        now = self.seconds()
        for connection in list(self._connections):
            if connection.is_done(now):
                connection.close()
        self._watch()


def _nothing() -> None:
    """Stand in for the pump until there is one."""


class _Opening(ClientFactory):
    """What Twisted connects for; forgotten as soon as it is up or has failed."""

    noisy = False

    def __init__(self, connection: Connection) -> None:
        self._connection: Connection | None = connection

    def buildProtocol(self, addr: IAddress | None) -> Connection | None:
        """TCP is coming up."""
        connection, self._connection = self._connection, None
        return connection

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        """It never came up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.never_up(reason)

    def clientConnectionLost(self, connector: Any, reason: Failure) -> None:
        """Break the cycle Twisted leaves between the two (it does so itself after a failure): no collector comes."""
        connector.transport = None
