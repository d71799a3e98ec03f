"""Clients over UDP: a reader of our own on the raw socket, some batches of datagrams a turn of the reactor.

Twisted's `DatagramProtocol` costs more than the whole answer from the cache. Answers that had to wait are collected and
leave with one system call when the pump has them all.
"""

import select
import socket
from collections.abc import Callable

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from resolver.core.door import Door
from resolver.edge.limits import UdpLimits
from resolver.edge.serving.datagrams import Late, open_datagrams
from resolver.edge.serving.pump import Pump


def open_udp(reactor: IReactorFDSet, sock: socket.socket, door: Door, pump: Pump, limits: UdpLimits) -> "UdpReader":
    """Start answering on a bound socket, which the reader then owns."""
    sock.setblocking(False)
    reader = UdpReader(reactor, sock, door, pump, limits)
    reactor.addReader(reader)
    return reader


def alone_on(reactor: IReactorFDSet) -> Callable[[], bool]:
    """Return what tells whether nothing that the reactor watches waits for it now.

    Only Twisted's reactor for epoll can be asked; of any other it is never said, and each socket has one turn.
    """
    poller = getattr(reactor, "_poller", None)
    if not isinstance(poller, select.epoll):
        return lambda: False
    return lambda: not poller.poll(0, 1)


@implementer(IReadDescriptor)
class UdpReader:
    """One bound socket."""

    def __init__(self, reactor: IReactorFDSet, sock: socket.socket, door: Door, pump: Pump, limits: UdpLimits) -> None:
        self._reactor = reactor
        self._sock = sock
        self._door = door
        self._pump = pump
        self._datagrams = open_datagrams(sock, pump.core.hit_path, limits, pump.fault)
        self._turns, self._is_alone = limits.turns, alone_on(reactor)
        self._late: list[Late] = []
        door.sink = self
        self._stopped = False

    def fileno(self) -> int:
        """The descriptor the reactor polls; -1 once closed."""
        return self._sock.fileno()

    def logPrefix(self) -> str:
        """A name Twisted asks for; it is never written."""
        return "udp"

    def connectionLost(self, reason: Failure) -> None:
        """The reactor took an error on the socket for its end; a bound socket has none, so clear it and go on."""
        if not self._stopped:
            self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            self._reactor.addReader(self)

    def stop(self) -> None:
        """Read no more; what waits in the queue is another worker's. Answers still go out until `close`."""
        self._stopped = True
        self._reactor.removeReader(self)

    def close(self) -> None:
        """Stop and let the socket go."""
        self.stop()
        self._datagrams.close(self._door)
        self._sock.close()

    def doRead(self) -> None:
        """Answer what waits, turn after turn while no other socket has anything to do: a turn of the reactor costs as
        much as some ten answers. Meanwhile this socket is not watched: whoever watches it would be woken by each answer
        that leaves. Never raises: the reactor would take the socket away."""
        if not self._turn():
            return
        self._reactor.removeReader(self)
        for _ in range(self._turns - 1):
            if not self._is_alone() or not self._turn():
                break
        if not self._stopped:
            self._reactor.addReader(self)

    def _turn(self) -> bool:
        """Whether more may wait."""
        pump, door = self._pump, self._door
        now = pump.seconds()
        try:
            missed = self._datagrams.serve(door, now)
        except Exception as error:  # noqa: BLE001  no memory for what has missed: its clients ask again
            pump.fault(error)
            pump.flush()  # what has flown in this turn has its deadline all the same
            return False
        if not missed and pump.idle:
            return self._datagrams.is_full()  # all were hits, of which the core has nothing to say
        for data, address, name, source in missed:
            peer = (self, (name, source))
            try:
                answer = pump.core.receive_missed(data, address, door, peer, now)
            except Exception as error:  # noqa: BLE001  the core must never stop the worker
                pump.fault(error)
                continue
            if answer is not None:
                self._late.append((answer, name, source))
        self.flush()
        pump.flush()
        return self._datagrams.is_full()

    def deliver(self, data: bytes, address: object) -> None:
        """Take an answer that had to wait; it leaves with the others of this turn of the pump."""
        target: tuple[bytes, bytes] = address  # type: ignore[assignment]  # ours, from doRead
        if not self._late:
            self._pump.after_answers(self.flush)
        self._late.append((data, *target))

    def flush(self) -> None:
        """Send what was collected."""
        late, self._late = self._late, []
        if late:
            self._datagrams.send(late)
