"""Statement 3: no process of the resolver leaves its memory on a disk: no core dump, no debugger, no swap.

Else it refuses to run; one documented switch (`laptop`) turns that into a warning, for trying it out.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from resolver.edge.hardening import HardeningFault, require_no_swap
from tests.secrecy import drive
from tests.secrecy.search import leaks
from tests.secrecy.stage import Stage
from tests.support.installed import Installed
from tests.support.markers import found
from tests.support.tools import unmet

ROOT = Path(__file__).parents[2]
CRASHES = (signal.SIGABRT, signal.SIGSEGV)
HARDENING = "resolver/edge/hardening.py"
NO_LIMIT = "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))"
NOT_DUMPABLE = "prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)"
CHECKED = "if prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 or"

pytestmark = [
    pytest.mark.daemon,
    pytest.mark.long,
    pytest.mark.xdist_group("secrecy-memory"),
    pytest.mark.timeout(240),
]


@pytest.fixture(scope="module", autouse=True)
def _dumps_allowed() -> Iterator[None]:
    """Whoever starts the daemon lets programs dump as much as they like."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    if before[1] != resource.RLIM_INFINITY and os.geteuid() != 0:
        unmet("core dumps are forbidden to this very test")
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


@pytest.fixture(scope="module")
def one_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("m")) as stage:
        drive.brief(stage)
        yield stage


@pytest.fixture
def stage(one_stage: Stage) -> Stage:
    """Running, and asked: another test may have ended its daemon."""
    daemon = one_stage.daemon
    assert daemon.child is not None
    if daemon.child.process.poll() is not None:
        daemon.stop()
        daemon.start()
        with one_stage.cell.outside():
            drive.ask_everything(one_stage, one_stage.clients[0])
    return one_stage


def test_every_process_is_closed(stage: Stage) -> None:
    """The kernel's own word for each: no core, not one byte, and what is not dumpable belongs to root alone."""
    seen = set()
    for kind, process in stage.daemon.processes():
        folder = Path(f"/proc/{process.pid}")
        assert _core_limit(process.pid) == ["0", "0"], kind
        status = (folder / "status").read_text()
        assert (folder / "environ").stat().st_uid == 0, kind  # the notice process runs as another user
        assert "CoreDumping:\t0" in status, kind
        assert "VmSwap:\t       0 kB" in status, kind
        seen.add(kind)
    assert seen == {"supervisor", "worker", "updater", "notice"}
    notice = next(process for kind, process in stage.daemon.processes() if kind == "notice")
    assert notice.uids().effective != 0
    assert Path(f"/proc/{notice.pid}/mem").stat().st_uid == 0, "a dumpable process's memory would belong to its user"


@pytest.mark.parametrize("number", CRASHES, ids=lambda number: number.name)
def test_a_crash_leaves_nothing(stage: Stage, number: signal.Signals) -> None:
    """Each child, asked before: no file anywhere, and what Python's fault handler prints holds no marker."""
    for kind in ("worker", "updater", "notice"):
        stage.kill(kind, number)
        assert f"mamori: {kind} process ended (" in stage.daemon.text()
    assert _dumps(stage) == []
    with stage.cell.outside():
        drive.ask_everything(stage, stage.clients[0])
    assert sorted(map(str, leaks(stage))) == []


@pytest.mark.parametrize("number", CRASHES, ids=lambda number: number.name)
def test_a_crash_of_the_supervisor_leaves_nothing(stage: Stage, number: signal.Signals) -> None:
    """With the fault handler switched on by environment."""
    assert stage.daemon.child is not None
    children = [process for _, process in stage.daemon.processes()][1:]
    os.kill(stage.daemon.child.pid, number)
    assert stage.daemon.child.process.wait(30) == -number
    stage.until(
        lambda: not any(each.is_running() and each.status() != "zombie" for each in children), "the children's end"
    )
    assert "Fatal Python error" in stage.daemon.text(), "the fault handler was to be switched on here"
    assert _dumps(stage) == []
    assert sorted(map(str, leaks(stage))) == []


