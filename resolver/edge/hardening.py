"""No process of ours leaves its memory on a disk: no core dump, no debugger, no swap (secrecy of communications).

A program that is run starts dumpable again, so every process calls `harden_process` for itself.
"""

import ctypes
import os
import resource
from pathlib import Path

_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3: two words of each set
_PRIVATE = 0o077  # what we create is ours alone

SWAPS = Path("/proc/swaps")
OWN_CGROUP = Path("/proc/self/cgroup")
CGROUPS = Path("/sys/fs/cgroup")


class HardeningFault(Exception):
    """This host could write our memory to a disk; the message says what to do."""


def harden_process() -> None:
    """Forbid core dumps, debuggers and files others can read, and check that it took; else HardeningFault."""
    os.umask(_PRIVATE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The limit alone does not stop a core_pattern that pipes into a program; not being dumpable does.
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 or resource.getrlimit(resource.RLIMIT_CORE) != (0, 0):
        raise HardeningFault(
            "core dumps cannot be forbidden here: the kernel refused PR_SET_DUMPABLE or RLIMIT_CORE; "
            "run on Linux without a sandbox that blocks them, or set `laptop: true` for a trial"
        )


def give_up_rights() -> None:
    """Keep no capability, ambient ones included, and never gain one by running a program; else HardeningFault."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)  # of this process
    none = (ctypes.c_uint32 * 6)()
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.capset(header, none) != 0:
        raise HardeningFault(
            "capabilities cannot be given up here: the kernel or the unit refused PR_SET_NO_NEW_PRIVS or capset; "
            "add `SystemCallFilter=capset` to the unit, as the packaged one has it"
        )


def require_no_swap(swaps: Path = SWAPS, own_cgroup: Path = OWN_CGROUP, cgroups: Path = CGROUPS) -> None:
    """HardeningFault if our memory could be swapped out: swap is on and no cgroup above us forbids it."""
    if _swap_is_on(swaps) and not _cgroup_forbids_swap(own_cgroup, cgroups):
        raise HardeningFault(
            "swap is on, so what customers ask could be written to a disk: set `MemorySwapMax=0` for the unit "
            "(the packaged unit does), or run `swapoff -a`, or set `laptop: true` for a trial"
        )


def _swap_is_on(swaps: Path) -> bool:
    try:
        return len(swaps.read_text().splitlines()) > 1  # the first line is the heading
    except FileNotFoundError:
        return False  # a kernel without swap


def _cgroup_forbids_swap(own_cgroup: Path, cgroups: Path) -> bool:
    """A limit of 0 on our cgroup (v2) or on any above it."""
    try:
        lines = own_cgroup.read_text().splitlines()
    except OSError:
        return False
    own = next((line[3:] for line in lines if line.startswith("0::")), "/").lstrip("/")
    folders = [Path(own), *Path(own).parents]
    return any(_limit(cgroups / folder / "memory.swap.max") == "0" for folder in folders)


def _limit(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return "max"
