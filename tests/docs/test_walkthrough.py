"""The ten commands of the README, run as they stand there."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import pytest

from tests.support.ports import free_port
from tests.support.processes import Child

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
MOST_COMMANDS = 10


def _blocks(path: Path) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def _walkthrough(path: Path = README) -> str:
    (block,) = (block for block in _blocks(path) if "mamori-list init" in block)
    return block


def _commands(block: str) -> list[str]:
    """The lines that begin a command: not the text of a here-document, not a continuation."""
    block = re.sub(r"<<'EOF'\n.*?^EOF$", "", block, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(\\|&&)\n", " ", block).strip().splitlines()


def _with_free_ports(block: str) -> str:
    """The block as it stands; a port that somebody else holds just now is exchanged for a free one."""
    for port in sorted(set(re.findall(r"127\.0\.0\.1:(\d+)", block))):
        if not _is_free(int(port)):
            block = re.sub(rf"\b{port}\b", str(free_port()), block)
    if not _is_free(9153):
        block = block.replace("laptop: true", f'metrics: {{listen: "127.0.0.1:{free_port()}"}}\nlaptop: true')
    return block


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Child, int]]:
    """The block in an empty folder, as one shell session."""
    folder = tmp_path / "empty"
    folder.mkdir()
    block = _with_free_ports(_walkthrough())
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    options = {"cwd": folder, "env": environment, "start_new_session": True}
    child = Child(["/bin/bash", "-eu", "-c", block], tmp_path / "out", **options)
    found = re.search(r'listen: \["127\.0\.0\.1:(\d+)"\]', block)
    assert found
    yield child, int(found[1])
    os.killpg(child.pid, signal.SIGTERM)  # the session it started: shell, file server, resolver
    child.process.wait(20)
    child.stop()


@pytest.mark.daemon
@pytest.mark.xdist_group("walkthrough")
def test_the_walkthrough_ends_in_an_enforced_list(running: tuple[Child, int]) -> None:
    """After READY the name that was added is answered with the notice address, over UDP and TCP."""
    child, port = running
    child.wait_for(lambda: "READY " in child.text(), "READY", 60)
    query = dns.message.make_query("blocked.example", "A")
    for ask in (dns.query.udp, dns.query.tcp):
        answer = ask(query, "127.0.0.1", port=port, timeout=10)
        assert answer.rcode() == dns.rcode.NOERROR
        assert [str(record) for rrset in answer.answer for record in rrset] == ["127.0.0.1"]


def test_ten_commands_are_enough() -> None:
    """The walk-through has at most ten commands."""
    assert 5 <= len(_commands(_walkthrough())) <= MOST_COMMANDS


def test_both_languages_show_the_same_commands() -> None:
    """README.ja.md has the same walk-through, byte for byte."""
    assert _walkthrough(ROOT / "README.ja.md") == _walkthrough()
