"""The online signer's systemd unit: its keys reach no disk, and it writes where it must and nowhere else."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from blocklist.publish.cli import main
from tests.support.tools import require

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "mamori-stamp.service"
MOST_EXPOSED = 15  # tenths, of systemd-analyze's 100


def test_its_command_is_one_we_have(tmp_path: Path) -> None:
    """Every option exists; without its files it says which is missing."""
    (line,) = re.findall(r"^ExecStart=/opt/mamori/bin/mamori-list (.+)$", UNIT.read_text(), re.MULTILINE)
    words = [word.replace("%d", str(tmp_path)).replace("/srv", str(tmp_path)) for word in shlex.split(line)]
    ended = CliRunner().invoke(main, words)
    assert (ended.exit_code, "root.json given by hand" in ended.stderr) == (2, True), ended.stderr


@pytest.mark.parametrize("line", ["LimitCORE=0", "MemorySwapMax=0", "ReadWritePaths=/srv/mamori/drop /srv/mamori/out"])
def test_the_unit_says(line: str) -> None:
    """What its secrecy rests on."""
    assert line in UNIT.read_text().splitlines()


@pytest.mark.peers
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify` has nothing to say, and calls it well sandboxed."""
    tool = require("systemd-analyze")["systemd-analyze"]
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/mamori/bin/mamori-list", sys.executable))
    verified = _run(tool, "verify", "--man=no", str(unit))
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    rated = _run(tool, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(unit))
    assert rated.returncode == 0, rated.stdout


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
