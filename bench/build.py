"""The bench's own tools in C, built by gcc into a folder of the run: echo, upstream and generator (bench/native)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from attrs import frozen

SOURCES = Path(__file__).parent / "native"
FLAGS = ("-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-Wconversion")
PARTS = {
    "echo": ("echo", "batches"),
    "upstream": ("upstream", "batches"),
    "generator": (
        "generator", "options", "link", "window", "histogram", "check", "questions", "processor",
    ),
}  # fmt: skip


class BuildFault(Exception):
    """The tools cannot be built here; the message says what to do."""


@frozen
class Tools:
    """The paths of the programs."""

    echo: Path
    upstream: Path
    generator: Path


def build(folder: Path, compiler: str = "gcc") -> Tools:
    """Build all three into `folder`; BuildFault."""
    found = shutil.which(compiler)
    if found is None:
        raise BuildFault(f"{compiler} is not installed: apt-get install gcc libc6-dev")
    for program, parts in PARTS.items():
        sources = [str(SOURCES / f"{part}.c") for part in parts]
        done = subprocess.run(
            [found, *FLAGS, "-o", str(folder / program), *sources], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BuildFault(f"{program} cannot be built:\n{done.stderr}")
    return Tools(folder / "echo", folder / "upstream", folder / "generator")
