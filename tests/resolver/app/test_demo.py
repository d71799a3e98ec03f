"""`mamori demo`, the real thing: all its processes as children of this test, on free ports."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.asking import TRANSPORTS, ask
from tests.support.ports import free_port
from tests.support.processes import Child

PAGE = Path(__file__).parents[3] / "docs" / "demo.md"
MAMORI = str(Path(sys.executable).with_name("mamori"))
READY_SECONDS = 90.0


class RunningDemo:
    """The demo with its ports, its temporary folder and what it printed."""

    def __init__(self, folder: Path) -> None:
        self.temporary = Path(tempfile.mkdtemp(prefix="m-"))  # short: a Unix socket's path has 107 bytes
        self.port, self.notice, self.metrics = (free_port() for _ in range(3))
        ports = {"DNS_PORT": self.port, "NOTICE_PORT": self.notice, "METRICS_PORT": self.metrics}
        environment = os.environ | {name: str(port) for name, port in ports.items()} | {"TMPDIR": str(self.temporary)}
        self.child = Child([MAMORI, "demo"], folder / "demo.out", env=environment)
        self.child.wait_for(lambda: "exempt list" in self.child.text(), "the demo's commands", READY_SECONDS)

    def stop(self, seconds: float = 30.0) -> int:
        """End it; what it left behind goes too, and is told by `left`."""
        code = self.child.stop(seconds)
        self.left = list(self.temporary.iterdir())
        shutil.rmtree(self.temporary)
        return code

    def commands(self) -> list[str]:
        """The printed commands, as a reader would copy them."""
        lines = self.child.text().splitlines()
        return [line.strip() for line in lines if line.startswith("  ") and not line.startswith("  #")]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    running = RunningDemo(tmp_path_factory.mktemp("demo"))
    yield running
    running.stop()


pytestmark = [pytest.mark.daemon, pytest.mark.xdist_group("demo")]


def test_ready_names_the_places(demo: RunningDemo) -> None:
    """One line, in the form outside test suites read."""
    (line,) = [line for line in demo.child.text().splitlines() if line.startswith("READY ")]
    assert line == (
        f"READY dns=127.0.0.1:{demo.port} notice=http://127.0.0.1:{demo.notice}/ "
        f"metrics=http://127.0.0.1:{demo.metrics}/metrics"
    )


def page_rows() -> list[tuple[str, str, list[str]]]:
    """Name, type and answers of each row that docs/demo.md tells a reader to ask."""
    rows = re.findall(r"^\| [^|]+ \| `(\S+) (\S+)` \|([^|]*)\|", PAGE.read_text("utf-8"), re.MULTILINE)
    return [(name, kind, sorted(re.findall(r"`([^`]+)`", answers))) for name, kind, answers in rows]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(("name", "kind", "answers"), page_rows())
def test_rows_of_the_demo_page(demo: RunningDemo, transport: str, name: str, kind: str, answers: list[str]) -> None:
    """What docs/demo.md promises for each name is what comes back, over UDP and TCP."""
    reply = ask(demo.port, transport, name, kind)
    assert sorted(str(rdata) for rrset in reply.answer for rdata in rrset) == answers


def test_every_printed_command_works_as_printed(demo: RunningDemo) -> None:
    """Typed into a shell one after the other, each ends with 0 and says something."""
    commands = demo.commands()
    assert len(commands) >= 10
    for command in commands:
        result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"
        assert result.stdout.strip(), command
    assert ask(demo.port, "udp", "www.blk.example").answer[0][0].to_text() == "203.0.113.69"


def test_it_ends_cleanly_and_leaves_nothing(tmp_path: Path) -> None:
    """SIGTERM: exit code 0, and no process, port or file stays behind; nor was anything unexpected said."""
    demo = RunningDemo(tmp_path)
    family = psutil.Process(demo.child.pid).children(recursive=True)
    assert len(family) >= 5  # upstream, resolver, updater, workers and a spare
    assert demo.stop() == 0
    _, alive = psutil.wait_procs(family, timeout=10.0)
    assert not alive
    assert not demo.left
    assert "fault" not in demo.child.text()


def test_the_resolver_goes_when_the_demo_is_killed(tmp_path: Path) -> None:
    """Even kill -9 of the demo leaves no process that holds the ports."""
    demo = RunningDemo(tmp_path)
    family = psutil.Process(demo.child.pid).children(recursive=True)
    demo.child.process.kill()
    _, alive = psutil.wait_procs(family, timeout=30.0)
    assert not alive
    demo.stop()


def test_a_port_in_use_is_told_before_anything_starts(demo: RunningDemo) -> None:
    """Exit code 1 and the variable to change."""
    result = subprocess.run(
        [MAMORI, "demo"], env=os.environ | {"DNS_PORT": str(demo.port)}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert f"port {demo.port} on 127.0.0.1 is in use" in result.stderr
