"""The public record as this host has seen it: it must only grow, and lead to what the editors sign.

`<mirror>/log.jsonl` is no TUF target, so a mirror may serve anything there; the root in `index.log` is signed. What is
kept is the right edge of the tree (`merkle.Frontier`) and how far the file was read. Trouble is told, never more: it
stops no update, and what was seen is never forgotten under this root.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Final

from attrs import define, evolve, field, frozen

from blocklist.errors import PublisherFault, TransferFault
from blocklist.limits import LIMITS
from blocklist.manifest import LogHead, Manifest
from blocklist.merkle import Frontier, leaf_hash
from blocklist.public_log import LOG_FILE, LogLine
from blocklist.trust.limits import SizeLimits
from blocklist.trust.transfer.transport import Transport

_LAG: Final = 1  # failures in a row that a cache on the way explains


@frozen
class LogSeen:
    """How much of the record this host has verified."""

    size: int = 0  # lines
    peaks: tuple[str, ...] = ()  # of the tree's right edge, lower hex
    offset: int = 0  # bytes of the file
    version: int = 0  # of the last line
    count: int = 0  # records of that version, as the line says
    contradiction: str = ""  # what the list body signed against this, for operators; stays until a new root is pinned

    @property
    def frontier(self) -> Frontier:
        """The edge, to append to."""
        return Frontier(self.size, tuple(map(bytes.fromhex, self.peaks)))

    @property
    def root(self) -> str:
        """The tree's root, lower hex."""
        return self.frontier.root().hex()

    def matches(self, head: LogHead) -> bool:
        """Tell whether this is all of a record with that head."""
        return (self.size, self.root) == (head.size, head.root)

    def with_line(self, line: bytes, list_id: str) -> LogSeen:
        """Return this with one more line, without its line feed. Raises PublisherFault `log`."""
        read = LogLine.from_bytes(line)
        if read.list_id != list_id or read.version <= self.version:
            raise PublisherFault("log", "a line of the public record is of another list, or not of a higher version")
        grown = self.frontier.append(leaf_hash(line))
        peaks = tuple(peak.hex() for peak in grown.peaks)
        return LogSeen(grown.size, peaks, self.offset + len(line) + 1, read.version, read.count)

    def contradicted(self, what: str) -> LogSeen:
        """Return this with the contradiction that was found."""
        return evolve(self, contradiction=f"{what}; this host has seen {self.size} lines with root {self.root}")


@define
class PublicRecord:
    """Follows the record of one list. `alarm` is told what is wrong."""

    transport: Transport
    list_id: str
    alarm: Callable[[Exception], None]
    sizes: SizeLimits = field(factory=SizeLimits)
    _failures: int = field(default=0, init=False)  # in a row

    @property
    def lags(self) -> bool:
        """Whether the record did not yet show what was signed, so that the next tick is to look again."""
        return self._failures == _LAG

    def follow(self, mirror: str, manifest: Manifest, seen: LogSeen) -> LogSeen:
        """Return what is verified now that this index was taken from this mirror (its URL, with the last slash)."""
        try:
            found = self._grown(mirror + LOG_FILE, manifest, seen)
        except (PublisherFault, TransferFault) as fault:
            self._failures += 1
            if not self.lags:
                self.alarm(PublisherFault("log", f"the public record: {fault}"))
            return seen
        self._failures = 0
        if found.contradiction:
            self.alarm(PublisherFault("log_inconsistent", found.contradiction))
        return found

    def _grown(self, url: str, manifest: Manifest, seen: LogSeen) -> LogSeen:
        head = manifest.log or LogHead(0, LogSeen().root)
        if seen.contradiction:
            return seen
        signed = f"version {manifest.version} signs a public record of {head.size} lines with root {head.root}"
        grown = seen if seen.matches(head) else self._longer(url, seen, head)
        if grown is None:
            return seen.contradicted(signed)
        if grown.size and (grown.version, grown.count) != (manifest.version, manifest.count):
            return grown.contradicted(f"{signed}, whose last line is not about this version and its number of records")
        return grown

    def _longer(self, url: str, seen: LogSeen, head: LogHead) -> LogSeen | None:
        """Return the record read up to the head; None when what was seen is no part of it."""
        if head.size <= seen.size:
            return None
        return (self._tail(url, seen, head) if seen.size else None) or self._whole(url, seen, head)

    def _tail(self, url: str, seen: LogSeen, head: LogHead) -> LogSeen | None:
        """Return the record read on from where this host left off; None if that does not lead to the head."""
        try:
            grown = self._read(url, seen, head.size)
        except PublisherFault:
            return None
        return grown if grown.matches(head) else None

    def _whole(self, url: str, seen: LogSeen, head: LogHead) -> LogSeen | None:
        """Return the record read from the start; None when it is the signed one, and not what was seen before.

        This tells a list body that rewrote its record from a mirror that only serves it badly.
        """
        before = self._read(url, LogSeen(), seen.size)
        grown = self._read(url, before, head.size)
        if not grown.matches(head):
            raise PublisherFault("log", "what this mirror serves is not what the list body signed")
        return grown if before.root == seen.root else None

    def _read(self, url: str, start: LogSeen, size: int) -> LogSeen:
        """Return the record read on until it has `size` lines."""
        seen, rest, step, more = start, b"", self.sizes.log_step_bytes, True
        while seen.size < size:
            if not more:
                raise PublisherFault("log", "it is shorter than the list body signed")
            part = self.transport.get(url, step, fresh=True, start=seen.offset + len(rest)).body
            more = len(part) == step
            *lines, rest = (rest + part).split(b"\n")
            for line in islice(lines, size - seen.size):
                seen = seen.with_line(line, self.list_id)
            if len(rest) > LIMITS.log_line_bytes or seen.offset > self.sizes.log_bytes:
                raise PublisherFault("log", f"it has a line or is as a whole too long (above {self.sizes.log_bytes})")
        return seen
