"""The audit file: what this ISP decided about its lists and exemptions, in a chain of lines nobody can mend unseen.

`<state>/audit.jsonl`, 0600. One line = one RFC 8785 object and LF: `seq` (from 1), `time` (UTC, seconds), `event`,
`facts`, `prev` (SHA-256 of the line before without its LF, in lower hex; of nothing before the first), `mac`
(HMAC-SHA256 under the audit key over the line without `mac`). Names stand there only as HMACs: with a name in hand one
can look whether it is meant, from the file nobody can tell it. Head and length, given to the list body now and then,
fix the past.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from attrs import define, field, frozen

from blocklist import canonical
from blocklist.disk import PRIVATE_FILE, sync_folder
from blocklist.errors import BlocklistError, OperatorFault, TransferFault
from blocklist.tokens import derive, encode_fields
from blocklist.trust.clock import Clock, SystemClock
from blocklist.trust.storage.files import make_folder

AUDIT_NAME: Final = "audit.jsonl"
LINE_BYTES: Final = 16 * 1024  # the longest line; texts in facts are far shorter
NO_LINE: Final = hashlib.sha256(b"").hexdigest()  # `prev` of the first line

Facts = Mapping[str, str | int]


class Event(StrEnum):
    """What is written down."""

    EXEMPTION_ADDED = "exemption_added"
    EXEMPTION_REMOVED = "exemption_removed"
    EXEMPTION_ENDED = "exemption_ended"
    LIST_ACCEPTED = "list_accepted"
    LIST_REJECTED = "list_rejected"
    LIST_ROLLED_BACK = "list_rolled_back"
    VERSION_IN_FORCE = "version_in_force"
    WITHDRAWN = "withdrawn"
    HELD = "held"
    CANARY = "canary"
    BREAKER = "breaker"
    CLOCK_SET_BACK = "clock_set_back"  # the only line whose time may be below the one before
    TORN_LINE_CUT = "torn_line_cut"  # the end of a write that a kill or a full disk broke off


@frozen
class Line:
    """One line as it was read."""

    seq: int
    time: datetime
    event: str
    facts: Facts
    prev: str
    mac: str

    @classmethod
    def read(cls, data: bytes) -> Line:
        """Read a line without its LF. Raises PublisherFault with code `audit`."""
        fields = canonical.Reader(canonical.loads(data, "audit"), "audit")
        line = cls(
            fields.number("seq", 1),
            fields.instant("time"),
            fields.take("event", str),
            fields.take("facts", dict),
            fields.hex_digest("prev"),
            fields.hex_digest("mac"),
        )
        fields.done()
        return line


@frozen
class Head:
    """The end of the chain: how many lines, and the SHA-256 of the last one."""

    length: int
    digest: str


@define
class Audit:
    """The file of one state folder. Writers of several processes wait for each other, but for one that `waits` not."""

    path: Path
    host_key: bytes = field(repr=False)
    clock: Clock = field(factory=SystemClock)
    waits: bool = True
    _key: bytes = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._key = derive(self.host_key, encode_fields(b"mamori/1 audit"))

    def name_mac(self, name: str) -> str:
        """Return how a canonical name stands in the file."""
        return self._mac(b"name", name.encode())

    def line_mac(self, unsigned: Mapping[str, Any]) -> str:
        """Return the `mac` of a line's other fields."""
        return self._mac(b"line", canonical.dumps(unsigned))

    def append(self, event: Event, facts: Facts) -> Head:
        """Write one line, on the disk when this returns. Raises TransferFault `disk`, with no line added."""
        with self._open() as file:
            end, torn = _whole_lines(file)
            if torn:
                os.ftruncate(file, end)
                end = self._write(file, end, Event.TORN_LINE_CUT, {"bytes": torn})
            last = _read(_last_line(file, end))
            if last is not None and self._now() < last.time:
                end = self._write(file, end, Event.CLOCK_SET_BACK, {"from": canonical.format_instant(last.time)})
            return _head(file, self._write(file, end, event, facts))

    def head(self) -> Head:
        """Return the end of the chain as it stands. Raises OperatorFault `audit`."""
        lines = list(self.lines())
        return Head(len(lines), digest(lines[-1]) if lines else NO_LINE)

    def lines(self) -> Iterator[bytes]:
        """Yield all whole lines, without LF, oldest first; a torn end is left out. Raises OperatorFault `audit`."""
        try:
            with self.path.open("rb") as file:
                yield from (line[:-1] for line in file if line.endswith(b"\n"))
        except FileNotFoundError:
            return
        except OSError as error:
            raise OperatorFault("audit", f"cannot read {self.path}: {error.strerror}") from None

    def _mac(self, what: bytes, data: bytes) -> str:
        return hmac.new(self._key, encode_fields(what) + data, hashlib.sha256).hexdigest()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), UTC).replace(microsecond=0)

    def _write(self, file: int, end: int, event: Event, facts: Facts) -> int:
        """Append one line at `end` and return the new end; a write that fails is taken back."""
        head = _head(file, end)
        unsigned = {
            "seq": head.length + 1,
            "time": canonical.format_instant(self._now()),
            "event": event.value,
            "facts": dict(facts),
            "prev": head.digest,
        }
        data = canonical.dumps(unsigned | {"mac": self.line_mac(unsigned)}) + b"\n"
        if len(data) > LINE_BYTES:
            raise OperatorFault("audit", f"an audit line is longer than {LINE_BYTES} bytes")
        try:
            if os.pwrite(file, data, end) != len(data):
                raise OSError(0, "no space left")
            os.fsync(file)
        except OSError:
            os.ftruncate(file, end)
            raise
        return end + len(data)

    @contextmanager
    def _open(self) -> Iterator[int]:
        make_folder(self.path.parent)
        try:
            fresh = not self.path.exists()
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_FILE)
            try:
                fcntl.flock(file, fcntl.LOCK_EX if self.waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield file
                if fresh:
                    sync_folder(self.path.parent)
            finally:
                os.close(file)
        except OSError as error:
            raise TransferFault("disk", f"cannot write {self.path}: {error.strerror}") from None


def digest(line: bytes) -> str:
    """Return what the next line has as `prev`."""
    return hashlib.sha256(line).hexdigest()


def _whole_lines(file: int) -> tuple[int, int]:
    """Return where the last whole line ends, and how many bytes lie behind it."""
    size = os.fstat(file).st_size
    begin = max(size - LINE_BYTES, 0)
    found = os.pread(file, LINE_BYTES, begin).rfind(b"\n")
    if found < 0 and begin:
        raise OperatorFault("audit", "the audit file ends in something else: move it away, with a note why")
    end = begin + found + 1
    return end, size - end


def _last_line(file: int, end: int) -> bytes | None:
    """Return the line that ends at `end`, without its LF; None at the beginning."""
    begin = max(end - LINE_BYTES, 0)
    return os.pread(file, end - begin, begin)[:-1].rpartition(b"\n")[2] if end else None


def _head(file: int, end: int) -> Head:
    line = _last_line(file, end)
    if line is None:
        return Head(0, NO_LINE)
    read = _read(line)
    return Head(read.seq if read else _count_lines(file, end), digest(line))


def _count_lines(file: int, end: int) -> int:
    """Count them all: the last one has been changed by hand, which `mamori audit verify` tells."""
    return os.pread(file, end, 0).count(b"\n")


def _read(line: bytes | None) -> Line | None:
    try:
        return None if line is None else Line.read(line)
    except BlocklistError:
        return None
