"""The tools in C: the generator against servers that are right, wrong and silent."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from bench import generator
from bench.build import BuildFault, Tools, build
from bench.generator import Load, LoadFault, Target
from bench.peers.asking import answered
from bench.peers.echo import Echo
from bench.questions import KEPT_ADDRESS, Form, kept, listed, missed, write
from tests.support.ports import free_port
from tests.support.processes import Child
from tests.support.tools import require

FEW = 64  # questions in flight


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    require("gcc", "taskset")
    return build(tmp_path_factory.mktemp("tools"))


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("sets") / "kept", map(kept, range(1_000)), Form())


@contextmanager
def upstream(tools: Tools, folder: Path) -> Iterator[Target]:
    port = free_port()
    child = Child([str(tools.upstream), "127.0.0.1", str(port)], folder / "upstream.out")
    try:
        child.wait_for(lambda: answered("127.0.0.1", port) is not None, "upstream")
        yield Target("upstream", "127.0.0.1", port, child.pid)
    finally:
        child.stop()


@contextmanager
def twisting(port: int, twist: bytes | None) -> Iterator[Target]:
    """A server that answers each query with QR set and these bytes in place of its own after the id; None: never."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", port))

        def serve() -> None:
            while (received := sock.recvfrom(4096))[0]:
                if twist is not None:
                    sock.sendto(received[0][:2] + twist + received[0][2 + len(twist) :], received[1])

        thread = Thread(target=serve)
        thread.start()
        try:
            yield Target("twisting", "127.0.0.1", port, 0)
        finally:
            sock.sendto(b"", ("127.0.0.1", port))
            thread.join()


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("segments", [1, 16])
def test_the_echo_gives_everything_back(
    tools: Tools, questions: Path, tmp_path: Path, family: int, segments: int
) -> None:
    """One datagram a send or sixteen: none lost, each with its own id and question."""
    echo = Echo(tools.echo, tmp_path)
    try:
        told = generator.run(tools.generator, echo.target(family), Load(questions, 0.3, segments=segments))
    finally:
        echo.stop()
    assert (told.lost, told.wrong) == (0, 0)
    assert told.answered > 100
    assert told.cpu_ns > 0


def test_answers_of_the_upstream_are_right(tools: Tools, tmp_path: Path) -> None:
    """The address the set asks for; a name that counts is another one each time, and the count goes on."""
    questions = write(tmp_path / "set", [kept(1), missed()], Form())
    with upstream(tools, tmp_path) as target:
        told = generator.run(tools.generator, target, Load(questions, once=1_000, seconds=20, unique=7, window=FEW))
    assert (told.lost, told.wrong, told.sent, told.next_unique) == (0, 0, 1_000, 507)


def test_a_wrong_address_is_wrong(tools: Tools, tmp_path: Path) -> None:
    """The upstream lists nothing: an answer without the notice is counted against a server that should block."""
    questions = write(tmp_path / "set", [listed(1)], Form())
    with upstream(tools, tmp_path) as target:
        told = generator.run(tools.generator, target, Load(questions, once=FEW, seconds=20, window=FEW))
    assert (told.answered, told.wrong) == (0, FEW)


@pytest.mark.parametrize(
    ("twist", "wrong"),
    [
        (b"\x81\x82\0\1\0\0\0\0\0\0", True),  # SERVFAIL
        (b"\x81\x80\0\1\0\0\0\0\0\0\x08x", True),  # another name
        (b"\x81\x80\0\1\0\0\0\0\0\0", True),  # no address
        (None, False),  # silence
    ],
    ids=["rcode", "question", "empty", "silent"],
)
def test_what_is_not_an_answer_is_not_counted_as_one(
    tools: Tools, tmp_path: Path, twist: bytes | None, wrong: bool
) -> None:
    """It is wrong or lost, by what the server did."""
    questions = write(tmp_path / "set", [kept(1)], Form(edns=False))
    with twisting(free_port(), twist) as target:
        told = generator.run(tools.generator, target, Load(questions, once=FEW, seconds=20, window=FEW, segments=1))
    assert (told.answered, told.wrong, told.lost) == ((0, FEW, 0) if wrong else (0, 0, FEW))


def test_a_rate_is_kept_and_every_answer_has_its_latency(tools: Tools, questions: Path, tmp_path: Path) -> None:
    """Some hundred in half a second, where a window would ask a hundred thousand; from three clients."""
    with upstream(tools, tmp_path) as target:
        load = Load(questions, 0.5, rate=1_000, clients=3, segments=1, window=1024)
        told = generator.run(tools.generator, target, load)
    assert 100 < told.sent < 5_000
    assert (told.lost, told.wrong) == (0, 0)
    assert 0 < told.p50_us <= told.p99_us <= told.p999_us <= told.most_us


def test_clients_have_addresses_of_their_own(tools: Tools, questions: Path) -> None:
    """As many as were asked for, below 127.1.0.0."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        target = Target("listener", "127.0.0.1", sock.getsockname()[1], 0)
        load = Load(questions, once=50, seconds=5, clients=10, segments=1, window=FEW)
        thread = Thread(target=generator.run, args=(tools.generator, target, load))
        thread.start()
        seen = {sock.recvfrom(4096)[1][0] for _ in range(50)}
        thread.join()
    assert seen == {f"127.1.0.{number}" for number in range(1, 11)}


def test_a_set_that_cannot_be_read_is_told(tools: Tools, tmp_path: Path) -> None:
    """With the file and what is wrong with it."""
    broken = tmp_path / "broken"
    broken.write_bytes(b"\0\x10\0\0" + bytes(6))
    with pytest.raises(LoadFault, match="ends within a message"):
        generator.run(tools.generator, Target("nobody", "127.0.0.1", 9, 0), Load(broken))


def test_without_a_compiler_it_says_what_to_install(tmp_path: Path) -> None:
    """The bench's tools are never needed to run Mamori."""
    with pytest.raises(BuildFault, match="apt-get install gcc"):
        build(tmp_path, "no-such-compiler")


def test_the_upstream_knows_one_address(tools: Tools, tmp_path: Path) -> None:
    """As dnspython reads it, with an OPT where the question had one."""
    import dns.message
    import dns.query

    with upstream(tools, tmp_path) as target:
        asked = dns.message.make_query("any.name.example", "A", use_edns=0)
        read = dns.query.udp(asked, "127.0.0.1", port=target.port, timeout=5)
        none = dns.query.udp(
            dns.message.make_query("any.name.example", "AAAA"), "127.0.0.1", port=target.port, timeout=5
        )
    assert [str(record) for record in read.answer[0]] == [KEPT_ADDRESS]
    assert (read.edns, none.edns, none.answer) == (0, -1, [])
