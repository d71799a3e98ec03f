"""Memory: what forbids swap, and what is said of a kernel that pipes core dumps."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocklist.trust.local.preflight import Finding, State
from resolver.preflight.memory import UNIT_CGROUP, memory_checks
from tests.support.preflight import Stage


def swap(stage: Stage) -> Finding:
    return next(each for each in memory_checks(stage.case()) if each.id == "swap")


def test_control_groups_of_version_one_forbid_no_swap(tmp_path: Path) -> None:
    """What the unit's file says does nothing there, and the resolver would refuse to run."""
    stage = Stage(tmp_path)
    (stage.host.proc / "swaps").write_text("Filename\n/dev/sda2 partition\n")
    assert swap(stage).state is State.PASSED
    (stage.host.sys / "fs/cgroup/cgroup.controllers").unlink()
    assert swap(stage).state is State.FAILED


@pytest.mark.parametrize(("limit", "state"), [("0", State.PASSED), ("max", State.FAILED)])
def test_the_units_cgroup_is_asked_while_the_resolver_runs(tmp_path: Path, limit: str, state: State) -> None:
    """Its limit is what holds, not what a file says; the devices are named."""
    stage = Stage(tmp_path)
    (stage.host.proc / "swaps").write_text("Filename\n/dev/sda2 partition\n/dev/zram0 partition\n")
    folder = stage.host.sys / "fs/cgroup" / UNIT_CGROUP
    folder.mkdir(parents=True)
    (folder / "memory.swap.max").write_text(limit + "\n")
    (stage.host.etc / "systemd/system/mamori.service").unlink()
    found = swap(stage)
    assert found.state is state
    assert ("/dev/sda2, /dev/zram0" in found.found_en) == (state is State.FAILED)


def test_a_pipe_is_named(tmp_path: Path) -> None:
    """The kernel gives it nothing of a process that is not dumpable, and the report says so."""
    stage = Stage(tmp_path)
    (stage.host.proc / "sys/kernel/core_pattern").write_text("|/usr/share/apport/apport %p %s\n")
    found = next(iter(memory_checks(stage.case())))
    assert (found.state, "/usr/share/apport/apport," in found.found_en) == (State.PASSED, True)


def test_a_machine_that_may_not_hibernate(tmp_path: Path) -> None:
    """Masked is masked; a kernel without swap has nowhere to write to."""
    stage = Stage(tmp_path)
    (stage.host.sys / "power").mkdir()
    (stage.host.sys / "power/state").write_text("freeze mem disk\n")
    (stage.host.etc / "systemd/system/hibernate.target").symlink_to("/dev/null")
    swaps = stage.host.proc / "swaps"
    swaps.write_text("Filename\n/dev/sda2 partition\n")
    assert [each.state for each in memory_checks(stage.case())] == [State.PASSED] * 4
    swaps.unlink()
    assert [each.state for each in memory_checks(stage.case())] == [State.PASSED] * 4
