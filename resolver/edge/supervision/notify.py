"""What the service manager is told (sd_notify(3)): datagrams to the socket it names in the environment.

Without that socket (a terminal, a container) nothing is sent and nothing is missed. The socket's name stays with the
supervisor: children get an environment of their own. Over an upgrade it is kept, as the process is.
"""

import os
import socket
from collections.abc import Callable, Mapping
from typing import Final

from attrs import frozen

EXTENSION_SECONDS: Final = 30  # how much longer than now a start may take, said again while a list is waited for
_MICROSECONDS: Final = 1_000_000


@frozen
class ServiceManager:
    """systemd, or whoever speaks its protocol.

    `address` is None where nobody listens; `watchdog_seconds` is how long we may be silent, None: for ever. `seconds`
    is the monotonic clock.
    """

    address: str | None
    watchdog_seconds: float | None
    seconds: Callable[[], float]

    @classmethod
    def of(cls, environment: Mapping[str, str], pid: int, seconds: Callable[[], float]) -> "ServiceManager":
        """Read NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID; what they say to another process is not for us."""
        address = environment.get("NOTIFY_SOCKET") or None
        wanted = environment.get("WATCHDOG_USEC", "")
        for_us = environment.get("WATCHDOG_PID", str(pid)) == str(pid)
        watched = address and for_us and wanted.isascii() and wanted.isdecimal() and int(wanted) > 0
        return cls(address, int(wanted) / _MICROSECONDS if watched else None, seconds)

    def ready(self, status: str) -> None:
        """We answer (also after a reload)."""
        self._send("READY=1", f"STATUS={status}")

    def status(self, status: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={status}")

    def waiting(self, status: str) -> None:
        """The start takes longer, and this is why."""
        self._send(f"EXTEND_TIMEOUT_USEC={EXTENSION_SECONDS * _MICROSECONDS}", f"STATUS={status}")

    def reloading(self, status: str) -> None:
        """Settings or code change; `ready` follows."""
        stamp = int(self.seconds() * _MICROSECONDS)
        self._send("RELOADING=1", f"MONOTONIC_USEC={stamp}", f"STATUS={status}")

    def stopping(self) -> None:
        """The end has begun."""
        self._send("STOPPING=1", "STATUS=stopping")

    def alive(self) -> None:
        """A query was answered."""
        self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        """A manager that is gone or slow is no reason to stop answering."""
        if self.address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.setblocking(False)
                line.sendto("\n".join(lines).encode(), _path(self.address))
        except OSError:
            return


def _path(address: str) -> bytes:
    """`@` stands for the zero byte of an abstract name."""
    name = os.fsencode(address)
    return b"\0" + name[1:] if name.startswith(b"@") else name
