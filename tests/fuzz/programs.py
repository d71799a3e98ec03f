"""Fuzz targets in C (`native/*.c`): programs of libFuzzer with the plain C core, under its sanitizers.

They are built by `make` with clang, which `deploy/peers.sh` installs; `build/fuzz` holds them.
"""

from __future__ import annotations

import fcntl
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attrs import frozen

ROOT: Final = Path(__file__).parents[2]
BUILT: Final = ROOT / "build" / "fuzz"
NAMES: Final = tuple(sorted(path.stem for path in (Path(__file__).parent / "native").glob("native_*.c")))
CORPUS: Final = Path(__file__).parent / "corpus"
LONGEST_BYTES: Final = 2_000  # an input is a list of steps: a long one only repeats itself


@frozen
class Figures:
    """What a run reached: executions, and the branches (libFuzzer's `cov`) its inputs have been through."""

    executions: int
    branches: int

    @classmethod
    def of(cls, output: str) -> Figures:
        """Read libFuzzer's own words."""
        done, covered = re.findall(r"Done (\d+) runs", output), re.findall(r"cov: (\d+)", output)
        return cls(int(done[-1]) if done else 0, int(covered[-1]) if covered else 0)


def compiler() -> str:
    """Return the compiler that `make` uses for them."""
    return re.search(r"^FUZZ_CC \?= (\S+)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]  # type: ignore[index]


def built(name: str) -> Path:
    """Return a target's program, built if need be; processes wait for each other."""
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(("make", "--silent", "--jobs=2", f"build/fuzz/{name}"), cwd=ROOT, check=True)
    return BUILT / name


def seeds(name: str) -> Iterator[bytes]:
    """Yield the inputs that were kept."""
    for path in sorted((CORPUS / name).glob("*")):
        yield path.read_bytes()
