"""The worker as a real process on loopback, with the test as its supervisor and a fake upstream."""

from __future__ import annotations

import contextlib
import mmap
import os
import socket
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from blocklist.attributes import Attributes
from blocklist.compiling import ListImage, compile_index
from blocklist.matchfile import build
from blocklist.names import to_wire
from blocklist.tokens import domain_token
from resolver.core.newcomers import Newcomers
from resolver.edge.limits import UpstreamLimits
from resolver.edge.sealed_memory import fixed_memory, sealed_memory
from tests.resolver.edge.fake_upstream import ADDRESSES, FakeUpstream
from tests.resolver.edge.supervised_worker import SupervisedWorker
from tests.support.asking import ask, exchange, query
from tests.support.tools import require_root

pytestmark = pytest.mark.daemon

KEY = bytes(32)
NOTICE = "192.0.2.53"
REAL = ADDRESSES[dns.rdatatype.A]


def index(*names: str, fresh: str = "") -> int:
    """A sealed index of one list; one of its names may be listed for the first time."""
    attributes = Attributes(expiry_days=100, basis=0, all_types=False, test=False)
    records = build([(domain_token(KEY, to_wire(name)), attributes) for name in names])
    young = domain_token(KEY, to_wire(fresh)) if fresh else b""
    image = ListImage("demo", KEY, date.today(), records, frozenset(), young)
    return sealed_memory(compile_index([image], clock_offset=time.time() - time.monotonic()))


def settings(*upstreams: FakeUpstream) -> dict[str, object]:
    """What the supervisor read from a settings file with one list and one notice page."""
    texts = {"ja": "見本", "en": "Sample"}
    listed = {
        "id": "demo",
        "purpose": "csam",
        "root": "/nonexistent/root.json",
        "urls": ["http://127.0.0.1:1/"],
        "ground": "emergency_necessity",
        "criteria_set": "demo-1",
        "decided_by": "a test",
    }
    return {
        "upstreams": [{"address": each.address} for each in upstreams],
        "lists": [listed],
        "notices": {"default": {"ipv4": NOTICE, "isp": texts, "body": texts}},
        "terms": {"version": "1", "url": "https://isp.example/terms"},
    }


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    made = FakeUpstream()
    yield made
    made.close()


@pytest.fixture
def worker() -> Iterator[SupervisedWorker]:
    made = SupervisedWorker()
    yield made
    assert made.close() == ""  # never a word on stderr


def address(answer: dns.message.Message) -> list[str]:
    return [record.to_text() for rrset in answer.answer for record in rrset]


def eventually(condition: object) -> None:
    deadline = time.monotonic() + 10
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_worker_answers_forwarded_listed_and_cached_names(
    worker: SupervisedWorker, upstream: FakeUpstream, transport: str, host: str
) -> None:
    """Over UDP and TCP, IPv4 and IPv6."""
    worker.start(**settings(upstream))
    assert worker.index(index("blk.example"), 1) == {"type": "index_active", "generation": 1}
    port = worker.slot(host)
    for name, expected in (("free.example", REAL), ("free.example", REAL), ("www.blk.example", NOTICE)):
        wire = exchange(query(name).to_wire(), port, transport, host)
        assert wire is not None
        assert address(dns.message.from_wire(wire)) == [expected]
    assert upstream.count("free.example.") == 1
    assert upstream.count("www.blk.example.") == 0
    counts = worker.counts()
    assert counts.queries[transport] == 3
    assert worker.stop() == 0


def test_upstreams_over_ipv6_and_failover(worker: SupervisedWorker) -> None:
    """A closed port is noticed at once (ICMP) and the next server is asked."""
    gone, there = FakeUpstream(), FakeUpstream("::1")
    gone.close()
    worker.start(**settings(gone, there))
    port = worker.slot("127.0.0.1")
    for number in range(5):
        assert address(ask(port, "udp", f"free-{number}.example")) == [REAL]
    there.close()


def test_an_answer_leaves_from_the_address_that_was_asked(worker: SupervisedWorker, upstream: FakeUpstream) -> None:
    """Bound to all addresses, asked at several; at once and after the upstream."""
    worker.start(**settings(upstream))
    port = worker.slot("0.0.0.0", "::")
    for host in ("127.0.0.1", "127.0.0.9", "127.1.2.3", "::1"):
        for _ in range(2):
            wire = exchange(query(f"from-{host[-1]}.example").to_wire(), port, "udp", host)  # a connected client socket
            assert wire is not None


