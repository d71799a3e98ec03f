"""`kill -9` at each write step: the work runs in a child of this process that ends itself at its n-th change of a file.

Python tells each open for writing, rename, removal and new folder before it happens (PEP 578), so that every state the
disk can be left in is tried, in order.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink"}
_WRITING = os.O_WRONLY | os.O_RDWR


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Run `work` in a child that is killed before its change number `step` (from 1); False when it got through."""
    child = os.fork()
    if child == 0:
        _die_in(step, work)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, "the work failed in the child"
    return False


def _die_in(step: int, work: Callable[[], object]) -> None:
    left = step

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        writes = event == "open" and isinstance(args[2], int) and bool(args[2] & _WRITING)
        if writes or event in _CHANGES:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    code = 1
    try:
        sys.addaudithook(hook)
        work()
        code = 0
    finally:
        os._exit(code)
