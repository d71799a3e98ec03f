"""Statement 10: the server of the notice page keeps nothing of its visitors.

No log, no cookie, no script, nothing fetched from others, nothing of the request in the answer, no TLS. After a
thousand odd requests its process has opened no file and made no connection, and nowhere in its memory stand a host, a
path, a cookie or a visitor's address; the address is not even asked of the kernel. It has no rights. With `dns-only`
answers there is no connection that anybody could record.
"""

from __future__ import annotations

import os
import pwd
import random
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import dns.rdatatype
import psutil
import pytest
from attrs import evolve
from twisted.internet.testing import MemoryReactorClock

import resolver.edge.notice
from resolver.edge.notice.server import DEFAULT_USER
from resolver.edge.supervision.harbour import Harbour
from resolver.edge.supervision.notice_keeper import NoticeKeeper
from resolver.settings.checks import warnings
from tests.resolver.core.world import CONFIG, World
from tests.resolver.edge.fake_children import FakeLauncher
from tests.resolver.edge.notice.test_server_process import NoticeChild
from tests.resolver.settings.samples import full, read
from tests.secrecy.local_world import LocalWorld, wait_for
from tests.support.memory import found_in_process, read_memory
from tests.support.tools import require_root

REQUESTS = 1000
HOST, PATH, COOKIE, BODY, AGENT = (
    f"{each}-quartz-marker.example" for each in ("host", "path", "cook", "body", "agent")
)
MARKERS = (HOST, PATH, COOKIE, BODY, AGENT)
METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS", "CONNECT", "PROPFIND", "BREW")
ACCEPTS = ("text/html", "text/html,*/*;q=0.8", "image/avif,*/*", "*/*", "", AGENT)
VISITORS = "127.77"  # the network visitors come from
HARMLESS = {"socket.__new__", "ctypes.get_errno", "ctypes.set_errno"}
"""What Python may be told of by its audit hooks (PEP 578) while visitors are served: a socket object for each."""


def odd_requests(count: int, seed: int = 5) -> Iterator[bytes]:
    """Requests of every kind, whole, cut and malformed, with markers wherever a request has room."""
    draw = random.Random(seed)
    for number in range(count):
        lines = [f"{draw.choice(METHODS)} /{PATH}/{number}?{PATH}={number} HTTP/{draw.choice(('1.0', '1.1', '9.9'))}"]
        lines += [f"Host: {number}.{HOST}", f"Cookie: {COOKIE}={number}", f"User-Agent: {AGENT}"]
        lines += [f"Accept: {draw.choice(ACCEPTS)}", f"X-Forwarded-For: {AGENT}", f"Referer: http://{HOST}/{PATH}"]
        lines += [f"X-Long: {COOKIE * draw.choice((1, 20, 300))}"] if number % 3 == 0 else []
        head, body = draw.choice(("\r\n", "\n")).join(lines), f"{BODY}={number}" * draw.choice((0, 1, 100))
        end = draw.choice(("\r\n\r\n", "\n\n", "\r\n\r\n", ""))  # sometimes the head has no end
        yield (head + end + body).encode()
        if number % 100 == 0:
            yield b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + HOST.encode() + b"\n\n"  # as TLS begins


def visit(port: int, request: bytes, number: int) -> bytes:
    """All that comes back; each visitor has an address of its own."""
    with socket.socket() as visitor:
        visitor.bind((f"{VISITORS}.{number // 250 % 250 + 1}.{number % 250 + 1}", 0))
        visitor.settimeout(20)
        visitor.connect(("127.0.0.1", port))
        visitor.sendall(request)
        visitor.shutdown(socket.SHUT_WR)
        try:
            return b"".join(iter(lambda: visitor.recv(65536), b""))
        except ConnectionResetError:
            return b""  # cut off without an answer


def notice_process(world: LocalWorld) -> psutil.Process:
    """The one there is; after a reload two may be there for a moment."""
    wait_for(lambda: len(world.daemon.children("notice")) == 1, "one notice process")
    return world.daemon.children("notice")[0]


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_a_thousand_odd_requests_leave_nothing(local_world: LocalWorld) -> None:
    """No file, no connection, no byte of them in memory; the same scan finds a visitor who is still there."""
    require_root()
    process, port = notice_process(local_world), local_world.daemon.notice_port
    before = open_files(process.pid), process.io_counters().write_bytes
    answers = {visit(port, request, number) for number, request in enumerate(odd_requests(REQUESTS))}
    assert notice_process(local_world) == process
    assert (open_files(process.pid), process.io_counters().write_bytes) == before
    assert {each.status for each in process.net_connections("all") if each.family != socket.AF_UNIX} == {"LISTEN"}
    assert len(answers) <= 4  # the page, its head, the empty answer; nothing where no whole head came
    assert not [marker for marker in MARKERS for answer in answers if marker.encode() in answer]
    assert found_in_process(process.pid, MARKERS) == set()
    assert addresses_in(process.pid) == set()
    planted = f"{VISITORS}.9.9".encode()
    assert planted in addresses_in(os.getpid())  # the scan does find one that is there
    with socket.create_connection(("127.0.0.1", port)) as visitor:
        visitor.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n".encode())
        found: set[str] = set()
        while not found:  # it is read within moments, or the test ends by its time limit
            found = found_in_process(process.pid, [HOST])


def open_files(pid: int) -> set[str]:
    """What its descriptors lead to."""
    return {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}


