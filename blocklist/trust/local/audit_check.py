"""Whether an audit file is whole: every link, number, time and MAC, and a head that was given to somebody earlier."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from attrs import asdict, frozen

from blocklist.canonical import format_instant
from blocklist.errors import BlocklistError
from blocklist.trust.local.audit import NO_LINE, Audit, Event, Head, Line, digest

MOST_FAULTS: Final = 20  # told one by one


@frozen
class Finding:
    """What was found: the end of the chain, and in words each fault with its line."""

    head: Head
    faults: tuple[str, ...]


def check(audit: Audit, known: Head | None = None) -> Finding:
    """Read the whole file; `known` is a head of an earlier day. Raises OperatorFault for a file that cannot be read."""
    faults: list[str] = []
    before, number, last_time = NO_LINE, 0, None
    for number, line in enumerate(audit.lines(), 1):
        read, found = _look_at(audit, line, number, before, last_time)
        faults += [f"line {number}: {fault}" for fault in found]
        before, last_time = digest(line), read.time if read else last_time
        if known is not None and number == known.length and before != known.digest:
            faults.append(f"line {number}: not the head that was given: the file was changed up to here")
    if known is not None and number < known.length:
        faults.append(f"the file has {number} lines, fewer than the {known.length} given: lines were taken off")
    return Finding(Head(number, before), tuple(faults[:MOST_FAULTS]))


def _look_at(
    audit: Audit, line: bytes, number: int, before: str, last_time: datetime | None
) -> tuple[Line | None, list[str]]:
    try:
        read = Line.read(line)
    except BlocklistError:
        return None, ["is no audit line"]
    return read, list(_faults(audit, read, number, before, last_time))


def _faults(audit: Audit, read: Line, number: int, before: str, last_time: datetime | None) -> Iterator[str]:
    if read.seq != number:
        yield f"has the number {read.seq}"
    if read.prev != before:
        yield "does not follow the line before it"
    if last_time is not None and read.time < last_time and read.event != Event.CLOCK_SET_BACK:
        yield "is older than the line before it"
    unsigned = asdict(read) | {"time": format_instant(read.time), "facts": dict(read.facts)}
    del unsigned["mac"]
    if not hmac.compare_digest(audit.line_mac(unsigned), read.mac):
        yield "was not written by this host, or changed since"
