"""Statement 1: nothing that the product writes, shows or sends holds a name that was asked or an address that asked.

But for the answer to that client, and the query that is forwarded. It holds at every level of logging: there is none.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.secrecy import announced, drive
from tests.secrecy.cast import V4, V6
from tests.secrecy.search import Finding, leaks, running_leaks
from tests.secrecy.stage import DNS, DOH, DOT, NOTICE, Stage
from tests.support.cell import OUTSIDE
from tests.support.installed import Installed
from tests.support.markers import found

pytestmark = [
    pytest.mark.daemon,
    pytest.mark.long,
    pytest.mark.xdist_group("secrecy-stage"),
    pytest.mark.timeout(300),
]

MANY = 100  # queries to the upstream
PLANTS = """
import os, socket, syslog
name, address = "{name}", "{address}"
open("{state}/x", "w").write(name)
open("/var/log/x", "w").write(name.upper())
open("/usr/x", "w").close()
os.remove("/usr/x")
syslog.syslog(address)
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.sendto(name.encode(), ("203.0.113.9", 99))
line.sendto(address.encode().hex().encode(), ("127.0.0.1", 98))
line.sendto(socket.inet_pton(socket.AF_INET6, address), ("198.18.0.2", 53))
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("s")
    installed = Installed(folder / "venv")
    installed.install("1.0")
    announced.listen(installed.site, folder)
    with Stage(folder, installed.mamori) as stage:
        drive.full(stage)
        installed.install("2.0")
        drive.upgrade(stage)
        yield stage


@pytest.fixture(scope="module")
def told(stage: Stage) -> set[Finding]:
    """What was found, running and ended, before any test leaves something there itself."""
    running = running_leaks(stage)
    assert stage.daemon.stop() == 0, stage.daemon.text()
    return running | leaks(stage)


def test_nothing_leaves(told: set[Finding]) -> None:
    """After everything was asked and everything went wrong, no marker stands anywhere, running or ended."""
    assert sorted(map(str, told)) == []


@pytest.mark.usefixtures("told")
def test_everything_was_asked(stage: Stage) -> None:
    """The upstream, every client and both networks took part: a stage on which nothing happens would find nothing."""
    sent = stage.tap.flows
    assert stage.upstream.heard > MANY
    assert {flow.target[0] for flow in sent} >= {*V4, *V6, OUTSIDE[0]}, "some client was sent nothing"
    assert {flow.source[1] for flow in sent} >= {DNS, DOT, DOH, NOTICE}
    assert all(stage.heard[place] for place in ("doh response headers", "notice page's body", "/metrics", "status"))
    answered = b"".join(payload for flow, payload in sent.items() if flow.source[1] == DNS)
    assert found(answered, [stage.cast["ordinary"], stage.cast["listed"]]), "answers were not seen"


@pytest.mark.usefixtures("told")
def test_a_marker_is_found_wherever_it_is_planted(stage: Stage) -> None:
    """Positive control: by another program in the same cell, at each kind of place."""
    script = PLANTS.format(name=stage.cast.name("ordinary"), address=V6[0], state=stage.daemon.state)
    subprocess.run(stage.cell.command(sys.executable, "-c", script), check=True)
    stage.hear("something said", stage.cast.name("nx").encode("utf-16-le"))

    def places() -> set[str]:
        return {each.place for each in leaks(stage)}

    wanted = {"file state/x", "file var/log/x", "file usr", "syslog", "packet over wire to port 99", "something said"}
    wanted |= {"packet over lo to port 98", "query to an upstream"}
    stage.until(lambda: wanted <= places(), f"{wanted}")
