"""Anonymous memory handed between processes by descriptor.

An index is sealed against every change, so that no peer can cut the mapping short (SIGBUS) or alter it after the check.
Counters stay writable but can neither shrink nor grow.
"""

import fcntl
import os

READ_ONLY = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
FIXED_SIZE = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


def sealed_memory(data: bytes) -> int:
    """A descriptor of memory that holds `data` and can never change again. The caller closes it. OSError: no memory."""
    fd = _anonymous("mamori-index")
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, READ_ONLY)
    except OSError:
        os.close(fd)
        raise
    return fd


def fixed_memory(size: int) -> int:
    """A descriptor of `size` zero bytes, writable and of fixed size. The caller closes it. OSError: no memory."""
    fd = _anonymous("mamori-counters")
    try:
        os.ftruncate(fd, size)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, FIXED_SIZE)
    except OSError:
        os.close(fd)
        raise
    return fd


def is_sealed(fd: int) -> bool:
    """Whether the memory behind `fd` can never change again; False also for anything that is no such memory."""
    try:
        return fcntl.fcntl(fd, fcntl.F_GET_SEALS) & READ_ONLY == READ_ONLY
    except OSError:
        return False


def _anonymous(name: str) -> int:
    return os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
