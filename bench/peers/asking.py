"""Asking a server once: whether it is there, and whether it enforces the list."""

from __future__ import annotations

import socket

from bench.questions import Form, wire
from tests.support.daemon import NOTICE_V4

ADDRESSES = {4: "127.0.0.1", 6: "::1"}  # of every server, by address family


def answered(address: str, port: int, name: str = "ready.www.example", seconds: float = 0.5) -> bytes | None:
    """Ask once over UDP; None where nothing came in time."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(seconds)
        try:
            sock.connect((address, port))
            sock.send(wire(name, Form(edns=False)))
            return sock.recv(4096)
        except OSError:
            return None


def is_listed(port: int, name: str) -> bool:
    """Whether the name is answered with the notice: before a list is in force the upstream's answer comes."""
    found = answered(ADDRESSES[4], port, name)
    return found is not None and bytes(map(int, NOTICE_V4.split("."))) in found
