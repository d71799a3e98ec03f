"""Broken queries over UDP: a bounded number in flight, so that each that is owed an answer can have it."""

from __future__ import annotations

import contextlib
import select
import socket
import time

from tests.hostile.judge import answers_expected
from tests.hostile.mutation import Mutator
from tests.hostile.tally import Tally

SOCKETS = 8  # the kernel spreads clients over workers by their ports
IN_FLIGHT = 200  # fewer than a socket's buffer holds: what is lost was lost by the resolver
PATIENCE = 10.0  # seconds; an upstream's silence is SERVFAIL after 3


def over_udp(port: int, mutator: Mutator, count: int) -> Tally:
    """Send so many, judge every reply."""
    run = _Run()
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(_connected(port)) for _ in range(SOCKETS)]
        for number in range(count):
            run.send(socks[number % SOCKETS], number, mutator.next())
            run.receive(socks, 0.0)
            while len(run.owed) >= IN_FLIGHT:
                run.receive(socks, 0.2)
        while run.owed:
            run.receive(socks, 0.2)
    return run.tally


class _Run:
    def __init__(self) -> None:
        self.tally = Tally()
        self.owed: dict[int, float] = {}  # id -> until when an answer is waited for, the oldest first
        self._sent: dict[int, bytes] = {}

    def send(self, sock: socket.socket, number: int, wire: bytes) -> None:
        """Send it under an id of its own, where it has room for one."""
        ident = number % 65536
        if len(wire) >= 2:
            wire = ident.to_bytes(2, "big") + wire[2:]
            self._sent[ident] = wire
        if answers_expected(wire):
            self.owed[ident] = time.monotonic() + PATIENCE
        sock.send(wire)
        self.tally.sent += 1

    def receive(self, socks: list[socket.socket], wait: float) -> None:
        """Judge what has come, and give up on what is overdue."""
        for sock in select.select(socks, [], [], wait)[0]:
            with contextlib.suppress(BlockingIOError):
                while True:
                    self._take(sock.recv(65535))
        now = time.monotonic()
        while self.owed and next(iter(self.owed.values())) < now:
            del self.owed[next(iter(self.owed))]
            self.tally.unanswered += 1

    def _take(self, reply: bytes) -> None:
        ident = int.from_bytes(reply[:2], "big")
        sent = self._sent.pop(ident, None)
        if sent is None:
            self.tally.judge.faults["a reply nobody waits for"] += 1
            return
        self.owed.pop(ident, None)
        self.tally.answered += 1
        self.tally.judge.look(sent, reply)


def _connected(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
    sock.connect(("127.0.0.1", port))
    sock.setblocking(False)
    return sock
