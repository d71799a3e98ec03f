"""The C core holds under whatever is fed to it: libFuzzer with the address and undefined behaviour sanitizers."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz import programs
from tests.fuzz.__main__ import fuzz
from tests.fuzz.programs import CORPUS, NAMES, built, compiler
from tests.support.tools import require

SECONDS = int(os.environ.get("FUZZ_SECONDS", "10"))  # of guided fuzzing, for each target
MOST_KEPT = 200  # inputs for each target


@pytest.fixture(autouse=True)
def _with_a_compiler() -> None:
    require(compiler(), "make")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", NAMES)
def test_guided_fuzzing_of_the_c_core_finds_nothing(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]
) -> None:
    """Kept inputs first, then what leads to new branches, for a while; `make fuzz` goes on for longer."""
    figures = fuzz(name, SECONDS, tmp_path)
    assert figures is not None, capfd.readouterr().err[-4000:]
    assert figures.executions > len(list((CORPUS / name).glob("*")))
    record_property(f"fuzz: {name}", f"{figures.executions} executions, {figures.branches} branches")


@pytest.mark.timeout(300)
def test_a_read_behind_the_end_is_found_and_can_be_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted one, behind a word that has to be guessed: sanitizers are on, branches lead, the input is left."""
    monkeypatch.setattr(programs, "NAMES", ("planted",))
    assert fuzz("planted", 60, tmp_path) is None
    (left,) = tmp_path.glob("planted-crash-*")
    again = subprocess.run((built("planted"), left), capture_output=True, text=True, check=False)
    assert again.returncode
    assert "heap-buffer-overflow" in again.stderr


@pytest.mark.parametrize("name", NAMES)
def test_what_is_kept_is_little(name: str) -> None:
    """Inputs that were made smaller and reach something of their own each, not everything a night of fuzzing left."""
    kept = list((CORPUS / name).glob("*"))
    assert 0 < len(kept) <= MOST_KEPT
    assert max(path.stat().st_size for path in kept) <= programs.LONGEST_BYTES
