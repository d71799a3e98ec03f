"""A drive for a resolver in which anything may fail: nothing is expected, and nobody is waited for."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from functools import partial

from resolver.edge.supervision import control_client
from resolver.edge.supervision.control_client import SOCKET_NAME
from tests.secrecy import drive
from tests.secrecy.stage import DNS, DOH, DOT, HINT, NOTICE, Stage
from tests.secrecy.world import Client

_SOON = 0.4  # seconds to wait for an answer that may not come
_COMMANDS = ("status", "ready", "refresh", "explain", "exemptions", "index")


def ask(stage: Stage) -> None:
    """A little of everything that customers do."""
    queries = drive.questions(stage.cast)
    broken = [*drive.broken_messages(stage.cast), *drive.curiosities(stage.cast)]
    with stage.cell.outside():
        for client in stage.clients:
            stage.asked.setdefault(client.address, set()).update(stage.cast.labels.values())
            client.patience = _SOON
            client.send(DNS, *queries, *broken, *drive.unanswerable(stage.cast), *drive.new_questions(stage.cast))
        for client in stage.clients[:3:2]:
            _tried(_streams(stage, client, queries))
        stage.clients[0].send(HINT, b"hint")


@contextlib.contextmanager
def connected(stage: Stage) -> Iterator[None]:
    """Customers who connect and ask nothing yet: who looks after connections finds some, however quick others are."""
    client = stage.clients[0]
    with contextlib.ExitStack() as stack:
        with stage.cell.outside():
            stack.enter_context(client.connected(DNS))
            stack.enter_context(contextlib.closing(client.http2(DOH)))
        yield


def operate(stage: Stage) -> None:
    """What operators and their machines ask for."""
    _tried([partial(stage.daemon.page, page) for page in ("/metrics", "/ready", "/none")])
    for verb in _COMMANDS:
        _tried([partial(_command, stage, verb)])


def replace_all(stage: Stage) -> None:
    """Workers, updater, and the notice process while a visitor is inside, who says nothing until sent away."""
    client = stage.clients[0]
    with stage.cell.outside():
        silent = client.connected(NOTICE)
        client.raw(NOTICE, _page(stage))  # who came before has been let in
    with contextlib.closing(silent):
        control_client.ask(stage.daemon.state, "reload")
        with contextlib.suppress(OSError):
            silent.recv(1)


def _page(stage: Stage) -> bytes:
    return f"GET /{stage.cast['page']} HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n".encode()


def _streams(stage: Stage, client: Client, queries: list[bytes]) -> list[Callable[[], object]]:
    page = _page(stage)
    headers = [("x-path", stage.cast["path"])]
    return [
        partial(client.stream, DNS, queries),
        partial(client.stream, DOT, queries, tls=True),
        partial(client.doh, DOH, stage.daemon.doh_path, queries, headers),
        partial(client.raw, NOTICE, page),
        partial(client.raw, NOTICE, page.replace(b"GET", b"HEAD")),
        partial(client.raw, DOH, page),
    ]


def _command(stage: Stage, verb: str) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(_SOON)
        line.connect(str(stage.daemon.state / SOCKET_NAME))
        line.sendall(json.dumps({"verb": verb, "list_id": "demo"}).encode() + b"\n")
        stage.hear("control socket's answer", line.recv(1 << 20))


def _tried(calls: list[Callable[[], object]]) -> None:
    for call in calls:
        with contextlib.suppress(OSError, AssertionError):
            call()
