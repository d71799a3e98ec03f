"""The line to the service manager, heard on real datagram sockets."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

import pytest

from resolver.edge.supervision.notify import ServiceManager


def manager(**environment: str) -> ServiceManager:
    return ServiceManager.of(environment, 77, lambda: 12.5)


@pytest.mark.parametrize("abstract", [False, True])
def test_each_word_is_one_datagram(tmp_path: Path, *, abstract: bool) -> None:
    """All that systemd is told, over a path and over an abstract name."""
    name = f"@mamori-{secrets.token_hex(8)}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(name.replace("@", "\0", 1))
        heard.settimeout(5)
        to = manager(NOTIFY_SOCKET=name)
        to.waiting("waiting for list demo")
        to.ready("answering")
        to.reloading("reload")
        to.status("draining")
        to.alive()
        to.stopping()
        told = [heard.recv(4096).decode() for _ in range(6)]
    assert told == [
        "EXTEND_TIMEOUT_USEC=30000000\nSTATUS=waiting for list demo",
        "READY=1\nSTATUS=answering",
        "RELOADING=1\nMONOTONIC_USEC=12500000\nSTATUS=reload",
        "STATUS=draining",
        "WATCHDOG=1",
        "STOPPING=1\nSTATUS=stopping",
    ]


def test_nobody_to_tell(tmp_path: Path) -> None:
    """No socket, or one that is gone: nothing happens."""
    manager().ready("answering")
    manager(NOTIFY_SOCKET=str(tmp_path / "gone")).ready("answering")
    manager(NOTIFY_SOCKET="x" * 300).alive()


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "77"}, 30.0),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "30000000"}, 30.0),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "78"}, None),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "0"}, None),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "30000000"}, None),
        ({"NOTIFY_SOCKET": "/n"}, None),
    ],
)
def test_the_watchdog_is_ours_or_nobodys(environment: dict[str, str], seconds: float | None) -> None:
    """A watchdog meant for another process, or none, is not fed."""
    assert manager(**environment).watchdog_seconds == seconds
