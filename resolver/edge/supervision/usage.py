"""What a worker uses of the machine, rounded so that no single query shows (secrecy of communications)."""

import os
from pathlib import Path

from attrs import frozen

MEMORY_STEP = 1024 * 1024  # bytes
FDS_STEP = 16

PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@frozen
class Usage:
    """Processor time in whole seconds, memory in bytes and open descriptors, both rounded down to their step."""

    cpu_seconds: int = 0
    memory_bytes: int = 0
    open_fds: int = 0


def usage(pid: int, proc: Path = PROC) -> Usage:
    """The use of one process; all 0 when it is gone."""
    folder = proc / str(pid)
    try:
        times = (folder / "stat").read_text().rpartition(")")[2].split()
        pages = int((folder / "statm").read_text().split()[1])
        # Since Linux 6.2 the folder's size is the number of open descriptors, readable without being the same user.
        descriptors = (folder / "fd").stat().st_size
    except (OSError, ValueError, IndexError):
        return Usage()
    return Usage(
        cpu_seconds=(int(times[11]) + int(times[12])) // _TICKS,
        memory_bytes=pages * _PAGE // MEMORY_STEP * MEMORY_STEP,
        open_fds=descriptors // FDS_STEP * FDS_STEP,
    )
