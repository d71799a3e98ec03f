"""Feeds the service manager's watchdog with real answers: asks this resolver as a customer does, at its own addresses.

The names are below `localhost`, which is answered here, so that no upstream decides whether we live. Any answer will
do, a refusal too. Names, addresses and transports take turns; silence feeds nothing, and the manager starts us anew.
"""

import os
import struct
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Final

from attrs import define, field
from twisted.internet.protocol import ClientFactory, DatagramProtocol, Protocol
from twisted.python.failure import Failure

from resolver.edge.supervision.notify import ServiceManager
from resolver.settings.addresses import Place

ASKED_IN_TIME: Final = 6  # questions within the time the manager gives us
NAMES: Final = 16  # different ones: names are steered, so each has one worker
_RECURSE: Final = 0x0100
_IN_A: Final = struct.pack("!HH", 1, 1)
_MOST_BYTES: Final = 4096


@define(eq=False)
class Watchdog:
    """`places()` gives the addresses we answer on now. Without a watching manager nothing is asked."""

    reactor: Any
    manager: ServiceManager
    places: Callable[[], Sequence[Place]]
    _turns: Any = field(factory=count, init=False)
    _timer: Any = field(default=None, init=False)

    def start(self) -> None:
        """Ask now, and again and again."""
        if self.manager.watchdog_seconds is None:
            return
        pause = self.manager.watchdog_seconds / ASKED_IN_TIME
        self._timer = self.reactor.callLater(pause, self.start)  # first, or one that cannot be sent were the last
        self._ask(next(self._turns), pause)

    def stop(self) -> None:
        """The end has begun; the manager watches no more."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _ask(self, turn: int, seconds: float) -> None:
        places = [place for place in self.places() if place.kind in ("udp", "tcp")]
        place = places[turn % len(places)]
        own = place.endpoint.within
        question = _question(turn % NAMES)
        if place.kind == "udp":
            asking = _Datagram(question, (own.host, own.port), self.manager.alive)
            port = self.reactor.listenUDP(0, asking, interface="::" if ":" in own.host else "0.0.0.0")  # noqa: S104
            self.reactor.callLater(seconds, port.stopListening)
        else:
            self.reactor.connectTCP(
                own.host, own.port, _Line(self.reactor, question, seconds, self.manager.alive), seconds
            )


def _question(number: int) -> bytes:
    label = b"w%d" % number
    name = bytes([len(label)]) + label + b"\x09localhost\x00"
    return os.urandom(2) + struct.pack("!5H", _RECURSE, 1, 0, 0, 0) + name + _IN_A


def _answers(question: bytes, data: bytes) -> bool:
    """Whether these bytes are a response to it; what stands in it does not matter."""
    return len(data) >= 12 and data[:2] == question[:2] and data[2] & 0x80 != 0


class _Datagram(DatagramProtocol):
    noisy = False
    transport: Any

    def __init__(self, question: bytes, to: tuple[str, int], alive: Callable[[], None]) -> None:
        self._question, self._to, self._alive = question, to, alive

    def startProtocol(self) -> None:  # noqa: N802  Twisted's name
        self.transport.connect(*self._to)  # answers come from there alone
        self.transport.write(self._question)

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        if _answers(self._question, datagram):
            self._alive()


class _Line(ClientFactory):
    noisy = False

    def __init__(self, reactor: Any, question: bytes, seconds: float, alive: Callable[[], None]) -> None:
        self._parts = (reactor, question, seconds, alive)

    def buildProtocol(self, addr: Any) -> Protocol:
        return _Connection(*self._parts)


class _Connection(Protocol):
    transport: Any

    def __init__(self, reactor: Any, question: bytes, seconds: float, alive: Callable[[], None]) -> None:
        self._reactor, self._question, self._seconds, self._alive = reactor, question, seconds, alive
        self._heard = b""

    def connectionMade(self) -> None:
        self._timer = self._reactor.callLater(self._seconds, self.transport.abortConnection)
        self.transport.write(struct.pack("!H", len(self._question)) + self._question)

    def dataReceived(self, data: bytes) -> None:
        self._heard += data[:_MOST_BYTES]
        if _answers(self._question, self._heard[2:]):
            self._alive()
            self.transport.abortConnection()
        elif len(self._heard) > _MOST_BYTES:
            self.transport.abortConnection()

    def connectionLost(self, reason: Failure | None = None) -> None:
        if self._timer.active():
            self._timer.cancel()
