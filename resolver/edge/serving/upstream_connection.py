"""One connection to one upstream, TCP or TLS: queries out as they come, answers in any order (RFC 7766 section 6.2).

Each query has an id of its own on the connection, whatever id the core drew: the core's, or the next free one. The id
of a query that was given up stays taken until its answer came or the connection ends, so that a late answer cannot be
taken for another's.
"""

from typing import Any
from typing import Protocol as Shape

from attrs import define
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.interfaces import IConnector, IHandshakeListener
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from zope.interface import implementer

from resolver.core.trouble import Trouble
from resolver.edge.limits import UpstreamLimits

LENGTH_BYTES = 2
_HEADER_BYTES = 12
_IDS = 1 << 16


class Question(Shape):
    """One query on its way; `is_over` once nobody waits for it."""

    data: bytes
    is_over: bool
    resends: int

    def answer(self, message: bytes) -> None:
        """Take the message that answers it, with the query's own id."""

    def fail(self, trouble: Trouble) -> None:
        """Learn that none will come."""


class Owner(Shape):
    """Who keeps the connections to one server."""

    limits: UpstreamLimits

    def seconds(self) -> float:
        """Monotonic time."""

    def carried_out(self) -> None:
        """All messages of one read were given out."""

    def lost(self, connection: "Connection") -> None:
        """The connection is gone, or never came up."""


@define(eq=False)
class Sent:
    """A taken id: since when, and by whom."""

    question: Question
    since: float


class Connection(Protocol):
    """Its state and its wire; `trouble` says in the end why it ended."""

    transport: Any  # ITCPTransport, which mypy-zope cannot set on Protocol

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._buffer = bytearray()
        self._taken: dict[int, Sent] = {}  # by id on this connection, the longest waiting first
        self._is_ready = self._is_closing = False
        self.is_useful = False
        """Whether it has brought an answer yet."""
        self.trouble = Trouble.NONE
        self.connector: IConnector | None = None
        self.opened = self._heard = self._used = owner.seconds()

    # --- queries ------------------------------------------------------------------------------------------

    @property
    def load(self) -> int:
        """How many ids are taken."""
        return len(self._taken)

    @property
    def waiting(self) -> list[Question]:
        """The queries somebody still waits for."""
        return [sent.question for sent in self._taken.values() if not sent.question.is_over]

    def has_room(self, now: float) -> bool:
        """Whether it may take one more query."""
        is_full = len(self._taken) >= self._owner.limits.pipelined
        return not (is_full or self._is_closing or self.is_old(now) or self.is_silent(now))

    def is_old(self, now: float) -> bool:
        """Whether it has been used for so long that another takes over."""
        return now - self.opened > self._owner.limits.lifetime_seconds

    def is_silent(self, now: float) -> bool:
        """Whether no answer came for a while although one should have: take it for dead, but read on."""
        if not self._is_ready or not self._taken:
            return False
        oldest = next(iter(self._taken.values())).since
        return now - max(self._heard, oldest) > self._owner.limits.silent_seconds

    def is_done(self, now: float) -> bool:
        """Whether to close it: too long in coming up, idle, old or silent with nobody waiting, or not yet gone."""
        limits = self._owner.limits
        if self._is_closing:
            return True
        if not self._is_ready:
            return now - self.opened > limits.connect_seconds
        if self.is_old(now) or self.is_silent(now):
            return not self.waiting
        return not self._taken and now - self._used > limits.idle_seconds

    def take(self, question: Question) -> None:
        """Send a query, at once or when the connection is up."""
        ident = int.from_bytes(question.data[:2], "big")
        while ident in self._taken:
            ident = (ident + 1) % _IDS
        self._used = self._owner.seconds()
        self._taken[ident] = Sent(question, self._used)
        if self._is_ready:
            self.transport.write(_framed(ident, question))

    def ready(self) -> None:
        """It is up: what waited goes out; what nobody waits for any more was never sent."""
        self._is_ready = True
        self._heard = now = self._owner.seconds()
        wanted = {ident: sent.question for ident, sent in self._taken.items() if not sent.question.is_over}
        self._taken = {ident: Sent(question, now) for ident, question in wanted.items()}
        self.transport.write(b"".join(_framed(ident, question) for ident, question in wanted.items()))

    # --- the wire -----------------------------------------------------------------------------------------

    def connectionMade(self) -> None:
        """TCP is up."""
        self.ready()

    def dataReceived(self, data: bytes) -> None:
        """Collect; the length field bounds what is kept to 64 KiB and one read."""
        buffer = self._buffer
        buffer += data
        while len(buffer) >= LENGTH_BYTES:
            end = LENGTH_BYTES + int.from_bytes(buffer[:LENGTH_BYTES], "big")
            if end < LENGTH_BYTES + _HEADER_BYTES:
                self.end(Trouble.RUBBISH)
                break
            if len(buffer) < end:
                break
            message = bytes(buffer[LENGTH_BYTES:end])
            del buffer[:end]
            self._received(message)
        self._owner.carried_out()

    def _received(self, message: bytes) -> None:
        sent = self._taken.pop(int.from_bytes(message[:2], "big"), None)
        if sent is None:
            return  # an id we did not use
        self.is_useful = True
        self._heard = self._used = self._owner.seconds()
        if not sent.question.is_over:
            sent.question.answer(sent.question.data[:2] + message[2:])

    def note(self, trouble: Trouble) -> None:
        """Remember why it will end; the first reason is the true one."""
        self.trouble = self.trouble or trouble

    def close(self) -> None:
        """End it: politely where nothing is on the way and it was not asked before, else at once."""
        if self._is_ready and not self._taken and not self._is_closing:
            self._is_closing = True
            self.transport.loseConnection()
        else:
            self.end(Trouble.SILENT)

    def end(self, trouble: Trouble) -> None:
        """End it at once; the owner is told by `lost`, now or later."""
        self.note(trouble)
        self._is_closing = True
        if self.transport is not None:
            self.transport.abortConnection()
        elif self.connector is not None:
            self.connector.disconnect()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Closed by either side."""
        self.note(Trouble.CLOSED)
        self._gone()

    def never_up(self, reason: Failure) -> None:
        """No connection was made."""
        self.note(Trouble.SILENT if reason.check(ConnectTimeout) else Trouble.UNREACHABLE)
        self._gone()

    def _gone(self) -> None:
        """Leave no cycle behind: no collector walks old objects here."""
        self._is_closing = True
        self.transport = self.connector = None
        self._owner.lost(self)


@implementer(IHandshakeListener)
class TlsConnection(Connection):
    """The same within TLS: up when the handshake is done and the certificate was found good."""

    def connectionMade(self) -> None:
        """TCP is up; TLS is not."""

    def handshakeCompleted(self) -> None:
        """TLS is up."""
        self.ready()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Before it was up: whatever it was, it was no TLS, unless the certificate's check knows better."""
        if not self._is_ready:
            self.note(Trouble.NO_TLS)
        super().connectionLost(reason)


def _framed(ident: int, question: Question) -> bytes:
    data = question.data
    return len(data).to_bytes(LENGTH_BYTES, "big") + ident.to_bytes(2, "big") + data[2:]