def test_what_does_not_fit_is_fetched_and_given_over_tcp(worker: SupervisedWorker, upstream: FakeUpstream) -> None:
    """TC from the upstream: asked again over TCP; too big for the client: TC, and whole over TCP."""
    worker.start(**settings(upstream))
    port = worker.slot("127.0.0.1")
    cut = ask(port, "udp", "big.example", "TXT")
    assert cut.flags & dns.flags.TC
    whole = ask(port, "tcp", "big.example", "TXT")
    assert not whole.flags & dns.flags.TC
    assert len(whole.answer[0]) == 20
    assert ("tcp", "big.example.") in [seen[:2] for seen in upstream.seen]


def test_pipelined_questions_over_tcp_are_answered_as_they_are_ready(
    worker: SupervisedWorker, upstream: FakeUpstream
) -> None:
    """A quick question behind a slow one is answered first."""
    worker.start(**settings(upstream))
    port = worker.slot("127.0.0.1")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client, client.makefile("rb") as stream:
        for name in ("slow.example", "free.example"):
            wire = query(name).to_wire()
            client.sendall(len(wire).to_bytes(2, "big") + wire)
        names = []
        for _ in range(2):
            size = int.from_bytes(stream.read(2), "big")
            names.append(dns.message.from_wire(stream.read(size)).question[0].name.to_text())
    assert names == ["free.example.", "slow.example."]


def test_an_unsealed_index_is_refused_and_the_one_in_force_stays(
    worker: SupervisedWorker, upstream: FakeUpstream
) -> None:
    """The supervisor is told; the next good one is taken up between two queries."""
    worker.start(**settings(upstream))
    worker.index(index("blk.example"), 1)
    port = worker.slot("127.0.0.1")
    unsealed = os.memfd_create("unsealed")
    assert worker.index(unsealed, 2) == {"type": "index_refused", "generation": 2, "code": "unsealed"}
    assert address(ask(port, "udp", "blk.example")) == [NOTICE]
    assert address(ask(port, "udp", "other.example")) == [REAL]
    assert worker.index(index("other.example"), 3) == {"type": "index_active", "generation": 3}
    assert address(ask(port, "udp", "other.example")) == [NOTICE]
    assert address(ask(port, "udp", "blk.example")) == [REAL]


def test_an_index_is_tried_on_the_cache_and_its_fresh_names_are_marked_once_in_force(
    worker: SupervisedWorker, upstream: FakeUpstream
) -> None:
    """On trial: what is cached is marked and goes on resolving. In force: what is asked, until nobody watches."""
    worker.start(**settings(upstream))
    worker.index(index("blk.example"), 1)
    port = worker.slot("127.0.0.1")
    assert address(ask(port, "udp", "www.other.example")) == [REAL]
    fds = [index("blk.example", "other.example", fresh="other.example"), fixed_memory(Newcomers.size((1,), 1))]
    with mmap.mmap(fds[1], 0) as marks:
        worker.send({"type": "try", "trial": 5}, *fds)
        assert worker.receive() == {"type": "tried", "trial": 5}
        assert marks[0] == 1
        assert address(ask(port, "udp", "www.other.example")) == [REAL]
        marks[0] = 0
        worker.send({"type": "index", "generation": 2}, *fds)
        assert worker.receive() == {"type": "index_active", "generation": 2}
        assert (marks[0], address(ask(port, "udp", "blk.example"))) == (0, [NOTICE])
        for _ in range(3):
            assert address(ask(port, "udp", "www.other.example")) == [NOTICE]
        assert (marks[0], marks[8]) == (1, 3)
        worker.send({"type": "stop_marking"})
        worker.send({"type": "try", "trial": 6}, *fds)
        assert worker.receive() == {"type": "tried", "trial": 6}  # so what came before was heard
        assert address(ask(port, "udp", "www.other.example")) == [NOTICE]
        assert marks[8] == 3
    for fd in fds:
        os.close(fd)


