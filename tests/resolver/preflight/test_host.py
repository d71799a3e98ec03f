"""The machine as it is asked: its clock, its programs, its files."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import pytest

from resolver.preflight.host import Host, clock_is_synchronised, run_command


@pytest.mark.parametrize(
    ("answer", "status", "synchronised"),
    [(0, 0, True), (0, 0x2001, True), (0, 0x40, False), (5, 0, False), (-1, 0, False)],
)
def test_the_kernel_says_whether_its_clock_is_synchronised(
    monkeypatch: pytest.MonkeyPatch, answer: int, status: int, synchronised: bool
) -> None:
    """By its answer and the bit STA_UNSYNC, where struct timex of adjtimex(2) has them; nothing is set by asking."""
    asked: list[int] = []

    class Kernel:
        def adjtimex(self, buffer: Any) -> int:
            asked.append(struct.unpack_from("I", buffer, 0)[0])
            struct.pack_into("i", buffer, 8 + 4 * 8, status)  # modes, then four longs
            return answer

    monkeypatch.setattr("resolver.preflight.host.ctypes.CDLL", lambda *_args, **_more: Kernel())
    assert clock_is_synchronised() is synchronised
    assert asked == [0]


def test_the_real_kernel_can_be_asked() -> None:
    """Without any right."""
    assert isinstance(clock_is_synchronised(), bool)


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
    packaged = Host(etc=tmp_path / "none", lib=tmp_path)  # a unit of a package, which nobody overrode
    assert packaged.unit_settings() == host.unit_settings()
    assert host.text(tmp_path / "none") == ""
