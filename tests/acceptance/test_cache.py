"""The cache of the real daemon: its settings reach it, and a flood passes through it."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import pytest

from tests.support.asking import ask
from tests.support.daemon import Daemon
from tests.support.quick_upstream import QuickUpstream

pytestmark = [pytest.mark.daemon, pytest.mark.xdist_group("cache")]

POPULAR = [f"popular{number}.example" for number in range(30)]
FLOOD = 2_000
"""Twice as many as a MiB has room for."""
AT_ONCE = 25


def daemon_with(folder: Path, upstream: QuickUpstream, **cache: Any) -> Daemon:
    settings = {"workers": 1, "cache": cache, "rate_limit": {"enabled": False}}
    return Daemon(folder, upstream.address, [], **settings).start()


def burst(port: int, names: list[str]) -> None:
    """Ask for all, some at once; every one is answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        sock.settimeout(10)
        for start in range(0, len(names), AT_ONCE):
            some = names[start : start + AT_ONCE]
            for name in some:
                sock.send(dns.message.make_query(name, "A").to_wire())
            for _ in some:
                assert dns.message.from_wire(sock.recv(4096)).answer


def test_a_flood_of_random_names_pushes_out_nothing_in_use(tmp_path: Path) -> None:
    """In the smallest cache: after twice as many strangers as it holds, no popular name is asked upstream again."""
    with QuickUpstream() as upstream:
        daemon = daemon_with(tmp_path, upstream, bytes=1 << 20)
        burst(daemon.port, POPULAR)
        burst(daemon.port, POPULAR)
        burst(daemon.port, [f"x{number}.victim.example" for number in range(FLOOD)])
        asked = len(upstream.queries)
        burst(daemon.port, POPULAR)
        again = upstream.names()[asked:]
        burst(daemon.port, [f"x{number}.victim.example" for number in range(AT_ONCE)])
        strangers = upstream.names()[asked + len(again) :]
        assert daemon.stop() == 0, daemon.text()
    assert again == []
    assert len(strangers) > 0, "the flood did not fill the cache: this proves nothing"


@pytest.mark.parametrize(("stale", "rcode"), [("1h", dns.rcode.NOERROR), (0, dns.rcode.SERVFAIL)])
def test_old_answers_are_a_setting(tmp_path: Path, stale: object, rcode: int) -> None:
    """With them, an outage is marked by EDE 3; without, it is SERVFAIL with EDE 22."""
    with QuickUpstream() as upstream:
        daemon = daemon_with(tmp_path, upstream, stale=stale)
        ask(daemon.port, "udp", "short.example")
        time.sleep(1.1)  # it has ended
        upstream.is_silent = True
        answer = ask(daemon.port, "udp", "short.example")
        assert daemon.stop() == 0, daemon.text()
    assert answer.rcode() == rcode
    assert [int(option.code) for option in answer.options] == ([3] if stale else [22])  # type: ignore[attr-defined]
