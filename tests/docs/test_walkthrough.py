"""The walk-through of the README, typed line by line as it stands there."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.rdatatype
import psutil
import pytest

from tests.resolver.edge.fake_upstream import ADDRESSES, FakeUpstream
from tests.support.asking import ask
from tests.support.ports import free_port
from tests.support.processes import Child

ROOT = Path(__file__).parents[2]
MOST_COMMANDS = 10
BLOCK = re.compile(r"<!-- walkthrough:[^\n]*-->\n```sh\n(.*?)```\n", re.DOTALL)
NOTICE = "127.0.0.1"
PORTS = ("DNS_PORT", "LIST_PORT", "NOTICE_PORT", "METRICS_PORT")
PORT_TAKEN = re.compile("Address already in use|another program listens there")  # the Web server; the resolver
TRIES = 3


def walkthrough(page: str) -> str:
    found = BLOCK.findall((ROOT / page).read_text("utf-8"))
    assert len(found) == 1, f"{page} has one walk-through"
    return str(found[0])


def command_lines(block: str) -> list[str]:
    """The lines a reader types; a here-document belongs to its command, comments are not counted."""
    commands: list[str] = []
    end = ""
    for line in block.splitlines():
        if end:
            end = "" if line == end else end
        elif line.strip() and not line.startswith("#"):
            commands.append(line)
            opened = re.search(r"<<(\w+)$", line)
            end = opened[1] if opened else ""
    return commands


def addresses(answer: dns.message.Message) -> list[str]:
    return [record.to_text() for rrset in answer.answer for record in rrset]


def stop(child: Child) -> int:
    """End the resolver first, as Ctrl-C would, then what else the shell left behind in its own group."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in psutil.Process(child.pid).children():
            if any(word.endswith("/mamori") for word in process.cmdline()):
                process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.process.wait(30)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    return child.stop()


def enter(folder: Path, ports: dict[str, str], upstream: str) -> Child | None:
    """Give the block to a shell in an empty folder and wait for READY; None when a port turned out to be taken."""
    empty = folder / "empty"
    empty.mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("COV", "MAMORI_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    child = Child(
        ["sh", "-e", "-c", walkthrough("README.md")],
        folder / "output",
        cwd=empty,
        env=kept | ports | {"PATH": path, "UPSTREAM": upstream},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        child.wait_for(lambda: "READY " in child.text() or port_taken(child), "READY", 100.0)
    except AssertionError:
        stop(child)
        if port_taken(child):
            return None
        raise
    if port_taken(child):
        stop(child)
        return None
    return child


def port_taken(child: Child) -> bool:
    return PORT_TAKEN.search(child.text()) is not None


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port that answers DNS. Between our look at a port and its use another test may take it: then once more."""
    upstream = FakeUpstream()
    for _ in range(TRIES):
        ports = {name: str(free_port()) for name in PORTS}
        child = enter(tmp_path_factory.mktemp("walkthrough"), ports, upstream.address)
        if child is not None:
            break
    assert child is not None, "no free ports"
    yield int(ports["DNS_PORT"])
    code = stop(child)
    upstream.close()
    assert code == 0, child.text()[-4000:]


@pytest.mark.daemon
@pytest.mark.xdist_group("walkthrough")
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_the_walk_through_ends_in_an_enforcing_resolver(running: int, transport: str) -> None:
    """A listed name and one below it get the notice address; an unlisted one gets its own."""
    for name in ("blk.example", "www.blk.example"):
        assert addresses(ask(running, transport, name)) == [NOTICE]
    assert addresses(ask(running, transport, "notblk.example")) == [ADDRESSES[dns.rdatatype.A]]


@pytest.mark.parametrize("page", ["README.md", "README.ja.md"])
def test_the_walk_through_has_at_most_ten_commands(page: str) -> None:
    """From the empty folder to the enforcing resolver there are ten at most, and no line hides a second one."""
    commands = command_lines(walkthrough(page))
    assert 0 < len(commands) <= MOST_COMMANDS
    assert not [line for line in commands if re.search(r"&&|\|\||;|&\s*\S", line)]
    assert commands[-1].endswith("mamori run --config resolver.yaml")


def test_both_readmes_have_the_same_commands() -> None:
    """The two languages differ in comments only."""

    def typed(page: str) -> list[str]:
        return [line for line in walkthrough(page).splitlines() if not line.startswith("#")]

    assert typed("README.md") == typed("README.ja.md")
