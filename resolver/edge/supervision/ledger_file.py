"""The ledger on the disk: whole lines at the end of one file, and the running day beside it.

`<state>/ledger.jsonl`, 0600, only ever grows: a line a day and a line a release. `<state>/ledger-day.json` is replaced
every few minutes, so that a kill costs no more of the running day. Lines are numbered, so that none is written twice
when a kill comes between the two files. There is no chain of hashes: a report names the SHA-256 of the file it was made
from, and what an ISP did with its lists stands in the audit file, which has one.
"""

import errno
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from attrs import define, field

from blocklist.disk import PRIVATE_FILE, replace_file, sync_folder
from resolver.edge.supervision.ledger_lines import LINE_BYTES, BucketLine, DayLine, Entry, LineFault, read, write

LEDGER_NAME: Final = "ledger.jsonl"
RUNNING_NAME: Final = "ledger-day.json"
HOST_BYTES: Final = 8  # of a host's random number in its ledger, written in hex


@define(eq=False)
class LedgerFile:
    """The two files of one state folder. Methods that write raise OSError, and have then written nothing."""

    folder: Path
    host: str = field(default="", init=False)
    written: int = field(default=0, init=False)  # number of the last line

    @property
    def path(self) -> Path:
        """The ledger."""
        return self.folder / LEDGER_NAME

    def open(self) -> int:
        """Find out whose it is and where it ends; return how many bytes of a broken last line were cut."""
        try:
            with self.path.open("r+b") as file:
                end, torn = _whole(file.fileno())
                if torn:
                    os.ftruncate(file.fileno(), end)
                last = _last_line(file.fileno(), end)
        except FileNotFoundError:
            last, torn = None, 0
        self._take_up(last)
        return torn

    def _take_up(self, last: bytes | None) -> None:
        try:
            known = None if last is None else read(last)
        except LineFault:  # changed by hand: go on as a ledger of its own, so that no number stands there twice
            known = None
        self.host = known.host if known else os.urandom(HOST_BYTES).hex()
        self.written = known.seq if known else 0

    def after(self, number: int) -> list[DayLine | BucketLine]:
        """The lines behind the one with this number, as far as they can be read."""
        if self.written <= number:
            return []
        found: list[DayLine | BucketLine] = []
        with suppress(OSError, LineFault):
            for data in reversed(self.path.read_bytes().splitlines()):
                entry = read(data)
                if entry.seq <= number:
                    break
                found.append(entry.line)
        return found[::-1]

    def append(self, line: DayLine | BucketLine) -> None:
        """Write one line; it is on the disk when this returns."""
        if not self.host:
            self.open()
        data = write(Entry(self.host, self.written + 1, line))
        if len(data) > LINE_BYTES:
            raise OSError(errno.EMSGSIZE, os.strerror(errno.EMSGSIZE))
        fresh = not self.path.exists()
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_FILE)
        try:
            end = os.fstat(file).st_size
            _write_whole(file, data, end)
        finally:
            os.close(file)
        self.written += 1
        if fresh:
            sync_folder(self.folder)

    def keep_running(self, document: dict[str, Any]) -> None:
        """Replace what is known of the running day."""
        replace_file(self.folder / RUNNING_NAME, json.dumps(document, separators=(",", ":")).encode())

    def running(self) -> dict[str, Any] | None:
        """What was kept last; None: nothing that could be gone on from."""
        try:
            document = json.loads((self.folder / RUNNING_NAME).read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        return document if isinstance(document, dict) else None


def _write_whole(file: int, data: bytes, end: int) -> None:
    """Append and bring to the disk, or leave the file as it was."""
    try:
        if os.write(file, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file)
    except OSError:
        os.ftruncate(file, end)
        raise


def _whole(file: int) -> tuple[int, int]:
    """Return where the last whole line ends, and how many bytes lie behind it."""
    size = os.fstat(file).st_size
    begin = max(size - LINE_BYTES, 0)
    found = os.pread(file, LINE_BYTES, begin).rfind(b"\n")
    if found < 0 and begin:
        raise OSError(errno.EILSEQ, "it ends in something else: move it away, and tell whoever makes the reports")
    end = begin + found + 1
    return end, size - end


def _last_line(file: int, end: int) -> bytes | None:
    begin = max(end - LINE_BYTES, 0)
    return os.pread(file, end - begin, begin)[:-1].rpartition(b"\n")[2] if end else None
