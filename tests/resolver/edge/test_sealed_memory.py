"""Memory handed between processes."""

from __future__ import annotations

import mmap
import os

import pytest

from resolver.edge.sealed_memory import fixed_memory, is_sealed, sealed_memory


def test_sealed_memory_can_never_change() -> None:
    """Its content is there; writing, shrinking, growing and a writable mapping are refused."""
    fd = sealed_memory(b"tokens")
    assert is_sealed(fd)
    assert os.pread(fd, 10, 0) == b"tokens"
    for change in (lambda: os.pwrite(fd, b"x", 0), lambda: os.ftruncate(fd, 0), lambda: os.ftruncate(fd, 99)):
        with pytest.raises(PermissionError):
            change()
    with pytest.raises(PermissionError):
        mmap.mmap(fd, 0, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
    os.close(fd)


def test_fixed_memory_is_writable_but_keeps_its_size() -> None:
    """Counters can be written by a worker; cutting them short, a SIGBUS for the reader, is refused."""
    fd = fixed_memory(16)
    os.pwrite(fd, b"1", 3)
    assert not is_sealed(fd)
    for size in (0, 99):
        with pytest.raises(PermissionError):
            os.ftruncate(fd, size)
    os.close(fd)


def test_other_descriptors_are_not_sealed() -> None:
    """A pipe or a closed descriptor is no sealed memory."""
    read, write = os.pipe()
    assert not is_sealed(read)
    os.close(read)
    os.close(write)
    assert not is_sealed(read)
