"""The notice page served by its real process on loopback, with the test as its supervisor."""

from __future__ import annotations

import array
import http.client
import json
import os
import pwd
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resolver.edge.channel import CHILD_FD, channel_pair
from resolver.edge.notice.server import DEFAULT_USER
from tests.resolver.settings.samples import full
from tests.support.tools import require_root

pytestmark = pytest.mark.daemon

PATIENCE = 60.0  # seconds
ACCEPT = b"Accept: text/html\r\n"
GET = b"GET / HTTP/1.1\r\n" + ACCEPT + b"\r\n"


class NoticeChild:
    """Started on construction, with two notices: `default` (403) and `law` (451)."""

    def __init__(self) -> None:
        self.line, theirs = channel_pair()
        self.line.settimeout(PATIENCE)
        script = f"import os; os.dup2({theirs.fileno()}, {CHILD_FD}); os.execv({sys.executable!r}, {self.command()!r})"
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-c", script],
                pass_fds=[theirs.fileno(), *self.kept()],
                stderr=subprocess.PIPE,
                cwd="/",
            )
        self.listening: list[socket.socket] = []

    def command(self) -> list[str]:
        return [sys.executable, "-I", "-m", "resolver.app.child", "notice"]

    def kept(self) -> list[int]:
        """Other descriptors it is given."""
        return []

    def start(self, before: NoticeChild | None = None, **more: Any) -> None:
        """Give it sockets, those of the child before it if there is one; they stay ours too, as a supervisor's do."""
        self.listening = (
            [each.dup() for each in before.listening]
            if before
            else [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        )
        message = {"type": "start", "settings": _settings(self.ports) | more}
        fds = array.array("i", [each.fileno() for each in self.listening])
        self.line.sendmsg([json.dumps(message).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])

    @property
    def ports(self) -> list[int]:
        return [each.getsockname()[1] for each in self.listening]

    def ready(self) -> bool:
        return bool(json.loads(self.line.recv(65536)) == {"type": "ready"})

    def exchange(self, request: bytes, notice: int = 0) -> bytes:
        """Everything that comes back until the server closes; our own side is closed behind the request."""
        with socket.create_connection(("127.0.0.1", self.ports[notice]), PATIENCE) as visitor:
            visitor.sendall(request)
            visitor.shutdown(socket.SHUT_WR)
            return _all_from(visitor)

    def status(self, field: str) -> list[str]:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(line.split()[1:] for line in text.splitlines() if line.startswith(field + ":"))

    def close(self) -> tuple[int, str]:
        """Close the line, wait for the end: exit code and what was said on stderr."""
        self.line.close()
        for each in self.listening:
            each.close()
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said.decode()


def _all_from(visitor: socket.socket) -> bytes:
    return b"".join(iter(lambda: visitor.recv(65536), b""))


def _settings(ports: list[int]) -> dict[str, Any]:
    data = full()
    default = data["notices"]["default"]
    law = default | {"ipv4": "192.0.2.2", "status": 451, "blocked_by": "https://isp.example/policy"}
    del law["ipv6"]
    data["notices"] = {"default": default | {"listen": [f"127.0.0.1:{ports[0]}"]}}
    data["notices"]["law"] = law | {"listen": [f"127.0.0.1:{ports[1]}"]}
    data["lists"][0]["root"] = "/nonexistent/root.json"
    return data


@pytest.fixture
def child() -> Iterator[NoticeChild]:
    made = NoticeChild()
    yield made
    if made.process.poll() is None:
        made.process.kill()
    made.close()


def test_every_request_of_a_class_gets_the_same_bytes(child: NoticeChild) -> None:
    """Whatever host, path, query, method, cookie or body is sent, none of it shows in what comes back."""
    child.start()
    assert child.ready()
    page = child.exchange(b"GET / HTTP/1.1\r\nHost: a.example\r\n" + ACCEPT + b"\r\n")
    assert page.startswith(b"HTTP/1.1 403 Forbidden\r\n") and page.endswith(b"</html>\n")
    for request in (
        b"GET /secret?secret HTTP/1.1\r\nHost: secret.example\r\nCookie: secret=1\r\n" + ACCEPT + b"\r\n",
        b"POST / HTTP/1.0\r\n" + ACCEPT + b"Content-Length: 6\r\n\r\nsecret",
        b"GET / HTTP/1.1\r\n" + ACCEPT + b"Cookie: " + b"a" * 20_000 + b"\r\n\r\n",
        b"nonsense\n" + ACCEPT + b"\n\n",
    ):
        assert child.exchange(request) == page
    empty = child.exchange(b"GET /x.png HTTP/1.1\r\nHost: a.example\r\nAccept: image/png,*/*\r\n\r\n")
    assert empty.startswith(b"HTTP/1.1 403 Forbidden\r\n") and empty.endswith(b"Content-Length: 0\r\n\r\n")
    assert child.exchange(b"PROPFIND / HTTP/1.1\r\nAccept: secret/secret\r\n\r\n") == empty


def test_each_notice_on_its_own_socket(child: NoticeChild) -> None:
    """The sockets belong to the notices in the order of the settings; an ordinary client understands the answer."""
    child.start()
    assert child.ready()
    expected = ((403, None), (451, '<https://isp.example/policy>; rel="blocked-by"'))
    for port, (status, link) in zip(child.ports, expected, strict=True):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("GET", "/", headers={"Accept": "text/html"})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Link"]) == (status, link)
        assert len(answer.read()) == int(answer.headers["Content-Length"])
        connection.close()


def test_it_has_no_rights_and_no_dump(child: NoticeChild) -> None:
    """As root it becomes nobody without groups and capabilities; started by anybody it cannot be dumped or fork."""
    child.start()
    assert child.ready()
    account = pwd.getpwnam(DEFAULT_USER) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    assert child.status("Uid") == [str(account.pw_uid)] * 4
    if os.geteuid() == 0:
        assert child.status("Gid") == [str(account.pw_gid)] * 4
        assert child.status("Groups") == []
        assert [child.status(kind) for kind in ("CapPrm", "CapEff")] == [["0" * 16]] * 2
    assert (
        Path(f"/proc/{child.process.pid}/environ").stat().st_uid == 0
    )  # the kernel gives what is not dumpable to root
    limits = Path(f"/proc/{child.process.pid}/limits").read_text()
    for limit in ("Max core file size", "Max processes"):
        (line,) = [line for line in limits.splitlines() if line.startswith(limit)]
        assert line.removeprefix(limit).split()[:2] == ["0", "0"]


def test_it_keeps_nothing_open_and_ends_when_told(child: NoticeChild) -> None:
    """`stop` ends it with code 0 and without a word, even while a visitor is connected who says nothing."""
    child.start()
    assert child.ready()
    with socket.create_connection(("127.0.0.1", child.ports[0]), PATIENCE):
        child.line.send(b'{"type":"stop"}')
        assert child.process.wait(PATIENCE) == 0
    assert child.close() == (0, "")


def test_when_it_is_renewed_nobody_is_reset(child: NoticeChild) -> None:
    """Who is inside is answered by the old process, who came too late for it by the next one at the same sockets."""
    child.start()
    assert child.ready()
    with socket.create_connection(("127.0.0.1", child.ports[0]), PATIENCE) as inside:
        inside.sendall(GET[:20])
        page = child.exchange(GET)  # so the one before has been let in
        child.line.send(b'{"type":"stop"}')
        inside.sendall(GET[20:])
        assert _all_from(inside) == page
    assert child.process.wait(PATIENCE) == 0
    with socket.create_connection(("127.0.0.1", child.ports[0]), PATIENCE) as late:
        late.sendall(GET)
        following = NoticeChild()
        following.start(before=child)
        assert _all_from(late) == page
        assert following.close() == (0, "")


def test_an_answer_under_way_arrives_though_the_process_ends(child: NoticeChild) -> None:
    """A visitor who takes it slowly gets the rest from the kernel."""
    child.start()
    assert child.ready()
    page = child.exchange(GET)
    with socket.socket() as slow:
        slow.settimeout(PATIENCE)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the kernel makes it its least, less than a page
        slow.connect(("127.0.0.1", child.ports[0]))
        slow.sendall(GET)
        begun = slow.recv(1)
        child.line.send(b'{"type":"stop"}')
        assert child.process.wait(PATIENCE) == 0
        assert begun + _all_from(slow) == page


def test_it_ends_with_its_supervisor(child: NoticeChild) -> None:
    """A closed line ends it at once."""
    child.start()
    assert child.ready()
    assert child.close() == (0, "")


@pytest.mark.root
@pytest.mark.parametrize("user", ["root", "no-such-user-here"])
def test_rather_not_than_as_root(child: NoticeChild, user: str) -> None:
    """A user that is root or does not exist: it says so and ends without ever being ready."""
    require_root()
    child.start(user=user)
    assert child.process.wait(PATIENCE) == 0
    code, said = child.close()
    assert (code, said.count("\n")) == (0, 1)
    assert said.startswith("mamori notice: user: ") and user in said
