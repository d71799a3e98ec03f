"""The extension under gcc's address and undefined behaviour sanitizers."""

from __future__ import annotations

import pytest

from tests.native.sanitized import FOLDER, OPTIONS, TESTS, build, python, run
from tests.support.tools import require

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("sanitized")]  # built once
FILE = "import native; print(native.MODULE.__file__)"
READS_BEHIND_AN_END = "import ctypes; ctypes.string_at(ctypes.create_string_buffer(1000), 2000)"


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    require("gcc", "make")
    build()


def test_its_tests_hold_under_the_sanitizers() -> None:
    """With fewer examples; `make native-sanitized` takes all, and whole sessions of clients."""
    tests = run("--hypothesis-profile=few", *OPTIONS, *TESTS, captures=True)
    assert tests.returncode == 0, tests.stdout[-6000:] + tests.stderr[-2000:]


def test_it_is_the_sanitized_one_that_they_are_about() -> None:
    """Each of its loads and stores asks the sanitizer, and a read behind the end of a block ends the process."""
    loaded = python("-c", FILE).stdout.strip()
    assert loaded.startswith(str(FOLDER))
    assert b"__asan_report_load" in (FOLDER / "native" / "_native.abi3.so").read_bytes()
    broken = python("-c", READS_BEHIND_AN_END)
    assert broken.returncode
    assert "heap-buffer-overflow" in broken.stderr
