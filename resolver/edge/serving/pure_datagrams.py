"""Datagrams in batches, the twin in Python; see `datagrams.py` for both."""

import socket
from collections.abc import Callable, Iterator, Sequence
from struct import Struct

from resolver.core.door import Door
from resolver.edge.limits import UdpLimits
from resolver.edge.serving.message_headers import Buffers, Headers

_SOCKADDR_IN = Struct("=2xH4s8x")  # port, address
_SOCKADDR_IN6 = Struct("=2xH4x16s4x")
_IN_PKTINFO_BYTES, _IN6_PKTINFO_BYTES = 12, 20  # interface, our address, address in the header; address, interface
_HEAD = socket.CMSG_LEN(0)
_INT = 4
_LINK_LOCAL = b"\xfe\x80"
_SPREAD = 64
"""Bytes between two buffers: a power of two apart, the beginnings of all would compete for one place in the cache."""


class PureDatagrams:
    """See `Datagrams`. `answer` is the hit path; an error in it is told to `fault` and costs the query at hand."""

    def __init__(
        self,
        sock: socket.socket,
        answer: Callable[[bytes, bytes, Door, float], bytes | None],
        limits: UdpLimits,
        fault: Callable[[BaseException], None],
        *,
        is_wildcard: bool,
    ) -> None:
        is_v6 = sock.family == socket.AF_INET6
        way_in = socket.CMSG_SPACE(_IN6_PKTINFO_BYTES if is_v6 else _IN_PKTINFO_BYTES) if is_wildcard else 0
        batch, size = limits.batch, limits.datagram_bytes
        self._sock, self._answer, self._limits, self._fault = sock, answer, limits, fault
        self._is_v6, self._way_in = is_v6, way_in
        self._sockaddr = _SOCKADDR_IN6 if is_v6 else _SOCKADDR_IN
        self._packets, self._answers = Buffers(batch, size, _SPREAD), Buffers(batch, size, _SPREAD)
        self._names, self._controls = Buffers(batch, self._sockaddr.size), Buffers(batch, way_in)
        self._incoming = Headers(self._packets, self._names, self._controls)
        self._outgoing = Headers(self._answers, self._names, self._controls)
        self._read = 0

    def serve(self, door: Door, now: float) -> list[tuple[bytes, bytes, bytes, bytes]]:
        """See `Datagrams`."""
        misses: list[tuple[bytes, bytes, bytes, bytes]] = []
        limits, descriptor, used = self._limits, self._sock.fileno(), 0
        self._read = 0
        while self._read < limits.turn:
            count = self._incoming.receive(descriptor, min(limits.batch, limits.turn - self._read))
            if not count:
                break
            self._read += count
            if self._way_in:
                self._turn_round(count)
            self._outgoing.send(descriptor, self._answer_all(count, door, now, misses))
            used = max(used, count)
            if len(misses) >= limits.misses:
                break
        self._wipe(used)
        return misses

    def is_full(self) -> bool:
        """See `Datagrams`."""
        return self._read == self._limits.turn

    def send(self, answers: Sequence[tuple[bytes, bytes, bytes]]) -> None:
        """See `Datagrams`."""
        batch, names, controls, bodies = self._limits.batch, self._names, self._controls, self._answers
        for first in range(0, len(answers), batch):
            count = 0
            for data, name, way_out in answers[first : first + batch]:
                if len(data) > bodies.size:
                    continue
                bodies.memory[count * bodies.step : count * bodies.step + len(data)] = data
                names.memory[count * names.step : (count + 1) * names.step] = name
                controls.memory[count * controls.step : (count + 1) * controls.step] = way_out
                self._outgoing.body_lengths[count] = len(data)
                self._outgoing.names[count] = names.addresses[count]
                self._outgoing.controls[count] = controls.addresses[count]
                count += 1
            self._outgoing.send(self._sock.fileno(), count)
            self._wipe(count)

    def _answer_all(self, count: int, door: Door, now: float, misses: list[tuple[bytes, bytes, bytes, bytes]]) -> int:
        """Write the answers of a batch; return how many there are. Each line of the loop costs every query."""
        answer, controls = self._answer, self._controls.addresses if self._way_in else None
        # Packets and answers stand equally far apart.
        came, goes, size, step = self._packets.memory, self._answers.memory, self._answers.size, self._answers.step
        body_lengths, to = self._outgoing.body_lengths, self._outgoing.names
        names = zip(self._names.addresses, self._clients(count), self._incoming.received[:count].tolist(), strict=False)
        start = replies = 0
        for name, (port, address), length in names:
            packet = came[start : start + length]
            start += step
            if not port:
                continue  # there is nobody to answer
            try:
                data = answer(packet, address, door, now)
            except Exception as error:  # noqa: BLE001  the core must never stop the worker
                self._fault(error)
                continue
            if data is None:
                misses.append(self._miss(packet, address, start // step - 1))
            elif data and len(data) <= size:
                at = replies * step
                goes[at : at + len(data)] = data
                body_lengths[replies] = len(data)
                to[replies] = name
                if controls is not None:
                    self._outgoing.controls[replies] = controls[start // step - 1]
                replies += 1
        return replies

    def close(self, door: Door) -> None:
        """See `Datagrams`."""

    def _clients(self, count: int) -> Iterator[tuple[int, bytes]]:
        """Port and address of those whose datagrams came."""
        return self._sockaddr.iter_unpack(self._names.memory[: count * self._sockaddr.size])

    def _miss(self, packet: bytes, address: bytes, number: int) -> tuple[bytes, bytes, bytes, bytes]:
        names, controls = self._names, self._controls
        name = names.memory[number * names.step : (number + 1) * names.step]
        return packet, address, name, controls.memory[number * controls.step : (number + 1) * controls.step]

    def _turn_round(self, count: int) -> None:
        """Make what tells the way in set the source of the answer: our address, by whichever interface it leaves.

        A link-local address means something on its own interface only. What does not say where it went cannot be
        answered, as if it came from port 0.
        """
        controls, step, names = self._controls.memory, self._controls.step, self._names
        for number, length in enumerate(self._incoming.control_lengths[:count].tolist()):
            start = number * step + _HEAD
            if length < step:
                names.memory[number * names.step + 2 : number * names.step + 4] = bytes(2)
            elif not self._is_v6:
                controls[start : start + _INT] = bytes(_INT)
            elif controls[start : start + 2] != _LINK_LOCAL:
                controls[start + 16 : start + 16 + _INT] = bytes(_INT)

    def _wipe(self, used: int) -> None:
        """A question stays in memory until it is answered, no longer."""
        for buffers in (self._packets, self._answers, self._names, self._controls):
            buffers.wipe(used)
