"""No core dump, no debugger, no swap."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from resolver.edge.hardening import HardeningFault, require_no_swap
from tests.support.tools import require, require_root

_HEADING = "Filename\tType\tSize\tUsed\tPriority\n"


def test_hardened_process_has_no_core_and_is_not_dumpable() -> None:
    """In a process of its own, because it cannot be taken back: limits, umask and the kernel's own word."""
    script = (
        "import ctypes, os, resource\n"
        "from resolver.edge.hardening import harden_process\n"
        "harden_process()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), os.umask(0))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["(0,", "0)", "0", str(0o077)]


@pytest.mark.root
def test_rights_that_the_service_manager_gave_are_given_up() -> None:
    """Ambient capabilities, as the packaged unit gives, are gone from every set, and none comes back by a program."""
    require_root()
    tool = require("setpriv")["setpriv"]
    capability = "+net_bind_service"
    shown = "print(*[line for line in open('/proc/self/status') if line.startswith(('Cap', 'NoNew'))], sep='')"
    script = f"from resolver.edge.hardening import give_up_rights\n{shown}\ngive_up_rights()\n{shown}\n"
    command = [tool, "--reuid", "65534", "--clear-groups", "--inh-caps", capability, "--ambient-caps", capability]
    done = subprocess.run(
        [*command, sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    rows = [line.split() for line in done.stdout.splitlines() if line]
    before, after = dict(rows[: len(rows) // 2]), dict(rows[len(rows) // 2 :])
    assert (before["CapEff:"], before["CapAmb:"]) == (f"{1 << 10:016x}", f"{1 << 10:016x}")
    assert {after[each] for each in ("CapEff:", "CapPrm:", "CapInh:", "CapAmb:")} == {"0" * 16}
    assert after["NoNewPrivs:"] == "1"


def _swap(folder: Path, *, on: bool, limit: str | None) -> tuple[Path, Path, Path]:
    swaps, own, cgroups = folder / "swaps", folder / "cgroup", folder / "cgroups"
    swaps.write_text(_HEADING + ("/dev/sda2\tpartition\t1\t0\t-2\n" if on else ""))
    own.write_text("0::/system.slice/mamori.service/inner\n")
    unit = cgroups / "system.slice" / "mamori.service"
    (unit / "inner").mkdir(parents=True)
    (unit / "inner" / "memory.swap.max").write_text("max\n")
    if limit is not None:
        (unit / "memory.swap.max").write_text(limit + "\n")
    return swaps, own, cgroups


@pytest.mark.parametrize(("on", "limit"), [(False, None), (True, "0")])
def test_no_swap_for_us_is_accepted(tmp_path: Path, on: bool, limit: str | None) -> None:
    """No swap at all, or none for our unit: both keep memory off the disk."""
    require_no_swap(*_swap(tmp_path, on=on, limit=limit))


@pytest.mark.parametrize("limit", [None, "max", "4096"])
def test_swap_is_refused_with_a_remedy(tmp_path: Path, limit: str | None) -> None:
    """Swap that could take our memory is a refusal that names what to do."""
    with pytest.raises(HardeningFault, match=r"MemorySwapMax=0.*swapoff.*laptop"):
        require_no_swap(*_swap(tmp_path, on=True, limit=limit))


def test_kernel_without_swap_is_accepted(tmp_path: Path) -> None:
    """A missing /proc/swaps means there is none."""
    require_no_swap(tmp_path / "none", tmp_path / "none", tmp_path)


def test_swap_without_cgroups_is_refused(tmp_path: Path) -> None:
    """Where no cgroup can be read nothing protects us."""
    swaps, _own, cgroups = _swap(tmp_path, on=True, limit="0")
    with pytest.raises(HardeningFault):
        require_no_swap(swaps, tmp_path / "none", cgroups)
