"""The machine as it is asked: its clock, its programs, its files."""

from __future__ import annotations

import os
from pathlib import Path

from resolver.preflight.host import Host, clock_is_synchronised, run_command


def test_the_kernel_says_whether_its_clock_is_synchronised() -> None:
    """The same as adjtimex(2) says; nothing is set, and no right is needed."""
    assert clock_is_synchronised() in (True, False)


def test_a_program_that_is_not_there_or_fails_gives_nothing() -> None:
    """A check that cannot look says so, it does not fall over."""
    assert run_command(["echo", "a rule"]) == "a rule\n"
    assert run_command(["false"]) is None
    assert run_command(["no-such-program-of-mamori"]) is None


def test_programs_that_run_are_seen() -> None:
    """Ourselves among them, with our arguments."""
    words = Path("/proc/self/cmdline").read_text().split("\0")[:-1]
    assert words in [each for _name, each in Host().processes()]
    assert Host().name == os.uname().nodename


def test_a_later_file_of_systemd_wins(tmp_path: Path) -> None:
    """Comments count for nothing, drop-ins come after the unit."""
    folder = tmp_path / "systemd/system"
    (folder / "mamori.service.d").mkdir(parents=True)
    (folder / "mamori.service").write_text("#IPAccounting=yes\n; x=y\n[Service]\nMemorySwapMax = 0\nIPAccounting=yes\n")
    (folder / "mamori.service.d/z.conf").write_text("IPAccounting=no\n")
    host = Host(etc=tmp_path)
    assert host.unit_settings() == {"MemorySwapMax": "0", "IPAccounting": "no"}
    assert host.manager_settings() == {}
    assert host.text(tmp_path / "none") == ""