def test_a_flood_of_garbage_does_not_stop_the_answers(worker: SupervisedWorker, upstream: FakeUpstream) -> None:
    """Random bytes, cut and damaged messages over UDP and TCP; then a question is answered, and stderr is empty."""
    worker.start(**settings(upstream))
    worker.index(index("blk.example"), 1)
    port = worker.slot("127.0.0.1")
    good = query("blk.example").to_wire()
    messages = [os.urandom(1 + number % 80) for number in range(300)]
    messages += [good[:length] for length in range(len(good))]
    messages += [good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :] for at in range(len(good))]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for message in messages:
            client.sendto(message, ("127.0.0.1", port))
    for message in messages[::5]:
        with (
            contextlib.suppress(ConnectionError),
            socket.create_connection(("127.0.0.1", port), timeout=10) as client,
        ):
            client.sendall(len(message).to_bytes(2, "big") + message)
    for transport in ("udp", "tcp"):
        assert address(ask(port, transport, "blk.example")) == [NOTICE]


def test_2000_queries_leave_no_descriptor_behind(worker: SupervisedWorker, upstream: FakeUpstream) -> None:
    """1,800 cache misses over UDP and 200 over TCP, and it holds what it held before, its ports and those of C."""
    require_root()
    worker.start(**settings(upstream))
    port = worker.slot("127.0.0.1")
    ask(port, "udp", "first.example")
    ask(port, "tcp", "first.example")
    descriptors = Path(f"/proc/{worker.process.pid}/fd")
    eventually(lambda: worker.counts().pending == 0)
    time.sleep(0.1)
    before = len(list(descriptors.iterdir()))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", port))
        client.settimeout(10)
        template = query("n0000.example").to_wire()
        for number in range(1800):
            client.send(template.replace(b"n0000", b"n%04d" % number))
            client.recv(4096)
    for number in range(200):
        ask(port, "tcp", f"t{number}.example")
    eventually(lambda: len(list(descriptors.iterdir())) <= before + 2 * UpstreamLimits().ports)


def test_a_worker_told_to_stop_answers_what_is_in_flight(worker: SupervisedWorker, upstream: FakeUpstream) -> None:
    """UDP and TCP clients that wait get their answers; then it leaves with code 0."""
    worker.start(**settings(upstream))
    port = worker.slot("127.0.0.1")
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
        socket.create_connection(("127.0.0.1", port), timeout=10) as stream,
    ):
        client.settimeout(10)
        client.sendto(query("slow-1.example").to_wire(), ("127.0.0.1", port))
        wire = query("slow-2.example").to_wire()
        stream.sendall(len(wire).to_bytes(2, "big") + wire)
        eventually(lambda: upstream.count("slow-1.example.") and upstream.count("slow-2.example."))
        assert worker.stop() == 0
        assert address(dns.message.from_wire(client.recv(4096))) == [REAL]
        assert stream.recv(4096)


def test_a_stopped_workers_queue_is_left_to_the_next(worker: SupervisedWorker, upstream: FakeUpstream) -> None:
    """It takes no new queries while it waits for those in flight."""
    worker.start(**settings(upstream))
    port = worker.slot("127.0.0.1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(query("slow.example").to_wire(), ("127.0.0.1", port))
        eventually(lambda: upstream.count("slow.example."))
        worker.send({"type": "stop"})
        time.sleep(0.1)
        client.sendto(query("later.example").to_wire(), ("127.0.0.1", port))
        assert worker.process.wait(20) == 0
    assert upstream.count("later.example.") == 0
    udp, tcp = worker.sockets
    assert udp.recv(4096)
    with socket.create_connection(("127.0.0.1", port), timeout=10):
        tcp.accept()[0].close()  # the listening socket lives on as well


def test_a_spare_leaves_at_once(worker: SupervisedWorker, upstream: FakeUpstream) -> None:
    """Settings and an index, no slot: nothing to finish."""
    worker.start(**settings(upstream))
    worker.index(index("blk.example"), 1)
    assert worker.stop() == 0


def test_without_a_supervisor_it_ends(worker: SupervisedWorker, upstream: FakeUpstream) -> None:
    """The channel closes, the worker is gone, in the middle of a query."""
    worker.start(**settings(upstream))
    port = worker.slot("127.0.0.1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(query("lost.example").to_wire(), ("127.0.0.1", port))
        eventually(lambda: upstream.count("lost.example."))
    worker.channel.close()
    assert worker.process.wait(20) == 0
