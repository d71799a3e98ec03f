"""Where the C extension is chosen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import native
from native import REQUIRE, SWITCH, NativeMissing, choose
from tests.support.tools import require, unmet

ABSENT = "native._absent"
MAKEFILE = Path(__file__).parents[1] / "Makefile"


def test_the_extension_is_taken_where_it_is() -> None:
    """Any module stands for it here: what can be loaded is the choice."""
    assert choose({}, "native") is native


def test_without_it_the_pure_twins_do_the_work() -> None:
    """No error and no word: an installation without a compiler is a whole one."""
    assert choose({}, ABSENT) is None


def test_where_it_is_required_its_absence_is_an_error_that_says_what_to_do() -> None:
    """Who pays for speed must not lose it unnoticed."""
    with pytest.raises(NativeMissing, match="install a wheel"):
        choose({REQUIRE: "1"}, ABSENT)


def test_it_can_be_left_aside() -> None:
    """Benchmarks and tests compare both."""
    assert choose({SWITCH: "off"}, "native") is None


def test_settings_that_contradict_are_refused() -> None:
    """Neither of the two is guessed to be meant."""
    with pytest.raises(ValueError, match="contradict"):
        choose({REQUIRE: "1", SWITCH: "off"}, "native")


def test_its_kind_is_told() -> None:
    """`mamori status` shows this word."""
    assert native.kind() == ("pure" if native.MODULE is None else "native")


@pytest.mark.parametrize(
    ("lacks", "says"),
    [("CC=no-such-compiler", "no C compiler here"), ("PYTHON_HEADERS=/no-such-folder", "no headers of Python here")],
)
def test_where_it_cannot_be_built_make_says_what_is_missing_and_goes_on(tmp_path: Path, lacks: str, says: str) -> None:
    """`make run` has to work on a machine that has a compiler, but nothing that Python's headers came with."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    for name in ("setup.py", "pyproject.toml", ".venv/.installed"):
        (tmp_path / name).touch()
    command = (require("make")["make"], "-f", str(MAKEFILE), "native", lacks)
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert says in made.stdout and "the pure twins do the work" in made.stdout


def test_where_nothing_may_be_skipped_the_extension_is_there() -> None:
    """Tests of the C are left out without it: in CI that would be a green run that tested half."""
    if native.MODULE is None:
        unmet("the C extension is not built: make native")
