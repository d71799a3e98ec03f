"""What a step costs a process: time, and resident memory at its highest beyond what was held before it.

The kernel keeps the high-water mark of resident memory (VmHWM) and forgets it when 5 is written to `clear_refs`. It
counts whatever is resident: Python's objects, buffers of C code, what the allocator kept of them.
"""

from __future__ import annotations

import gc
import re
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from attrs import define

MB = 1_000_000
_STATUS = Path("/proc/self/status")


@define
class Gauge:
    """A `with` block is measured; the figures are there after it."""

    seconds: float = 0.0  # by the wall clock
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    _before: float = 0.0

    def __enter__(self) -> Self:
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")
        self._before = _highest()
        self.seconds, self.cpu_seconds = -time.perf_counter(), -time.process_time()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.seconds += time.perf_counter()
        self.cpu_seconds += time.process_time()
        self.peak_mb = _highest() - self._before

    def figures(self) -> dict[str, float]:
        return {"seconds": self.seconds, "cpu_seconds": self.cpu_seconds, "peak_mb": self.peak_mb}


def _highest() -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text())
    assert found is not None
    return int(found[1]) * 1024 / MB
