"""The shipped systemd unit, judged by systemd itself without being installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.tools import require

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "mamori.service"
MOST_EXPOSED = 20  # tenths, of systemd-analyze's 100


def test_no_core_dump_no_swap() -> None:
    """The two lines that keep customers' questions off the disk are there."""
    assert {"LimitCORE=0", "MemorySwapMax=0"} <= set(UNIT.read_text().splitlines())


@pytest.mark.peers
def test_the_unit_is_sound_and_little_exposed(tmp_path: Path) -> None:
    """systemd finds no fault in it and calls it well sandboxed."""
    tool = require("systemd-analyze")["systemd-analyze"]
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/opt/mamori/bin/mamori", "/bin/true"))
    checked = subprocess.run([tool, "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    threshold = f"--threshold={MOST_EXPOSED}"
    judged = subprocess.run(
        [tool, "security", "--offline=true", threshold, str(copy)], capture_output=True, text=True, check=False
    )
    assert judged.returncode == 0, judged.stdout[-300:] + judged.stderr
