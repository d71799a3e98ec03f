"""The ledgers of an ISP's hosts, read and put side by side."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from attrs import evolve, field, frozen

from blocklist.errors import OperatorFault
from blocklist.transparency.period import Period
from resolver.core.release import DAY
from resolver.edge.supervision.ledger_lines import BucketLine, DayLine, Entry, LineFault, read

_LEDGER_BYTES: Final = 512 * 1024 * 1024  # a ledger of many lists over decades is far smaller


@frozen
class Book:
    """One ledger: its lines in order, and as they stand in the file; `unread` ones beside them could not be read."""

    host: str
    days: tuple[DayLine, ...]
    buckets: tuple[BucketLine, ...]
    raw: tuple[tuple[date, bytes], ...] = field(default=(), repr=False)  # by the day they are of
    unread: int = 0

    @property
    def first_day(self) -> date | None:
        """The first day it tells of."""
        return min((day_in(line) for line in self.days), default=None)

    def days_in(self, period: Period) -> tuple[DayLine, ...]:
        """The lines of the period's days; one day may have several."""
        return tuple(line for line in self.days if period.holds(day_in(line)))

    def digest(self, period: Period) -> str:
        """SHA-256 of the period's lines, each with its LF: the same whenever the report is made."""
        return hashlib.sha256(b"".join(line + b"\n" for day, line in self.raw if period.holds(day))).hexdigest()

    def buckets_in(self, period: Period) -> tuple[BucketLine, ...]:
        """The releases whose last day lies in the period: a week belongs to the month it ends in."""
        return tuple(line for line in self.buckets if period.holds(last_day(line)))


def day_in(line: DayLine) -> date:
    """The day of a line."""
    return date.fromisoformat(line.day)


def last_day(line: BucketLine) -> date:
    """The last day that a release covers."""
    return datetime.fromtimestamp(line.end - 1, UTC).date()


def first_day(line: BucketLine) -> date:
    """The first day that a release covers."""
    return datetime.fromtimestamp(line.start, UTC).date()


def days_counted(line: BucketLine) -> Iterator[date]:
    """The days of a release on which anything was counted: none while the resolver was off, or release paused."""
    begun = line.end - line.seconds_counted
    for moment in range(line.start, line.end, DAY):
        if moment + DAY > begun:
            yield datetime.fromtimestamp(moment, UTC).date()


def read_books(paths: Iterable[Path]) -> tuple[Book, ...]:
    """Read ledgers, one a host. OperatorFault: one cannot be read, or two are of the same host."""
    books = [book for path in paths for book in _books(path)]
    hosts = [book.host for book in books]
    for host in set(hosts):
        if hosts.count(host) > 1:
            raise OperatorFault("ledger", f"two ledgers are of the same host ({host}): name each host's once")
    return tuple(books)


def _books(path: Path) -> list[Book]:
    """The ledgers in one file: one, or several where somebody changed it and its resolver began anew."""
    try:
        with path.open("rb") as file:
            data = file.read(_LEDGER_BYTES + 1)
    except OSError as error:
        raise OperatorFault("ledger", f"cannot read the ledger {path}: {error.strerror}") from None
    if len(data) > _LEDGER_BYTES:
        raise OperatorFault("ledger", f"{path} is no ledger: it is larger than {_LEDGER_BYTES} bytes")
    found: dict[str, list[tuple[Entry, bytes]]] = {}
    unread = 0
    for line in data.splitlines():
        try:
            entry = read(line)
        except LineFault:
            unread += 1
        else:
            found.setdefault(entry.host, []).append((entry, line))
    books = [_book(host, entries) for host, entries in found.items()]
    return [evolve(book, unread=unread if book is books[0] else 0) for book in books]


def _book(host: str, entries: list[tuple[Entry, bytes]]) -> Book:
    ordered = sorted(entries, key=lambda each: each[0].seq)
    lines = [entry.line for entry, _ in ordered]
    days = tuple(line for line in lines if isinstance(line, DayLine))
    buckets = tuple(line for line in lines if isinstance(line, BucketLine))
    raw = tuple((_day_of(entry.line), data) for entry, data in ordered)
    return Book(host, days, buckets, raw)


def _day_of(line: DayLine | BucketLine) -> date:
    return day_in(line) if isinstance(line, DayLine) else last_day(line)
