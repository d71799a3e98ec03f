"""`mamori probe` at a real daemon with all four transports, a list, and one upstream that is silent."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.resolver.cli.at_terminal import Terminal
from tests.resolver.edge.fake_upstream import FakeUpstream
from tests.support.daemon import Daemon, listing
from tests.support.listbody import ListBody, entry


class World:
    def __init__(self, folder: Path) -> None:
        self.upstream = FakeUpstream()
        self.silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.silent.bind(("127.0.0.1", 0))
        self.daemon = Daemon(folder / "isp", self.upstream.address, [])
        self.daemon.settings["upstreams"].append({"address": f"127.0.0.1:{self.silent.getsockname()[1]}"})
        self.daemon.encrypt()
        self.body = ListBody(folder, self.daemon.public_key(), [entry("blk.example", "domain")])
        self.daemon.settings["lists"] = [listing(self.body.root, self.body.url)]
        self.daemon.start()

    def probe(self, typed: str) -> tuple[int, dict[str, Any]]:
        done = self.daemon.command("probe", "--json", stdin=typed + "\n")
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def stop(self) -> None:
        code = self.daemon.stop()
        self.body.stop()
        self.upstream.close()
        self.silent.close()
        assert code == 0, self.daemon.text()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("probe"))
    yield made
    made.stop()


@pytest.mark.daemon
@pytest.mark.xdist_group("probe")
def test_a_listed_name_is_told_from_all_sides(world: World) -> None:
    """Every way in says the same, the list is named, and what upstreams would have said stands beside it."""
    code, told = world.probe("www.blk.example")
    assert (code, told["agree"]) == (0, True)
    assert told["verdict"] == "listed by demo: answered by policy"
    assert {each["kind"] for each in told["own"]} == {"udp", "tcp", "dot", "doh"}
    for each in told["own"]:
        assert (each["rcode"], each["answer"]) == ("NOERROR", ["www.blk.example. IN A 192.0.2.1"])
        assert each["errors"] == ["4 Forged Answer"]
        assert each["fault"] is None
    answers, silent = told["upstreams"]
    assert answers["answer"] == ["www.blk.example. IN A 192.0.2.10"]
    assert silent["fault"].startswith("no answer within")


@pytest.mark.daemon
@pytest.mark.xdist_group("probe")
def test_a_name_is_shown_to_people_and_leaves_nothing(world: World) -> None:
    """The text says the same in lines; the name stands in no file of the resolver and on no command line."""
    done = world.daemon.command("probe", stdin="shown.example\n")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("udp 127.0.0.1:")
    assert lines[1] == "    shown.example. IN A 192.0.2.10"
    assert "all ways in agree" in lines
    assert "lists: not listed" in lines
    assert any(line.startswith("upstream udp") and line.endswith("the same") for line in lines)
    for path in world.daemon.folder.rglob("*"):
        if path.is_file():
            assert b"shown" not in path.read_bytes(), path


@pytest.fixture
def viewed(world: World) -> Iterator[World]:
    """DoT meets no list, and nobody is far away; as before afterwards."""
    dot = world.daemon.settings["dot"]["listen"]
    views = [{"name": "encrypted", "listen": dot, "lists": []}, {"name": "far", "from": ["192.0.2.0/24"]}]
    for each in (views, []):
        world.daemon.settings["views"] = each
        world.daemon.write_config()
        assert world.daemon.command("reload").returncode == 0
        if each:
            yield world


@pytest.mark.daemon
@pytest.mark.xdist_group("probe")
def test_ways_in_of_different_views_need_not_agree(viewed: World) -> None:
    """Each is compared with those of its own view; what the lists say stands there for every view."""
    world = viewed
    code, told = world.probe("www.blk.example")
    assert (code, told["agree"]) == (0, True)
    assert {each["kind"]: each["errors"] for each in told["own"]}["dot"] == []
    assert told["verdict"] == "listed by demo: answered by policy"
    assert told["views"] == {"encrypted": "not listed", "far": told["verdict"]}
    shown = world.daemon.command("probe", stdin="www.blk.example\n").stdout.splitlines()
    assert "lists: listed by demo: answered by policy" in shown
    assert "view encrypted: not listed" in shown


def test_without_a_resolver_the_silence_is_told(terminal: Terminal) -> None:
    """Exit code 1: who is silent, what cannot be known, and nothing else breaks."""
    result = terminal.with_config("probe", stdin="www.example\n")
    assert result.exit_code == 1
    assert "udp 127.0.0.1:5300: nobody listens there" in result.stdout
    assert "lists: unknown: no resolver runs" in result.stdout


def test_what_cannot_be_asked_is_wrong_usage(terminal: Terminal) -> None:
    """Exit code 64."""
    assert terminal.with_config("probe", stdin="www.example NONSENSE\n").exit_code == 64
