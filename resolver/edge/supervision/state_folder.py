"""The state folder: ours alone, used by one resolver at a time, and whether lists were ever in force here."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

LOCK_NAME = "lock"
HAD_LIST_NAME = "had-list"


class StateFault(Exception):
    """The state folder cannot be used; the message says which, why and what to do."""


class StateFolder:
    """Holds the lock from `claim` to `release` (or to the end of the process)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def claim(self) -> None:
        """Make the folder if need be and lock it. StateFault."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise StateFault(
                f"state folder {self.path} is in use by another running resolver: stop it, or set another `state`"
            ) from None
        except OSError as error:
            self.release()
            reason = os.strerror(error.errno or 0)
            raise StateFault(
                f"state folder {self.path}: {reason}; make it writable for this user, or set `state`"
            ) from None

    def adopt(self, fd: int) -> None:
        """Go on with the lock that the code before us holds."""
        self._lock = fd

    def hand_over(self, keep: Callable[[int], int]) -> int:
        """The lock, for the code that comes after us: nobody else can take the folder in between."""
        assert self._lock is not None
        return keep(self._lock)

    def release(self) -> None:
        """Let another resolver use it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def had_list(self) -> bool:
        """Whether every required list was in force here once."""
        return (self.path / HAD_LIST_NAME).exists()

    def holds(self, list_id: str) -> bool:
        """Whether a version of this list was ever taken here, by this release or one before it."""
        return any((self.path / "lists" / list_id / "versions").glob("*.sealed"))

    def note_list(self) -> None:
        """Remember that for later starts; a full disk is no reason to stop."""
        try:
            (self.path / HAD_LIST_NAME).touch(mode=0o600)
        except OSError:
            return