def test_where_swap_is_on_it_refuses_to_run(stage: Stage) -> None:
    """On a machine with swap (made up): exit code 1 and what to do; with the switch, a warning."""
    swaps = stage.folder / "swaps"
    swaps.write_text("Filename\tType\tSize\tUsed\tPriority\n/dev/vdz partition\t1\t0\t-2\n")
    try:
        require_no_swap(swaps)
        unmet("a cgroup forbids this machine to swap us out, whatever is on")
    except HardeningFault as fault:
        assert "swap is on" in str(fault)
    subprocess.run(stage.cell.command("mount", "--bind", str(swaps), "/proc/swaps"), check=True)
    daemon = stage.daemon
    daemon.stop()
    daemon.settings["laptop"] = False
    daemon.start(wait=False)
    assert daemon.child is not None
    assert daemon.child.process.wait(60) == 1, daemon.text()
    assert "refuses to run: swap is on" in daemon.text()
    assert "set `MemorySwapMax=0`" in daemon.text()
    daemon.stop()
    daemon.settings["laptop"] = True
    daemon.start()
    assert "on a laptop, so going on: swap is on" in daemon.text()
    assert daemon.stop() == 0


def test_without_hardening_a_dump_is_found(tmp_path: Path) -> None:
    """Positive control: a copy that forbids nothing is seen to be open, and its core file is found, marker and all.

    Where this machine's dumps go is not ours to say: where that is elsewhere, its being open is all there is to see.
    """
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    installed = Installed(tmp_path / "venv")
    installed.install("1.0")
    source = (installed.code / HARDENING).read_text()
    for line in (NO_LIMIT, NOT_DUMPABLE, CHECKED):
        assert line in source, f"{HARDENING} no longer holds {line!r}"
    source = source.replace(NO_LIMIT, "").replace(NOT_DUMPABLE, "").replace(CHECKED, "if False and")
    (installed.code / HARDENING).write_text(source)
    with Stage(tmp_path, installed.mamori) as stage:
        drive.brief(stage)
        assert _core_limit(stage.daemon.children("worker")[0].pid) == ["unlimited", "unlimited"]
        if "/" in pattern or pattern.startswith("|"):
            return
        stage.kill("worker", signal.SIGABRT)
        stage.kill("worker", signal.SIGABRT)
        dumps = _dumps(stage)
        assert dumps, stage.daemon.text()
        assert any(found(dump.read_bytes(), [stage.cast["ordinary"]]) for dump in dumps)


def test_one_documented_switch_only() -> None:
    """What forbids to run, but for `laptop`, has no other way round: the settings and the page for operators say so."""
    users = [path for path in (ROOT / "resolver").rglob("*.py") if "HardeningFault" in path.read_text()]
    excusing = {
        path.relative_to(ROOT).as_posix()
        for path in users
        if "laptop" in path.read_text() and path.name != "hardening.py"
    }
    assert excusing == {"resolver/app/run.py", "resolver/edge/notice/server.py"}
    assert "laptop" in (ROOT / "docs/operators/configuration.md").read_text()


def _core_limit(pid: int) -> list[str]:
    """Soft and hard, as the kernel tells them."""
    limits = Path(f"/proc/{pid}/limits").read_text()
    return next(line for line in limits.splitlines() if line.startswith("Max core file size")).split()[4:6]


def _dumps(stage: Stage) -> list[Path]:
    """Core files, by name or by what they are: ELF files of type 4 (core), wherever the processes could write."""
    files = [
        path for folder in (stage.cell.written, stage.daemon.folder) for path in folder.rglob("*") if path.is_file()
    ]
    return [path for path in files if _is_core(path)]


def _is_core(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(18)
    except OSError:
        return False
    return (
        path.name == "core" or path.name.startswith("core.") or (head[:4] == b"\x7fELF" and head[16:18] == b"\x04\x00")
    )
