"""A bad network on loopback: a relay before an upstream that loses, delays, repeats and forges, as a seed decides.

UDP datagrams meet all of it; TCP is passed on as it is, only late. `is_out` is an outage: nothing comes through, and
connections are taken but get no byte. Answers must end in an address, as those of `quick_upstream` do.
"""

from __future__ import annotations

import heapq
import random
import select
import socket
import threading
import time
from collections import Counter
from itertools import count

from attrs import define, field, frozen

from tests.support.ports import free_port

DATAGRAM = 65535
TURN = 0.005  # seconds between two looks at the clock at most
FORGED_ADDRESS = "203.0.113.66"  # where forged answers lead to
CLIENTS = 30_000  # remembered ids; the oldest had their answers long ago


@frozen
class Weather:
    """Shares from 0 to 1, each drawn for itself; `delay` is seconds each way."""

    loss: float = 0.0
    delay: float = 0.0
    duplicates: float = 0.0
    wrong_ids: float = 0.0
    wrong_questions: float = 0.0


Target = tuple[str, int] | None
"""Where a datagram goes; None for a connected socket."""


@define(eq=False)
class Relay:
    """From a port of its own to `target`, a port on 127.0.0.1; use as a context."""

    target: int
    weather: Weather = Weather()
    seed: int = 1
    is_out: bool = False
    port: int = field(factory=free_port)
    counts: Counter[str] = field(factory=Counter)
    """How often each thing happened."""
    _random: random.Random = field(init=False)
    _front: socket.socket = field(init=False)
    _back: socket.socket = field(init=False)
    _listener: socket.socket = field(init=False)
    _clients: dict[int, tuple[tuple[str, int], bytes]] = field(factory=dict)
    """By our id: the client and its own id."""
    _pairs: dict[socket.socket, socket.socket] = field(factory=dict)
    _late: list[tuple[float, int, socket.socket, bytes, Target]] = field(factory=list)
    _numbers: count[int] = field(factory=count)
    _is_over: bool = False
    _thread: threading.Thread = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._front, self._back = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for each in (self._front, self._back):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._front.bind(("127.0.0.1", self.port))
        self._back.connect(("127.0.0.1", self.target))
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=100)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join()
        for each in (self._front, self._back, self._listener, *self._pairs):
            each.close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _run(self) -> None:
        while not self._is_over:
            readers = [self._front, self._back, self._listener, *self._pairs]
            wait = min(TURN, max(0.0, self._late[0][0] - time.monotonic())) if self._late else TURN
            for each in select.select(readers, [], [], wait)[0]:
                self._read(each)
            while self._late and self._late[0][0] <= time.monotonic():
                _, _, sock, data, target = heapq.heappop(self._late)
                self._deliver(sock, data, target)

    def _read(self, sock: socket.socket) -> None:
        try:
            if sock is self._front:
                self._query(*sock.recvfrom(DATAGRAM))
            elif sock is self._back:
                self._response(sock.recv(DATAGRAM))
            elif sock is self._listener:
                self._accept()
            elif sock in self._pairs:
                self._pass_on(sock)
        except ConnectionError:
            self.counts["refused"] += 1

    # --- UDP ----------------------------------------------------------------------------------------------

    def _query(self, data: bytes, client: tuple[str, int]) -> None:
        number = next(self._numbers) % 65536
        self._clients[number] = (client, data[:2])
        if len(self._clients) > CLIENTS:
            del self._clients[next(iter(self._clients))]
        self._forward(self._back, number.to_bytes(2, "big") + data[2:], None)

    def _response(self, data: bytes) -> None:
        known = self._clients.get(int.from_bytes(data[:2], "big"))
        if known is not None:
            client, ident = known
            self._forge(ident + data[2:], client)
            self._forward(self._front, ident + data[2:], client)

    def _forward(self, sock: socket.socket, data: bytes, target: Target) -> None:
        if self.is_out or self._draws(self.weather.loss, "lost"):
            return
        self._send_later(sock, data, target)
        if self._draws(self.weather.duplicates, "repeated"):
            self._send_later(sock, data, target, 2)

    def _forge(self, data: bytes, client: tuple[str, int]) -> None:
        """Answers of somebody who guesses, ahead of the true one: they lead elsewhere."""
        if self.is_out:
            return
        elsewhere = data[:-4] + socket.inet_aton(FORGED_ADDRESS)
        if self._draws(self.weather.wrong_ids, "wrong ids"):
            wrong = int.from_bytes(data[:2], "big") ^ self._random.randrange(1, 65536)
            self._send_later(self._front, wrong.to_bytes(2, "big") + elsewhere[2:], client, 0.5)
        if self._draws(self.weather.wrong_questions, "wrong questions") and data[12]:
            other = bytearray(elsewhere)
            other[13] ^= 1  # the first letter of the name
            self._send_later(self._front, bytes(other), client, 0.5)

    def _draws(self, share: float, what: str) -> bool:
        hit = self._random.random() < share
        self.counts[what] += hit
        return hit

    def _send_later(self, sock: socket.socket, data: bytes, target: Target, times: float = 1) -> None:
        due = time.monotonic() + self.weather.delay * times
        heapq.heappush(self._late, (due, next(self._numbers), sock, data, target))

    # --- TCP ----------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        server = socket.create_connection(("127.0.0.1", self.target))
        self._pairs[client], self._pairs[server] = server, client
        self.counts["connections"] += 1

    def _pass_on(self, sock: socket.socket) -> None:
        if self.is_out:
            time.sleep(TURN)  # its bytes wait in the kernel
            return
        data, other = sock.recv(DATAGRAM), self._pairs[sock]
        if data:
            self._send_later(other, data, None)
            return
        for each in (sock, other):
            self._pairs.pop(each, None)
            each.close()

    def _deliver(self, sock: socket.socket, data: bytes, target: Target) -> None:
        if sock.fileno() < 0:
            return
        try:
            if target is not None:
                sock.sendto(data, target)
            else:
                sock.sendall(data)
        except OSError:
            self.counts["refused"] += 1
