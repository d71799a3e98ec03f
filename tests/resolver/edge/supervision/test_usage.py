"""What a worker uses, rounded."""

from __future__ import annotations

import os
from pathlib import Path

from resolver.edge.supervision.usage import FDS_STEP, MEMORY_STEP, Usage, usage


def test_use_is_rounded_down() -> None:
    """Our own process: whole seconds, whole MiB, steps of 16 descriptors."""
    fds = [os.open("/dev/null", os.O_RDONLY) for _ in range(20)]
    used = usage(os.getpid())
    for fd in fds:
        os.close(fd)
    assert used.memory_bytes > 0
    assert used.memory_bytes % MEMORY_STEP == used.open_fds % FDS_STEP == 0
    assert isinstance(used.cpu_seconds, int)


def test_processor_time_of_a_process_with_a_strange_name(tmp_path: Path) -> None:
    """A name with blanks and brackets does not shift the fields."""
    folder = tmp_path / "7"
    (folder / "fd").mkdir(parents=True)
    ticks = os.sysconf("SC_CLK_TCK")
    (folder / "stat").write_text(f"7 (a ) b) S {' '.join(['0'] * 10)} {2 * ticks} {ticks - 1} 0 0")
    (folder / "statm").write_text("900 300 1 1 0 1 0")
    assert usage(7, tmp_path).cpu_seconds == 2


def test_gone_process_uses_nothing(tmp_path: Path) -> None:
    """Between death and replacement the series are there, at 0."""
    assert usage(7, tmp_path) == Usage()
