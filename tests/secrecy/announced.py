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
_NAMED = {"open": (0, None), "os.remove": (0, 1), "os.rename": (1, 3), "os.truncate": (0, None)}
"""Where the name of the file stands whose content ends, and the folder it is in: of a renaming, what is replaced."""
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
        ends = is_written or (event in _NAMED and event != "open")
        if ends or event.startswith(_OTHERS):
            held = _held(event, args) if ends else b""
            with contextlib.suppress(OSError):
                os.write(log, f"{event} {args!r}\n".encode(errors="replace") + held + b"\n")

    sys.addaudithook(hook)


def _held(event: str, args: tuple[Any, ...]) -> bytes:
    """What stands in a regular file that is about to be changed."""
    name, folder = _NAMED[event]
    with contextlib.suppress(OSError, TypeError, ValueError):
        if isinstance(args[name], int):
            return b""  # open already, and announced when it was
        inside = None if folder is None or args[folder] < 0 else args[folder]
        opened = os.open(args[name], os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=inside)
        try:
            return os.read(opened, _MOST) if stat.S_ISREG(os.fstat(opened).st_mode) else b""
        finally:
            os.close(opened)
    return b""