def addresses_in(pid: int) -> set[bytes]:
    """Visitors' addresses as text, or packed behind family and port, anywhere in the memory of a process."""
    packed = re.escape(bytes(map(int, VISITORS.split("."))))
    form = re.compile(
        VISITORS.encode() + rb"\.\d{1,3}\.\d{1,3}|\x02\0.." + packed + rb"[\x01-\xfa][\x01-\xfa]", re.DOTALL
    )
    return {hit for chunk in read_memory(pid) for hit in form.findall(chunk)}


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_the_answers_hold_nothing_that_acts_or_asks(local_world: LocalWorld) -> None:
    """No cookie, no script, no form, no frame, nothing that is fetched without the visitor's own click, no cache."""
    page = local_world.visit().decode()
    head, _, body = page.partition("\r\n\r\n")
    assert not re.search(r"(?im)^(set-cookie|etag|last-modified|date|server|refresh|strict-transport-security):", head)
    assert "cache-control: no-store" in head.lower() and "connection: close" in head.lower()
    assert not re.search(r"(?i)<(script|img|iframe|form|object|embed|video|audio|base|meta[^>]*refresh)\b", body)
    assert not re.search(r"(?i)\bsrc=|@import|url\(|\bon[a-z]+=|<link\b(?![^>]*rel=\"?(license|author))", body)


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_it_has_no_rights(local_world: LocalWorld) -> None:
    """Nobody's user and group, no capability in any set, none to be gained, no second process, no core, no dump."""
    require_root()
    pid = notice_process(local_world).pid
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    account = pwd.getpwnam(DEFAULT_USER)
    assert status["Uid"].split() == [str(account.pw_uid)] * 4 and status["Gid"].split() == [str(account.pw_gid)] * 4
    assert status["Groups"].split() == []
    assert {status[each] for each in ("CapEff", "CapPrm", "CapInh", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Threads"]) == ("1", "1")
    limits = Path(f"/proc/{pid}/limits").read_text()
    for limit in ("Max core file size", "Max processes"):
        assert re.search(rf"(?m)^{limit} +0 +0 ", limits)


@pytest.mark.daemon
def test_python_is_told_of_no_file_no_name_and_no_connection(tmp_path: Path) -> None:
    """The real process with an audit hook: after it is ready, nothing but a socket object for each visitor."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    child = AuditedChild(writing)
    try:
        child.start()
        assert child.ready()
        os.read(reading, 1 << 16)  # what it took to begin
        for number, request in enumerate(odd_requests(100)):
            visit(child.ports[0], request, number)
        told = set(os.read(reading, 1 << 16).decode().split())
        assert "socket.__new__" in told
        assert told <= HARMLESS
    finally:
        child.process.kill()
        child.close()
        for fd in (reading, writing):
            os.close(fd)


class AuditedChild(NoticeChild):
    """The same process; each audit event is written to a pipe."""

    def __init__(self, pipe: int) -> None:
        self.pipe = pipe
        super().__init__()

    def kept(self) -> list[int]:
        return [self.pipe]

    def command(self) -> list[str]:
        hook = f"lambda event, _args: os.write({self.pipe}, event.encode() + b' ')"
        code = (
            f"import os, runpy, sys; sys.addaudithook({hook}); "
            "sys.argv[1:] = ['notice']; runpy.run_module('resolver.app.child', run_name='__main__', alter_sys=True)"
        )
        return [sys.executable, "-I", "-c", code]


def test_no_line_of_it_reads_an_address_or_writes_a_file() -> None:
    """In the source of the notice process nobody asks who a visitor is, and nothing is opened but its own texts."""
    folder = Path(resolver.edge.notice.__file__).parent
    source = {path.name: path.read_text("utf-8") for path in folder.glob("*.py")}
    assert {"server.py", "entrance.py"} <= source.keys()
    for name, text in source.items():
        assert not re.search(r"getpeername|getPeer|\.accept\(|\bopen\(|write_text|write_bytes|logging", text), name


# --- answers without a page --------------------------------------------------------------------------------


@pytest.mark.parametrize("rdtype", ["A", "AAAA", "HTTPS", "SVCB"])
def test_dns_only_leads_nobody_anywhere(rdtype: str) -> None:
    """No address in the answer: no connection, so nothing for anybody on the way to record."""
    world = World(config=evolve(CONFIG, answer_mode="dns-only"))
    for name in ("blk.example", "www.blk.example"):
        answer = world.ask(name, rdtype)
        assert answer.answer == [] and not [
            rrset
            for rrset in answer.additional + answer.authority
            if rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA)
        ]


def test_dns_only_has_no_notice_process() -> None:
    """Without a notice in the settings there is no place for one and no child: nothing listens."""
    settings = read(full() | {"answer": {"mode": "dns-only"}, "notices": {}})
    launcher, clock = FakeLauncher(), MemoryReactorClock()
    keeper = NoticeKeeper(clock, launcher, lambda *_: None)
    keeper.listen(settings, Harbour())
    keeper.start(settings, no_record=True)
    assert (settings.notice_places, keeper.hand_over(lambda fd: fd), launcher.children) == ((), {}, [])


def test_a_page_nobody_is_led_to_is_warned_of() -> None:
    """`mamori check-config` says it: a server without visitors could still be asked, and those could be recorded."""
    data = full() | {"answer": {"mode": "dns-only"}}
    data["notices"]["default"]["listen"] = ["127.0.0.1:8080"]
    assert [fault.path for fault in warnings(read(data))].count("notices.default.listen") == 1
    data["answer"]["mode"] = "notice"
    assert "notices.default.listen" not in [fault.path for fault in warnings(read(data))]
