"""`python -m tests.native.sanitized [WORDS OF PYTEST …]`: tests of the extension, under gcc's sanitizers.

The build (address and undefined behaviour) has a folder of its own, which Python is told to look into first. Its
runtime has to be there before Python begins, and Python's own allocator out of the way, so that each block has an end.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from native import REQUIRE

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "build" / "sanitized"
TESTS: Final = (
    "tests/native",
    "tests/blocklist/test_record_sets.py",
    "tests/resolver/core/test_plain.py",
    "tests/resolver/core/test_upstream_query.py",
    "tests/resolver/edge/serving/test_native_datagrams.py",
    "tests/resolver/edge/serving/test_flown.py",
)
SESSIONS: Final = (
    *TESTS,
    "tests/blocklist/test_token_table.py",
    "tests/blocklist/test_record_tables.py",
    "tests/resolver/core/test_native_flights.py",
    "tests/resolver/core/test_native_hit_path.py",
    "tests/resolver/core/test_hit_path.py",
    "tests/resolver/edge/serving/test_datagrams.py",
    "tests/resolver/edge/serving/test_udp.py",
)
"""The same, and what takes longer."""
APART: Final = (
    "tests/native/test_sanitized.py",
    "tests/native/core/test_hashes.py",
    "tests/native/core/test_lookups.py",
)
"""Not of the extension: this, and what builds libraries for itself."""
OPTIONS: Final = ("-q", "-p", "no:cacheprovider", *(f"--ignore={path}" for path in APART))


def main() -> None:
    build()
    sys.exit(run(*OPTIONS, *SESSIONS, *sys.argv[1:]).returncode)


def build() -> None:
    """Build the extension where it is not up to date."""
    subprocess.run(("make", "--silent", "--jobs=2", "build/sanitized/native/_native.abi3.so"), cwd=ROOT, check=True)


def run(*words: str, captures: bool = False) -> subprocess.CompletedProcess[str]:
    """Run pytest with the sanitized extension."""
    return python("-m", "pytest", "-o", f"pythonpath={FOLDER} {ROOT}", *words, captures=captures)


def python(*words: str, captures: bool = True) -> subprocess.CompletedProcess[str]:
    """Run Python with it."""
    settings = {
        "LD_PRELOAD": " ".join(map(_library, ("libasan.so", "libubsan.so"))),
        "ASAN_OPTIONS": "detect_leaks=0",  # Python keeps memory to its end on purpose
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": str(FOLDER),
        REQUIRE: "1",
    }
    return subprocess.run(
        (sys.executable, "-P", *words),
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=captures,
        text=True,
        check=False,
    )


def _library(name: str) -> str:
    return subprocess.run(
        ("gcc", f"-print-file-name={name}"), capture_output=True, text=True, check=True
    ).stdout.strip()


if __name__ == "__main__":
    main()
