"""Each peer's configuration is one that it takes itself, and has what the comparison rests on."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bench.peers import dnsdist, recursor, unbound
from bench.peers.encrypted import dnsdist_doors, unbound_doors
from bench.peers.mamori import environment
from bench.peers.rpz import write_zone
from bench.peers.tools import PACKAGES, ToolMissing, find, version
from bench.questions import listed_name
from native import REQUIRE, SWITCH
from tests.support.certificates import Authority
from tests.support.tools import require


@pytest.mark.peers
@pytest.mark.parametrize("features", [False, True])
def test_unbound_takes_its_configuration(tmp_path: Path, features: bool) -> None:
    """One thread, buffers as the others', the list before the cache; a limit only where it is measured."""
    checker = require("unbound-checkconf")["unbound-checkconf"]
    zone = write_zone(tmp_path / "rpz.zone", 3)
    text = unbound.configuration(5300, 5301, str(tmp_path), str(zone), features=features)
    issued = Authority(tmp_path / "tls").issue("resolver.isp.example", ips=("127.0.0.1",))
    config = tmp_path / "unbound.conf"
    config.write_text(text + unbound_doors(issued, 5302, 5303))
    done = subprocess.run([checker, str(config)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "num-threads: 1\n" in text and "so-rcvbuf: 4m\n" in text
    assert ("ip-ratelimit" in text) is features


@pytest.mark.peers
@pytest.mark.parametrize("features", [False, True])
def test_dnsdist_takes_its_configuration(tmp_path: Path, features: bool) -> None:
    """Batches of 64, a cache for every name, the list as a rule; a limit only where it is measured."""
    program = require("dnsdist")["dnsdist"]
    issued = Authority(tmp_path / "tls").issue("resolver.isp.example", ips=("127.0.0.1",))
    text = dnsdist.configuration(5300, 5301, 3, features=features)
    config = tmp_path / "dnsdist.conf"
    config.write_text(text + dnsdist_doors(issued, 5302, 5303))
    done = subprocess.run([program, "--check-config", "-C", str(config)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "VectorSize(64)" in text and "newPacketCache(2000000" in text
    assert ("MaxQPSIPRule" in text) is features


def test_the_recursor_has_one_thread_and_the_list() -> None:
    """It is not installed where tests run: only what we say is looked at."""
    text = recursor.configuration(5300, 5301, "/folder", "/folder/lists.lua")
    assert "threads=1\n" in text and "lua-config-file=/folder/lists.lua\n" in text
    assert "forward-zones-recurse=.=127.0.0.1:5301\n" in text


def test_the_zone_lists_the_names_that_are_asked_for(tmp_path: Path) -> None:
    """Each once, with the notice's address."""
    lines = write_zone(tmp_path / "rpz.zone", 3).read_text().splitlines()
    assert [line.split()[0] for line in lines[3:]] == [listed_name(number) for number in range(3)]


def test_a_missing_program_is_told_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """What to type."""
    monkeypatch.setitem(PACKAGES, "no-such-server", "some-package")
    with pytest.raises(ToolMissing, match="apt-get install some-package"):
        find("no-such-server")


@pytest.mark.peers
def test_programs_tell_their_version() -> None:
    """Printed with every claim."""
    require("unbound", "dnsdist")
    assert all(version(program)[0].isdigit() for program in ("unbound", "dnsdist"))


def test_the_twin_is_chosen_for_the_children_only() -> None:
    """One switch at a time: both would contradict each other."""
    before = dict(os.environ)
    with environment({SWITCH: "off"}):
        assert os.environ[SWITCH] == "off" and REQUIRE not in os.environ
    assert dict(os.environ) == before
