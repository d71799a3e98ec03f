"""Datagrams in batches, the twin in C; see `datagrams.py` for both. A closed socket has the descriptor -1."""

import socket
from collections.abc import Sequence

from native._native import Datagrams as Buffers
from native._native import send
from resolver.core.door import Door
from resolver.core.native_hit_path import NativeHitPath
from resolver.edge.limits import UdpLimits


class NativeDatagrams:
    """See `Datagrams`."""

    def __init__(self, sock: socket.socket, hit_path: NativeHitPath, limits: UdpLimits, *, is_wildcard: bool) -> None:
        self._sock, self._hit_path = sock, hit_path
        self._buffers = Buffers(
            is_wildcard=is_wildcard,
            batch=limits.batch,
            turn=limits.turn,
            misses=limits.misses,
            datagram_bytes=limits.datagram_bytes,
        )

    def serve(self, door: Door, now: float) -> list[tuple[bytes, bytes, bytes, bytes]]:
        """See `Datagrams`."""
        descriptor = self._sock.fileno()
        return self._hit_path.serve(self._buffers, descriptor, door, now) if descriptor >= 0 else []

    def is_full(self) -> bool:
        """See `Datagrams`."""
        return self._buffers.is_full()

    def send(self, answers: Sequence[tuple[bytes, bytes, bytes]]) -> None:
        """See `Datagrams`."""
        descriptor = self._sock.fileno()
        if descriptor >= 0:
            send(descriptor, list(answers))

    def close(self, door: Door) -> None:
        """See `Datagrams`."""
        self._hit_path.close_door(door)
