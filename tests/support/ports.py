"""Free loopback ports for servers that cannot be handed a socket."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Return a port free for UDP and TCP on 127.0.0.1 and ::1 just now."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if all(_is_free(family, host, kind, port) for family, host in _LOOPBACK for kind in _KINDS):
            return port
    raise RuntimeError("no free loopback port found")


_LOOPBACK = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_KINDS = (socket.SOCK_STREAM, socket.SOCK_DGRAM)


def _is_free(family: int, host: str, kind: int, port: int) -> bool:
    with socket.socket(family, kind) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
