"""Free loopback ports for servers that cannot be handed a socket."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Mapping

# Below the ports the kernel draws for outgoing connections (32768 up, by default): no client of another test takes one
# between this choice and the server's start.
FIRST, LAST = 10_000, 32_767
TRIES = 100


def free_port() -> int:
    """Return a port free for UDP and TCP on 127.0.0.1 and ::1 just now; never the same twice in one process."""
    for _ in range(TRIES):
        port = _draw.choice(CANDIDATES)
        if port not in _given and _is_free_everywhere(port):
            _given.add(port)
            return port
    raise RuntimeError("no free loopback port found")


def candidates(environment: Mapping[str, str]) -> range:
    """Return this test process' own part: between choice and start nobody holds a port, and others draw theirs."""
    count = int(environment.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    number = int(environment.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return range(FIRST + number % count, LAST + 1, count)


CANDIDATES = candidates(os.environ)
_draw = random.SystemRandom()  # the seed of a test run must not make two processes draw the same ports
_given: set[int] = set()
_LOOPBACK = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_KINDS = (socket.SOCK_STREAM, socket.SOCK_DGRAM)


def _is_free_everywhere(port: int) -> bool:
    return all(_is_free(family, host, kind, port) for family, host in _LOOPBACK for kind in _KINDS)


def _is_free(family: int, host: str, kind: int, port: int) -> bool:
    with socket.socket(family, kind) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
