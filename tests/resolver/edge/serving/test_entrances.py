"""All ways in of a real worker, under clients of every kind: dnspython's, Python's ssl, and those that only hold on."""

from __future__ import annotations

import contextlib
import resource
import select
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dns.query
import dns.rcode
import pytest

from tests.resolver.edge.encrypted_worker import NAME, EncryptedWorker, question
from tests.support.asking import exchange
from tests.support.tools import unmet

pytestmark = pytest.mark.daemon


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., EncryptedWorker]]:
    with contextlib.ExitStack() as stack:

        def begin(**settings: object) -> EncryptedWorker:
            world = EncryptedWorker(tmp_path, **settings)
            stack.callback(lambda: check_quiet(world.worker.close()))
            return world

        yield begin


def check_quiet(errors: str) -> None:
    assert errors == ""  # what a stranger does is no fault of ours


def test_every_transport_gives_the_same_answer(start: Callable[..., EncryptedWorker]) -> None:
    """Row 21: but for OPT, which is padded where the channel is encrypted."""
    world = start()
    answers = {kind: world.ask(kind) for kind in ("udp", "tcp", "dot", "doh")}
    for answer in answers.values():
        assert (answer.rcode(), answer.flags, answer.question, answer.answer, answer.authority) == (
            dns.rcode.NOERROR,
            answers["udp"].flags,
            answers["udp"].question,
            answers["udp"].answer,
            answers["udp"].authority,
        )
    counted = world.worker.counts().queries
    assert counted == {"udp": 1, "tcp": 1, "dot": 1, "doh": 1}


def test_doh_by_get_and_post_and_on_one_connection(start: Callable[..., EncryptedWorker]) -> None:
    """As dnspython asks."""
    world = start()
    url = f"https://127.0.0.1:{world.ports['doh']}/dns-query"
    for post in (True, False):
        answer = dns.query.https(question(), url, 10, verify=world.context(), post=post)
        assert answer.answer == world.ask("udp").answer


def test_a_new_certificate_is_shown_and_old_connections_live(start: Callable[..., EncryptedWorker]) -> None:
    """Without a restart, and without a client that notices."""
    world = start()
    with world.tls() as old:
        world.worker.certificate(world.authority.issue(NAME, "second.test", ips=["127.0.0.1"]))
        deadline = time.monotonic() + 10
        while "second.test" not in shown(world) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "second.test" in shown(world)
        assert "second.test" not in str(old.getpeercert())
        wire = question().to_wire()
        old.sendall(struct.pack("!H", len(wire)) + wire)
        assert old.recv(4)


def shown(world: EncryptedWorker) -> str:
    with world.tls() as fresh:
        return str(fresh.getpeercert())


def test_garbage_on_every_port_is_no_fault(start: Callable[..., EncryptedWorker]) -> None:
    """HTTP to TLS, TLS to TCP, TLS that breaks off, random bytes: the connection ends, the worker answers on."""
    world = start()
    hello = client_hello(world)
    for kind in ("tcp", "dot", "doh"):
        for rubbish in (
            b"GET / HTTP/1.1\r\n\r\n",
            hello,
            hello[:50],
            hello[:60] + bytes(400),
            bytes(2000),
            b"\x80" * 99,
        ):
            with world.connect(kind) as sock, contextlib.suppress(OSError):
                sock.sendall(rubbish)
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(4096):
                    pass
    for kind in ("udp", "tcp", "dot", "doh"):
        assert world.ask(kind).answer


def client_hello(world: EncryptedWorker) -> bytes:
    outgoing = ssl.MemoryBIO()
    shaking = world.context("dot").wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=NAME)
    with contextlib.suppress(ssl.SSLWantReadError):
        shaking.do_handshake()
    return outgoing.read()


def test_a_worker_that_leaves_says_goodbye(start: Callable[..., EncryptedWorker]) -> None:
    """Idle connections are closed in order: an end of file over TCP, a close_notify over TLS, not a reset."""
    world = start()
    with world.connect("tcp") as plain, world.tls() as secure:
        wire = question().to_wire()
        for sock in (plain, secure):
            sock.sendall(struct.pack("!H", len(wire)) + wire)
            assert len(sock.recv(2)) == 2
            sock.settimeout(10)
            sock.recv(4096)
        assert world.worker.stop() == 0
        assert plain.recv(1) == b""
        assert secure.recv(1) == b""


def test_ten_thousand_idle_connections_stop_nobody(start: Callable[..., EncryptedWorker]) -> None:
    """10,000 TCP connections and 1,000 TLS ones from forty addresses, all held open by the client.

    UDP answers throughout, and so do TCP, DoT and DoH to a client that comes after them, of their prefix or another.
    """
    world = start()
    with contextlib.ExitStack() as stack:
        stack.enter_context(open_files(12_000))
        held = [stack.enter_context(world.connect("tcp", source(number))) for number in range(200)]
        assert answered(world)
        for number in range(200, 10_000):
            held.append(stack.enter_context(world.connect("tcp", source(number))))
            if number % 500 == 0:
                assert answered(world)
        assert answered(world)
        for number in range(1000):
            held.append(stack.enter_context(world.tls(source(number))))
            if number % 100 == 0:
                assert answered(world)
        for kind in ("udp", "tcp", "dot"):
            assert world.ask(kind, "127.0.0.250").answer
            assert world.ask(kind, source(0)[0]).answer
        assert world.ask("doh").answer
        assert len(held) == 11_000


@contextlib.contextmanager
def open_files(wanted: int) -> Iterator[None]:
    """Allow this process so many for a while."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < wanted:
        unmet(f"needs {wanted} open files, the system allows {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def source(number: int) -> tuple[str, int]:
    return f"127.0.0.{2 + number % 40}", 0


def answered(world: EncryptedWorker) -> bool:
    return exchange(question().to_wire(), world.ports["udp"], "udp") is not None


def test_a_stranger_is_refused_in_the_clear_and_let_go_before_a_handshake(
    start: Callable[..., EncryptedWorker],
) -> None:
    """Who may not ask costs no key exchange, and shuts nobody out."""
    world = start(access={"allow": ["127.0.0.1/32"]})
    for kind in ("udp", "tcp"):
        assert world.ask(kind, "127.0.0.3").rcode() == dns.rcode.REFUSED
    for kind in ("dot", "doh"):
        with world.connect(kind, ("127.0.0.3", 0)) as sock, pytest.raises(OSError):
            world.context().wrap_socket(sock, server_hostname=NAME)
        assert world.ask(kind).answer


def test_a_client_prefix_is_held_to_its_number_and_others_are_not_touched(
    start: Callable[..., EncryptedWorker],
) -> None:
    """Its newest connections live; the oldest, which asked nothing, have made room."""
    world = start(connections={"most": 80, "per_prefix": 10})
    with contextlib.ExitStack() as stack:
        other = stack.enter_context(world.connect("tcp", ("127.0.0.9", 0)))
        wire = question().to_wire()
        other.sendall(struct.pack("!H", len(wire)) + wire)
        assert other.recv(2)
        many = [stack.enter_context(world.connect("tcp")) for _ in range(30)]
        assert world.ask("tcp", "127.0.0.8").answer  # all of them have been taken in by now
        ended, _, _ = select.select(many, [], [], 0)
        assert many[:20] == ended
        other.recv(4096)
        other.sendall(struct.pack("!H", len(wire)) + wire)
        assert other.recv(2)
