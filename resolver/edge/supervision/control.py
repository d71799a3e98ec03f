"""The control socket: one JSON object a line, asked and answered in turn.

Wire form: `{"verb": one of VERBS, "list_id": text or null}` and the answer `{"ok": bool, "text": str, "status": {…},
"data": {…}}`, the last two only where they were asked for; `index` brings a descriptor beside it. The socket's mode
keeps other users out; limits keep a slow or broken client of our own from costing more than one short buffer.
"""

import json
import socket
import struct
from collections.abc import Callable
from typing import Any, Final

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory
from twisted.protocols.basic import LineOnlyReceiver
from twisted.protocols.policies import TimeoutMixin
from twisted.python.failure import Failure

VERBS: Final = (
    *("status", "ready", "index", "reload", "restart-workers", "drain", "undrain", "upgrade", "preflight"),
    *("refresh", "accept", "reject", "rollback", "explain", "exemptions"),  # the updater's
)

_CREDENTIALS: Final = struct.Struct("3i")  # struct ucred
Reply = dict[str, Any]
Handler = Callable[[str, str | None, int], Deferred[Reply]]  # verb, list, id of the user who asks


@frozen
class ControlLimits:
    """What clients may cost."""

    line_bytes: int = 4096
    """Length of one request."""
    idle_seconds: float = 10.0
    """Time without a request, or without taking the answer."""
    connections: int = 16
    """Clients at the control socket at once."""


class ControlProtocol(LineOnlyReceiver, TimeoutMixin):
    """One client. A second request before the answer to the first closes the line."""

    delimiter = b"\n"
    factory: "ControlFactory"
    transport: Any

    def connectionMade(self) -> None:
        """A client is here, or one too many."""
        self.MAX_LENGTH = self.factory.limits.line_bytes
        self._busy, self.verb = False, ""
        if len(self.factory.clients) >= self.factory.limits.connections:
            self._abort()
            return
        self.factory.clients.add(self)
        self.setTimeout(self.factory.limits.idle_seconds)

    def lineReceived(self, line: bytes) -> None:
        """One request."""
        request = _parsed(line)
        if request is None or self._busy:
            self._abort()
            return
        self._busy, self.verb = True, request[0]
        self.setTimeout(None)  # a command may take long; it has a limit of its own
        self.factory.handler(*request, self.factory.who(self.transport)).addCallbacks(self._answer, self._failed)

    def lineLengthExceeded(self, line: bytes) -> None:
        """No request of ours is that long."""
        self._abort()

    def timeoutConnection(self) -> None:
        """Too slow."""
        self._abort()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The client is gone; what it asked for goes on."""
        self.factory.clients.discard(self)
        self.setTimeout(None)

    def _answer(self, reply: Reply) -> None:
        if self not in self.factory.clients:
            return
        self._busy, self.verb = False, ""
        self.setTimeout(self.factory.limits.idle_seconds)
        fd = reply.pop("fd", None)
        if fd is None:
            self.sendLine(line_of(reply))
        else:  # nothing else is under way on this line, and so little always fits
            socket.send_fds(self.transport.getHandle(), [line_of(reply) + b"\n"], [fd])

    def _failed(self, failure: Failure) -> Failure:
        self._answer({"ok": False, "text": "an unexpected error, reported by the daemon"})
        return failure

    def _abort(self) -> None:
        self.setTimeout(None)
        self.transport.abortConnection()


class ControlFactory(Factory):
    """All clients; `handler(verb, list_id, by)` does the work, `who(transport)` gives the user at the other end."""

    protocol = ControlProtocol  # type: ignore[assignment]
    noisy = False

    def __init__(
        self, handler: Handler, limits: ControlLimits | None = None, who: Callable[[Any], int] | None = None
    ) -> None:
        self.handler = handler
        self.who = who or peer
        self.limits = limits or ControlLimits()
        self.clients: set[ControlProtocol] = set()

    def waiting_for(self, verb: str) -> list[int]:
        """Descriptors of the clients that wait for the answer to a verb."""
        return [client.transport.fileno() for client in self.clients if client.verb == verb]

    def close_all(self) -> None:
        """Let every client go."""
        for client in list(self.clients):
            client.transport.loseConnection()


def peer(transport: Any) -> int:
    """Return the id of the user the kernel names for a Unix socket's other end (SO_PEERCRED)."""
    credentials = transport.getHandle().getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _pid, uid, _gid = _CREDENTIALS.unpack(credentials)
    return int(uid)


def line_of(reply: Reply) -> bytes:
    """An answer as it goes over the line, without its end."""
    return json.dumps(reply, ensure_ascii=False, separators=(",", ":")).encode()


def _parsed(line: bytes) -> tuple[str, str | None] | None:
    """Verb and list, or None for anything else."""
    try:
        request = json.loads(line)
    except ValueError:
        return None
    if not isinstance(request, dict) or request.get("verb") not in VERBS:
        return None
    list_id = request.get("list_id")
    return (request["verb"], list_id) if list_id is None or isinstance(list_id, str) else None
