"""A paced UDP client: so many questions a second for so long, each asked again after a second without answer."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Sequence

import dns.message
from attrs import define, field

RESEND_AFTER = 1.0  # seconds, what a stub resolver waits
MAX_TRIES = 3
IN_FLIGHT = 60_000  # ids in use at once


@define
class Tally:
    """What became of the questions."""

    sent: int = 0
    resent: int = 0
    answered: int = 0
    lost: int = 0
    wrong: int = 0


@define
class Load:
    """`rate` questions a second over `names` in turn, on loopback, until `stop()` or `seconds` are over."""

    port: int
    names: Sequence[str]
    rate: int = 1000
    seconds: float = 60.0
    tally: Tally = field(factory=Tally)
    _stop: threading.Event = field(factory=threading.Event)
    _thread: threading.Thread | None = None
    _open: dict[int, tuple[float, int, bytes]] = field(factory=dict)

    def start(self) -> Load:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def stop(self) -> Tally:
        """End the load, wait for what is under way, and return the tally."""
        self._stop.set()
        assert self._thread is not None
        self._thread.join()
        return self.tally

    def _run(self) -> None:
        wires = [dns.message.make_query(name, "A", use_edns=0).to_wire() for name in self.names]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            sock.connect(("127.0.0.1", self.port))
            sock.setblocking(False)
            start = time.monotonic()
            while not self._stop.is_set() and time.monotonic() - start < self.seconds:
                due = int((time.monotonic() - start) * self.rate)
                while self.tally.sent < due and len(self._open) < IN_FLIGHT:
                    self._send_new(sock, wires[self.tally.sent % len(wires)])
                self._receive(sock, 0.002)
                self._resend(sock)
            while self._open:
                self._receive(sock, 0.05)
                self._resend(sock)

    def _send_new(self, sock: socket.socket, wire: bytes) -> None:
        query_id = self.tally.sent % 65536
        self.tally.sent += 1
        self._open[query_id] = (time.monotonic(), 1, wire)
        self._transmit(sock, query_id, wire)

    @staticmethod
    def _transmit(sock: socket.socket, query_id: int, wire: bytes) -> None:
        try:
            sock.send(query_id.to_bytes(2, "big") + wire[2:])
        except (BlockingIOError, ConnectionRefusedError):
            return  # as if lost on the way: asked again after a second

    def _receive(self, sock: socket.socket, wait: float) -> None:
        if not select.select([sock], [], [], wait)[0]:
            return
        while True:
            try:
                data = sock.recv(4096)
            except ConnectionRefusedError:
                continue
            except BlockingIOError:
                return
            if self._open.pop(int.from_bytes(data[:2], "big"), None) is None:
                continue  # a second answer to a question that was repeated
            self.tally.answered += 1
            if data[3] & 15 not in (0, 3):
                self.tally.wrong += 1

    def _resend(self, sock: socket.socket) -> None:
        now = time.monotonic()
        while self._open:
            query_id, (sent, tries, wire) = next(iter(self._open.items()))
            if now - sent < RESEND_AFTER:
                return
            del self._open[query_id]
            if tries == MAX_TRIES:
                self.tally.lost += 1
                continue
            self.tally.resent += 1
            self._open[query_id] = (now, tries + 1, wire)
            self._transmit(sock, query_id, wire)
