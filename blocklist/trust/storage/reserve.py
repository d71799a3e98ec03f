"""Disk space kept for the day the disk is full: a file of nothing that is given up for what must be written then."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import frozen

from blocklist.disk import PRIVATE_FILE

RESERVE_BYTES: Final = 1024 * 1024  # about three thousand exemptions


@frozen
class Reserve:
    """One such file."""

    path: Path

    def keep(self) -> None:
        """Take the space, as far as there is any; without room there is simply no reserve."""
        with suppress(OSError):
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_FILE)
            try:
                os.posix_fallocate(descriptor, 0, RESERVE_BYTES)
            except OSError:
                self.path.unlink()
            finally:
                os.close(descriptor)

    def give_up(self) -> bool:
        """Free the space; False when there was none."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True
