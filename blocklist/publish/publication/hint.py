"""The push hint: one UDP datagram that makes a subscriber look now instead of at its next poll.

It proves nothing and need not: a subscriber never reads it, and a lost one costs a poll interval. It is sent again
while a cache in front of the mirror may still answer with the timestamp before.
"""

import socket
from collections.abc import Callable, Sequence
from typing import Final

from attrs import define, field, frozen

from blocklist.errors import OperatorFault

DATAGRAM: Final = b"mamori"
RESENT_AFTER: Final = (0.0, 2.0, 6.0)  # seconds after a publication; caches hold a timestamp for 5 s


@frozen
class Subscriber:
    """Where one subscriber's resolver listens for hints."""

    host: str
    port: int

    @classmethod
    def read(cls, text: str) -> "Subscriber":
        """Read `host:port` or `[v6]:port`."""
        host, _, port = text.rpartition(":")
        if not (host and port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
            raise OperatorFault("hint", f"--hint {text!r}: write host:port")
        return cls(host.strip("[]"), int(port))


def send(subscriber: Subscriber) -> None:
    """Send one datagram; raises OSError for a host that is not found or not reachable."""
    kind, _, _, _, address = socket.getaddrinfo(subscriber.host, subscriber.port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(kind, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto(DATAGRAM, address)


@define
class Hinter:
    """Sends hints when they are due; times are seconds of a monotonic clock."""

    subscribers: Sequence[Subscriber]
    alarm: Callable[[str], None]
    send: Callable[[Subscriber], None] = send
    _due: list[float] = field(factory=list, init=False)

    def announce(self, at: float) -> None:
        """Something was published."""
        self._due = [at + delay for delay in RESENT_AFTER]

    def tick(self, at: float) -> None:
        """Send what is due."""
        if not self._due or at < self._due[0]:
            return
        self._due = [due for due in self._due if due > at]
        for subscriber in self.subscribers:
            try:
                self.send(subscriber)
            except OSError as error:
                self.alarm(f"hint to {subscriber.host}:{subscriber.port} not sent: {error.strerror}")
