"""The systemd unit keeps what the product promises: nothing of its memory reaches a disk, no right but its ports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from resolver.cli.faults import Exit
from tests.support.tools import require

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
UNIT = FOLDER / "mamori.service"
MOST_EXPOSED = 20  # tenths, of systemd-analyze's 100

Directives = dict[str, list[str]]


def directives() -> Directives:
    """All values of each directive in order; a line that is neither directive, heading nor comment is an error."""
    found: Directives = {}
    for line in UNIT.read_text().splitlines():
        if line and not line.startswith(("#", "[")):
            key, equals, value = line.partition("=")
            assert equals and key == key.strip(), line
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize(
    ("directive", "value"),
    [
        ("LimitCORE", "0"),
        ("MemorySwapMax", "0"),
        ("UMask", "0077"),
        ("StateDirectory", "mamori"),
        ("StateDirectoryMode", "0700"),
        ("ProtectSystem", "strict"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", "CAP_NET_BIND_SERVICE"),
        ("AmbientCapabilities", "CAP_NET_BIND_SERVICE"),
        ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6"),
        ("User", "mamori"),
        ("KillMode", "mixed"),
        ("OOMPolicy", "continue"),
        ("Restart", "on-failure"),
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("WatchdogSec", "30"),
        ("StartLimitIntervalSec", "0"),
    ],
)
def test_the_unit_says(directive: str, value: str) -> None:
    """What secrecy and answering without a gap rest on stands in the unit, once."""
    assert directives()[directive] == [value]


def test_what_the_daemon_must_see_is_not_hidden() -> None:
    """Hiding /proc/swaps would silence the swap check; hiding processes would blind the supervisor to its workers."""
    assert not {"ProcSubset", "ProtectProc", "PrivateNetwork", "PrivateUsers"} & set(directives())


def test_what_tls_needs_is_not_forbidden() -> None:
    """Without a page that is written and run, OpenSSL's calls into Python cannot be made: no DoT, no DoH."""
    assert "MemoryDenyWriteExecute" not in directives()


def test_a_fault_of_settings_is_not_tried_again() -> None:
    """The exit codes that no restart can help are those of the command."""
    assert directives()["RestartPreventExitStatus"] == [f"{Exit.USAGE:d} {Exit.SETTINGS:d}"]


def test_the_unit_starts_the_installed_command() -> None:
    """The daemon runs in the foreground, as the user that sysusers makes."""
    found = directives()
    assert found["ExecStart"] == ["/opt/mamori/bin/mamori run --config /etc/mamori/resolver.yaml"]
    assert found["ExecReload"] == ["/opt/mamori/bin/mamori reload --config /etc/mamori/resolver.yaml"]
    made = [line.split()[:2] for line in (FOLDER / "mamori.sysusers.conf").read_text().splitlines()]
    assert ["u", *found["User"]] in made


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify` has nothing to say, and calls it well sandboxed."""
    tool = _systemd_analyze()
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/mamori/bin/mamori", sys.executable))
    verified = _run(tool, "verify", "--man=no", str(unit))
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    rated = _run(tool, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(unit))
    assert rated.returncode == 0, rated.stdout


def test_the_calls_the_daemon_lives_by_are_allowed() -> None:
    """The filter lets through what hands over the list, sets limits, answers and gives up rights."""
    tool = _systemd_analyze()
    wide, narrow, added = directives()["SystemCallFilter"]
    assert (narrow, added) == ("~@privileged", "capset")
    passing = (_calls(tool, wide) - _calls(tool, narrow.removeprefix("~"))) | {added}
    assert {"memfd_create", "mmap", "prlimit64", "prctl", "sendmsg", "setsockopt", "epoll_wait", "accept4"} <= passing


def _systemd_analyze() -> str:
    return require("systemd-analyze")["systemd-analyze"]


def _calls(tool: str, group: str) -> set[str]:
    """All system calls of a group, with those of the groups in it."""
    words = (line.strip() for line in _run(tool, "syscall-filter", group).stdout.splitlines()[1:])
    names = {word for word in words if word and not word.startswith("#")}
    return {each for name in names for each in (_calls(tool, name) if name.startswith("@") else {name})}


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
