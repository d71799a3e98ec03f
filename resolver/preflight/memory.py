"""Can the resolver's memory reach a disk, or another program?"""

from collections.abc import Iterator
from pathlib import Path

from blocklist.trust.local.preflight import Finding
from resolver.edge.hardening import HardeningFault, require_no_swap
from resolver.preflight.case import Case
from resolver.preflight.host import Host
from resolver.preflight.wording import finding

UNIT_CGROUP = "system.slice/mamori.service"


def memory_checks(case: Case) -> Iterator[Finding]:
    """Core dumps, swap, hibernation, debuggers."""
    yield _core_dumps(case.host)
    yield _swap(case.host)
    yield _hibernation(case.host)
    yield _debuggers(case.host)


def _core_dumps(host: Host) -> Finding:
    """RLIMIT_CORE does not stop a `core_pattern` that is a pipe; not being dumpable does (core(5))."""
    try:
        host.forbid_dumps()
    except HardeningFault:
        return finding("core_dumps", "possible")
    pattern = host.text(host.proc / "sys/kernel/core_pattern")
    if pattern.startswith("|"):
        return finding("core_dumps", "piped", program=pattern[1:].split(" ")[0])
    return finding("core_dumps", "forbidden")


def _swap(host: Host) -> Finding:
    """We may run outside the unit, so the unit's cgroup and its file are asked, too."""
    swaps, cgroups = host.proc / "swaps", host.sys / "fs/cgroup"
    try:
        require_no_swap(swaps, host.proc / "self/cgroup", cgroups)
    except HardeningFault:
        limit = host.text(cgroups / UNIT_CGROUP / "memory.swap.max")
        if not limit and (cgroups / "cgroup.controllers").exists():  # version 2: version 1 knows no such limit
            limit = host.unit_settings().get("MemorySwapMax", "")
        if limit != "0":
            return finding("swap", "on", devices=_devices(swaps))
    return finding("swap", "off")


def _hibernation(host: Host) -> Finding:
    """It writes all memory into swap, whatever a service forbids; without swap there is nowhere to write it."""
    masked = (host.etc / "systemd/system/hibernate.target").resolve() == Path("/dev/null")
    able = "disk" in host.text(host.sys / "power/state").split() and _devices(host.proc / "swaps")
    return finding("hibernation", "possible" if able and not masked else "impossible")


def _devices(swaps: Path) -> list[str]:
    try:
        return [line.split()[0] for line in swaps.read_text().splitlines()[1:]]
    except FileNotFoundError:
        return []  # a kernel without swap


def _debuggers(host: Host) -> Finding:
    """No debugger of the same user may hold a process from before it forbids that itself (ptrace(2), Yama)."""
    scope = host.text(host.proc / "sys/kernel/yama/ptrace_scope")
    if not scope:
        return finding("debuggers", "unknown")
    return finding("debuggers", "allowed") if scope == "0" else finding("debuggers", "forbidden", scope=scope)
