"""Broken queries and broken framing over TCP and TLS: several messages at once, answers in any order."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from random import Random

from attrs import define, field

from tests.hostile.judge import answers_expected
from tests.hostile.mutation import Mutator
from tests.hostile.tally import Tally

BATCH = 24  # messages written at once at most
PATIENCE = 10.0  # seconds without an owed answer
FRAMING_FAULTS = 0.1  # of all batches


def over_stream(connect: Callable[[], socket.socket], mutator: Mutator, count: int) -> Tally:
    """Send so many in batches; a connection lives until the server or a framing fault ends it."""
    tally, sock = Tally(), None
    while tally.sent < count:
        batch = Batch.of(mutator, min(BATCH, count - tally.sent))
        tally.sent += len(batch.messages)
        sock = sock or connect()
        if not _exchange(sock, batch, tally):
            sock.close()
            sock = None
            tally.count("connections")
    if sock is not None:
        sock.close()
    return tally


@define
class Batch:
    """The bytes written at once, and what a server makes of them that reads frames as RFC 7766 says."""

    messages: list[bytes]
    data: bytes
    dribbled: bool = False
    owed: dict[int, list[bytes]] = field(factory=dict)
    ends: bool = False  # the server must close: it read what is no query
    rest: bytes = b""  # half a message: the server waits for more

    @classmethod
    def of(cls, mutator: Mutator, most: int) -> Batch:
        random = mutator.random
        wires = [_query(mutator) for _ in range(random.randint(1, most) - 1)]
        wires.append(mutator.next())  # only the last may be none: behind it nothing is read
        first = random.randrange(65536)
        messages = [_with_id(wire, first + number) for number, wire in enumerate(wires)]
        data = b"".join(len(wire).to_bytes(2, "big") + wire for wire in messages)
        if random.random() < FRAMING_FAULTS:
            data = _misframed(data, messages, random)
        batch = cls(messages, data, dribbled=random.random() < FRAMING_FAULTS)
        batch._read_as_server()
        return batch

    def _read_as_server(self) -> None:
        at = 0
        while at + 2 <= len(self.data) and not self.ends:
            size = int.from_bytes(self.data[at : at + 2], "big")
            message = self.data[at + 2 : at + 2 + size]
            if size < 12 or size > 8192:
                self.ends = True
            elif len(message) < size:
                break
            elif not answers_expected(message):
                self.ends = True
            else:
                self.owed.setdefault(int.from_bytes(message[:2], "big"), []).append(message)
            at += 2 + size
        self.rest = self.data[at:]


def _exchange(sock: socket.socket, batch: Batch, tally: Tally) -> bool:
    """Write a batch and judge its answers; True if the connection can go on."""
    alive = _write(sock, batch)
    owed, reader = dict(batch.owed), _Reader(sock)
    while owed or batch.ends:
        reply = reader.message() if alive else None
        if reply is None:
            alive = False
            break
        _judge(reply, owed, tally)
    if owed and not batch.ends:
        tally.unanswered += sum(map(len, owed.values()))
    if batch.ends and reader.timed_out:
        tally.judge.faults["kept open after what is no query"] += 1
    return alive and not batch.rest


def _judge(reply: bytes, owed: dict[int, list[bytes]], tally: Tally) -> None:
    """Messages cut out of others may share an id: the reply must fit one of them."""
    tally.answered += 1
    candidates = owed.get(int.from_bytes(reply[:2], "big"), [])
    if not candidates:
        tally.judge.faults["a reply nobody waits for"] += 1
        return
    fitting = next((sent for sent in candidates if reply[12:].startswith(sent[12:16])), candidates[0])
    tally.judge.look(fitting, reply)
    candidates.remove(fitting)
    if not candidates:
        del owed[int.from_bytes(reply[:2], "big")]


def _write(sock: socket.socket, batch: Batch) -> bool:
    try:
        for part in _dribble(batch.data) if batch.dribbled else (batch.data,):
            sock.sendall(part)
    except OSError:
        return batch.ends  # it closed while we wrote on: right if it had cause; what it wrote before can be read
    return True


class _Reader:
    """Messages from a stream, until it ends or nothing comes for too long."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = b""
        self.timed_out = False

    def message(self) -> bytes | None:
        until = time.monotonic() + PATIENCE
        while len(self._buffer) < 2 or len(self._buffer) < 2 + int.from_bytes(self._buffer[:2], "big"):
            self._socket.settimeout(max(0.01, until - time.monotonic()))
            with contextlib.suppress(ConnectionError):
                try:
                    data = self._socket.recv(65536)
                except TimeoutError:
                    self.timed_out = True
                    return None
                if data:
                    self._buffer += data
                    continue
            return None
        size = int.from_bytes(self._buffer[:2], "big")
        message, self._buffer = self._buffer[2 : 2 + size], self._buffer[2 + size :]
        return message


def _misframed(data: bytes, messages: list[bytes], random: Random) -> bytes:
    """A last message whose length lies, half a message, no length at all, or noise."""
    last = messages[-1]
    kept = data[: len(data) - len(last) - 2]
    lying = max(0, len(last) + random.choice((-20, -1, 1, 300, 60_000)))
    return random.choice(
        (
            kept + (lying & 0xFFFF).to_bytes(2, "big") + last,
            data[: random.randrange(len(data))],
            kept + b"\x00\x00",
            kept + last,
            kept + random.randbytes(random.randrange(1, 100)),
        )
    )


def _dribble(data: bytes) -> list[bytes]:
    return [data[at : at + 7] for at in range(0, len(data), 7)] if len(data) < 700 else [data[:1], data[1:2], data[2:]]


def _query(mutator: Mutator) -> bytes:
    """A message that is owed an answer."""
    while not answers_expected(wire := mutator.next()):
        continue
    return wire


def _with_id(wire: bytes, ident: int) -> bytes:
    return (ident % 65536).to_bytes(2, "big") + wire[2:] if len(wire) >= 2 else wire
