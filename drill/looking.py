"""How the drill sees what the world sees: DNS answers, open ports, what a key opens."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from typing import Protocol

import dns.message
import dns.rdatatype

from blocklist.errors import PublisherFault
from blocklist.keyring import WrappedKey, unwrap
from tests.support.asking import exchange, query

ASK_PAUSE = 0.1  # seconds between two looks
WATCH_SECONDS = 90.0  # the longest a watch looks: well above what is promised, so that the figure is seen


def asked(port: int, name: str) -> str | None:
    """Return the first A record that a resolver on this port gives; None without an answer or without one."""
    wire = exchange(query(name).to_wire(), port, "udp", timeout=2.0)
    if wire is None:
        return None
    answer = dns.message.from_wire(wire)
    found = [record.to_text() for rrset in answer.answer if rrset.rdtype == dns.rdatatype.A for record in rrset]
    return found[0] if found else None


def accepts(port: int) -> bool:
    """Return whether somebody listens on this TCP port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def opens(key: WrappedKey, list_id: str, private: bytes) -> bool:
    """Return whether a subscriber's private key opens a wrapped secret, whoever it was meant for."""
    try:
        unwrap(key.wrapped, private, list_id=list_id, epoch=key.epoch, profile=key.profile)
    except PublisherFault:
        return False
    return True


class Passing(Protocol):
    """An ISP, as far as a watch needs it."""

    def passes(self, names: Sequence[str]) -> bool:
        """Return whether all names get their own answer."""


class Watch(threading.Thread):
    """Times one name from now until every ISP answers it truthfully."""

    def __init__(self, name: str, isps: Sequence[Passing]) -> None:
        super().__init__(daemon=True)
        self._name, self._isps = name, isps
        self._start = time.monotonic()
        self.seconds = WATCH_SECONDS

    def run(self) -> None:
        while time.monotonic() - self._start < WATCH_SECONDS:
            if all(isp.passes([self._name]) for isp in self._isps):
                self.seconds = time.monotonic() - self._start
                return
            time.sleep(ASK_PAUSE)
