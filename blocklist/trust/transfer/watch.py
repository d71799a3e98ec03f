"""The bound of one transfer, kept below `http.client` at each read of the socket.

There, a drip in the headers or in chunk framing is caught like a drip in the body.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from math import inf
from typing import Any

from attrs import define

from blocklist.errors import TransferFault
from blocklist.trust.limits import FetchLimits


@define
class Watch:
    """The running transfer: due at `grace + received / minimum rate` seconds after its start, never after the total.

    One rule covers a hang, a drip and a slow body. `end` is when the mirror's time for this refresh is over.
    """

    host: str
    limits: FetchLimits
    max_bytes: int
    monotonic: Callable[[], float]
    started: float
    end: float = inf
    received: int = 0

    def seconds_left(self) -> float:
        """Return how long the next read may wait. Raises TransferFault when the transfer is overdue."""
        allowed = self.limits.grace_seconds + self.received / self.limits.minimum_rate
        due = min(self.started + min(allowed, self.limits.total_seconds), self.end)
        left = due - self.monotonic()
        if left <= 0:
            raise self.too_slow()
        return left

    def too_slow(self) -> TransferFault:
        """Return the fault of an overdue transfer."""
        code, what = ("slow", "sends too slowly") if self.received else ("timeout", "does not answer")
        return TransferFault(code, f"{self.host}: the mirror {what}; the next one is tried")

    def count(self, size: int) -> None:
        """Book bytes read from the socket. Raises TransferFault when there are too many."""
        self.received += size
        if self.received > self.max_bytes + self.limits.header_bytes:
            raise self.too_long()

    def too_long(self) -> TransferFault:
        """Return the fault of a file beyond its size limit."""
        return TransferFault("too_long", f"{self.host}: the file is longer than the {self.max_bytes} bytes allowed")


class WatchedStream(io.RawIOBase):
    """The socket's byte stream with the watch looked at before and after each read."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, watch: Watch) -> None:
        self._raw, self._sock, self._watch = raw, sock, watch

    def readable(self) -> bool:
        """Return True, as io.BufferedReader wants."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read once, no longer than the watch allows."""
        self._sock.settimeout(self._watch.seconds_left())
        try:
            size: int | None = self._raw.readinto(buffer)
        except TimeoutError:
            raise self._watch.too_slow() from None
        self._watch.count(size or 0)
        return size

    def close(self) -> None:
        """Give the socket back."""
        self._raw.close()
        super().close()
