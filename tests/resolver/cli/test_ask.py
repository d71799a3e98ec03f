"""`mamori ask`."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from resolver.app.demo_answers import answer
from resolver.app.demo_zone import Zone
from tests.resolver.cli.at_terminal import Terminal
from tests.support.ports import free_port

ZONE = Zone.from_text((Path(__file__).parents[3] / "resolver" / "app" / "demo.zone").read_text())


@contextmanager
def upstream() -> Iterator[str]:
    """The demo's answers, once over UDP and once over TCP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        tcp.bind(("127.0.0.1", free_port()))
        tcp.listen()
        udp.bind(tcp.getsockname())
        thread = threading.Thread(target=_serve, args=(udp, tcp), daemon=True)
        thread.start()
        yield f"127.0.0.1:{tcp.getsockname()[1]}"


def _serve(udp: socket.socket, tcp: socket.socket) -> None:
    data, peer = udp.recvfrom(4096)
    reply = answer(ZONE, data, udp=True)
    assert reply is not None
    udp.sendto(reply, peer)
    if reply[2] & 2:  # cut: it will be asked again
        line, _ = tcp.accept()
        with line:
            line.recv(2)
            whole = answer(ZONE, line.recv(4096), udp=False)
            assert whole is not None
            line.sendall(len(whole).to_bytes(2, "big") + whole)


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("www.example", "198.51.100.10"),
        ("www.example aaaa", "2001:db8::10"),
        ("big.example TXT", "larger than what fits"),
    ],
)
def test_a_question_is_answered_over_udp_or_tcp(terminal: Terminal, question: str, shown: str) -> None:
    """A is the default type; an answer that was cut is asked for again over TCP."""
    with upstream() as server:
        result = terminal.type("ask", "--server", server, stdin=question + "\n")
    assert result.exit_code == 0
    assert shown in result.stdout


@pytest.mark.parametrize("question", ["www.example NONSENSE", "x" * 70 + ".example"])
def test_what_cannot_be_asked_is_wrong_usage(terminal: Terminal, question: str) -> None:
    """Unknown types and impossible names."""
    assert terminal.type("ask", "--server", "127.0.0.1:53", stdin=question + "\n").exit_code == 64
    assert terminal.type("ask", "--server", "localhost", stdin="www.example\n").exit_code == 64


def test_no_answer_is_3(terminal: Terminal) -> None:
    """Nobody listens there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    assert terminal.type("ask", "--server", f"127.0.0.1:{port}", stdin="www.example\n").exit_code == 3
