"""Ports and strangers, tried with real sockets on loopback."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import evolve

from blocklist.trust.local.preflight import State
from resolver.preflight.reach import _listening, access_checks, notice_checks
from tests.support.ports import free_port
from tests.support.preflight import Stage


@contextmanager
def resolver(answer: bytes | None) -> Iterator[int]:
    """Answers one question from wherever it comes: with these flags, or not at all."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))

        def serve() -> None:
            query, peer = line.recvfrom(4096)
            if answer is not None:
                line.sendto(query[:2] + answer + query[4:], peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield line.getsockname()[1]
        thread.join(10)


@pytest.mark.parametrize(("answer", "state"), [(b"\x81\x85", "passed"), (None, "passed"), (b"\x81\x83", "failed")])
def test_a_stranger_may_be_refused_or_dropped(tmp_path: Path, answer: bytes | None, state: str) -> None:
    """REFUSED and silence are right; any other answer is one."""
    stage = Stage(tmp_path)
    with resolver(answer) as port:
        stage.settings["listen"] = [f"127.0.0.1:{port}"]
        [found] = access_checks(stage.case())
    assert found.state == state


def test_one_that_listens_everywhere_is_asked_too(tmp_path: Path) -> None:
    """As most resolvers do; the report says where it was tried."""
    stage = Stage(tmp_path)
    with resolver(b"\x81\x83") as port:
        stage.settings["listen"] = [f"0.0.0.0:{port}"]
        [found] = access_checks(stage.case())
    assert (found.state, f"(127.0.0.1:{port})" in found.found_en) == (State.FAILED, True)


def test_what_could_not_be_tried_is_not_said_to_have_been(tmp_path: Path) -> None:
    """An address that is not here (yet): the settings alone were looked at."""
    stage = Stage(tmp_path)
    stage.settings["listen"] = ["192.0.2.99:53"]
    [found] = access_checks(stage.case())
    assert (found.state, "no question from outside could be tried" in found.found_en) == (State.PASSED, True)


@pytest.mark.parametrize("allow", [["127.0.0.0/8"], ["127.0.0.1/32"]])
def test_nobody_there_to_ask(tmp_path: Path, allow: list[str]) -> None:
    """Before the first start, or where every loopback address is a customer's: the settings alone are looked at."""
    stage = Stage(tmp_path)
    stage.settings["access"] = {"allow": allow}
    assert [each.state for each in access_checks(stage.case())] == [State.PASSED]


def test_the_pages_own_port_is_left_alone(tmp_path: Path) -> None:
    """It answers, as it must, and so do the ports of a second page on the same address."""
    stage = Stage(tmp_path)
    host, _, port = stage.settings["notices"]["default"]["listen"][0].rpartition(":")
    stage.host = evolve(stage.host, tcp_ports=(int(port), free_port()))
    with socket.create_server((host, int(port))):
        found = {each.id: each for each in notice_checks(stage.case())}
    assert found["notice_ports"].state is State.PASSED
    assert f"TCP {host}:{port}," not in found["notice_ports"].found_en


def test_an_address_of_version_six_is_tried_too(tmp_path: Path) -> None:
    """Something that listens there is found."""
    stage = Stage(tmp_path)
    stage.settings["notices"]["default"]["listen"] = [f"[::1]:{free_port()}"]
    with socket.create_server(("::1", stage.host.tcp_ports[0]), family=socket.AF_INET6):
        found = {each.id: each for each in notice_checks(stage.case())}
    assert f"TCP [::1]:{stage.host.tcp_ports[0]}" in found["notice_ports"].found_en


@pytest.mark.skipif(sys.byteorder == "big", reason="the lines below are of a little-endian machine")
def test_the_kernels_table_is_read(tmp_path: Path) -> None:
    """Listeners at this address and at all addresses, of both versions; nobody else's, and no connection."""
    stage = Stage(tmp_path)
    head = "  sl  local_address rem_address   st\n"
    rows = ["5300007F:01BB 00000000:0000 0A", "0100007F:0016 00000000:0000 0A", "5300007F:0050 5300007F:9C40 01"]
    (stage.host.proc / "net/tcp").write_text(head + "".join(f"   0: {row} x\n" for row in rows))
    six = ["0" * 32 + ":0019 " + "0" * 32 + ":0000 0A", "0" * 24 + "01000000:0035 " + "0" * 32 + ":0000 0A"]
    (stage.host.proc / "net/tcp6").write_text(head + "".join(f"   0: {row} x\n" for row in six))
    assert sorted(_listening(stage.host, "127.0.0.83")) == [25, 443]
    assert sorted(_listening(stage.host, "::1")) == [25, 53]
