"""The lines of the ledger: sums of one finished UTC day, and block totals as they were released.

A day's line holds operational sums only: of traffic nothing that is not in `/metrics` every 15 seconds, the rest is
about lists and processes. A bucket's line holds what was released, which is noised. No count of blocks that was not
released is in any of them, nothing finer than a day. Lines of one day are added up by whoever reads them: a clock that
was set back makes a second one.
"""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

import cattrs
from attrs import define, field, frozen

from resolver.core.release import DAY, EVENTS_HIDDEN

FORMAT: Final = "mamori/1 ledger"
LINE_BYTES: Final = 1024 * 1024  # the longest line there is
DAY_KIND: Final = "day"
RELEASE_KIND: Final = "release"
_LAST: Final = 253_402_300_799  # POSIX seconds: the end of the year 9999, the last that a date can be made of


class LineFault(Exception):
    """A line that cannot be read; carries a fixed word."""


@define
class ListDay:
    """One list on one day. Seconds are of the time the resolver ran; `_start` and `_end` are None until enforced."""

    seconds_enforcing: float = 0.0
    seconds_held: float = 0.0  # a guard held an update
    entries_start: int | None = None
    entries_end: int | None = None
    version_end: int | None = None
    held_end: int = 0  # entries set aside now
    withdrawn_end: int = 0  # entries a withdrawal takes out now
    exemptions_most: int = 0  # the most active at once
    updates: int = 0  # changes of the version enforced
    holds: int = 0  # times that a guard began to hold something
    moved: dict[str, int] = field(factory=dict)  # entries by what happened to them: MOVES
    failures: dict[str, int] = field(factory=dict)  # by reason
    self_tests: dict[str, int] = field(factory=dict)  # rounds by result
    publish_seconds: dict[str, int] = field(factory=dict)  # versions by the seconds from publication to every worker
    withdraw_seconds: dict[str, int] = field(factory=dict)  # withdrawals, likewise


@define
class DayLine:
    """Sums of one UTC day of one host, so far."""

    day: str
    version: str = ""  # of the software, at the end
    seconds_up: float = 0.0
    seconds_answering: float = 0.0
    seconds_ready: float = 0.0
    seconds_clock_suspect: float = 0.0
    starts: int = 0
    upgrades: int = 0
    crashes: int = 0  # ends of the whole resolver that nobody asked for
    deaths: dict[str, int] = field(factory=dict)  # children that ended unasked, by kind
    faults: dict[str, int] = field(factory=dict)  # errors that children survived, by kind
    queries: dict[str, int] = field(factory=dict)  # by transport
    answers: dict[str, int] = field(factory=dict)  # by response code
    dropped: int = 0
    rate_limited: int = 0
    upstream_queries: int = 0
    upstream_failures: int = 0
    lists: dict[str, ListDay] = field(factory=dict)


@frozen
class Released:
    """One list's noised total before and after a release, and what is shown of it: in steps, never falling."""

    before: int
    noised: int
    shown: int


@frozen
class BucketLine:
    """One release. `buckets` have ended with it, each with its own noise; times are POSIX seconds.

    `seconds_counted`: so much of them was counted by the process that released; a restart loses what came before it.
    """

    start: int
    end: int
    seconds_counted: int
    lines_class: str  # what the settings said of the lines served: "1,000+" or "100,000+"
    lists: dict[str, Released]
    buckets: int = 1
    scale: int = EVENTS_HIDDEN
    step: int = EVENTS_HIDDEN


_Line = TypeVar("_Line", DayLine, BucketLine)


@frozen
class Entry:
    """A line with its place: whose ledger it is of, and which number it has there."""

    host: str
    seq: int
    line: DayLine | BucketLine


def day_of(moment: float) -> str:
    """Return the UTC day of a POSIX time."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


def day_end(day: str) -> float:
    """Return when a UTC day ends (POSIX)."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() + DAY


def write(entry: Entry) -> bytes:
    """Return the line, with its LF."""
    kind = DAY_KIND if isinstance(entry.line, DayLine) else RELEASE_KIND
    head = {"format": FORMAT, "host": entry.host, "seq": entry.seq, "kind": kind}
    return json.dumps(head | plain(entry.line), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def plain(line: DayLine | BucketLine) -> dict[str, Any]:
    """Return a line's own fields as JSON data; seconds are whole."""
    words: dict[str, Any] = cattrs.unstructure(line)
    rounded: dict[str, Any] = _whole_seconds(words)
    return rounded


def unplain(words: Mapping[str, Any]) -> DayLine | BucketLine:
    """Read what `plain` gave. LineFault."""
    if "day" in words:
        return _structured(words, DayLine)
    return _structured(words, BucketLine)


def read(data: bytes) -> Entry:
    """Read a line. LineFault: it is none of ours, or of a kind that this version does not know."""
    try:
        words = json.loads(data)
        kind, is_ours = words["kind"], words["format"] == FORMAT
    except (ValueError, TypeError, KeyError, RecursionError):
        raise LineFault("no_line") from None
    if not is_ours or kind not in (DAY_KIND, RELEASE_KIND):
        raise LineFault("unknown")
    line = unplain(words)
    if not isinstance(words.get("host"), str) or not isinstance(words.get("seq"), int):
        raise LineFault("no_line")
    return Entry(words["host"], words["seq"], line)


def total(counts: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Return the sums by key, without those that are 0."""
    return {key: count for key, count in (Counter(counts) + Counter(more)).items() if count}


def _structured(words: Mapping[str, Any], kind: type[_Line]) -> _Line:
    try:
        line = cattrs.structure(words, kind)
        if isinstance(line, DayLine):
            date.fromisoformat(line.day)
        elif not 0 <= line.start < line.end <= _LAST or line.buckets < 1:
            raise ValueError("no time that a bucket has")
    except Exception:  # noqa: BLE001  cattrs hands on whatever a hook raised; the file is the operator's
        raise LineFault("no_line") from None
    return line


def _whole_seconds(words: Any) -> Any:
    if isinstance(words, dict):
        return {key: _whole_seconds(each) for key, each in words.items()}
    return round(words) if isinstance(words, float) else words
