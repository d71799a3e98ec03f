"""What taking up a list costs the servers beside ours."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from threading import Thread

from bench.generator import Target
from bench.loading import started
from bench.peers.server import Server
from bench.questions import KEPT_ADDRESS
from tests.support.daemon import NOTICE_V4

UPSTREAMS = 3  # answers before the list is in force


class Late(Server):
    """Answers from its upstream while it reads its list, and with the notice from then on."""

    name = "late"
    told: list[str] = []  # noqa: RUF012 -- of the one that runs

    def __init__(self, folder: Path, upstream: int, listed: int) -> None:
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind(("127.0.0.1", 0))
        self.port = self._sock.getsockname()[1]
        self._thread = Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while (received := self._sock.recvfrom(4096))[0]:
            self.told.append(KEPT_ADDRESS if len(self.told) < UPSTREAMS else NOTICE_V4)
            self._sock.sendto(received[0] + bytes(map(int, self.told[-1].split("."))), received[1])

    def target(self, family: int = 4) -> Target:
        return Target(self.name, "127.0.0.1", self.port, os.getpid())

    def stop(self) -> None:
        self._sock.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._sock.close()


def test_a_list_is_taken_up_when_it_is_enforced(tmp_path: Path) -> None:
    """An answer alone says nothing: while a server reads its list, the upstream's may come."""
    figures = started(Late, tmp_path, 0, 10)
    assert Late.told == [*[KEPT_ADDRESS] * UPSTREAMS, NOTICE_V4]
    assert all(value > 0 for value in figures.values())
