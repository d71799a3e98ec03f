"""What Python announces before it is done (audit hooks, PEP 578), written down, in a copy of the product only.

It shows what is over before anybody can look: files written and removed or replaced, with what they held, programs that
ran for a moment. Imported by each process of the copy at its start (a `.pth` file), so it
imports nothing of ours.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path
from typing import Any

FILE = "announced"
_MODULE = "mamori_announced"
_WRITING = os.O_WRONLY | os.O_RDWR
_ENDING = {"os.remove", "os.rename", "os.truncate"}  # of what a file held
_OTHERS = ("subprocess.", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.symlink", "os.link", "os.putenv")
_OTHERS += ("shutil.", "tempfile.", "sqlite3.")
_MOST = 1 << 18  # bytes of a file


def listen(site: Path, folder: Path) -> None:
    """From now on every Python process of this copy writes to `FILE` in the folder."""
    (site / f"{_MODULE}.py").write_text(Path(__file__).read_text())
    (site / f"zz_{_MODULE}.pth").write_text(f"import {_MODULE}; {_MODULE}.install({str(folder / FILE)!r})\n")


def install(file: str) -> None:
    """Begin, in this process."""
    log = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        is_written = event == "open" and isinstance(args[2], int) and bool(args[2] & _WRITING)
        if is_written or event in _ENDING or event.startswith(_OTHERS):
            held = _held(args) if is_written or event in _ENDING else b""
            with contextlib.suppress(OSError):
                os.write(log, f"{event} {args!r}\n".encode(errors="replace") + held + b"\n")

    sys.addaudithook(hook)


def _held(args: tuple[Any, ...]) -> bytes:
    """What stands in a regular file that is about to be changed."""
    with contextlib.suppress(OSError, TypeError, ValueError):
        if isinstance(args[0], int):
            return b""  # open already, and announced when it was
        folder = args[-1] if isinstance(args[-1], int) and args[-1] > 0 and len(args) == 2 else None
        opened = os.open(args[0], os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        try:
            return os.read(opened, _MOST) if stat.S_ISREG(os.fstat(opened).st_mode) else b""
        finally:
            os.close(opened)
    return b""
