"""Import: a file's lines become entries of the desk, and every line that did not is counted with its reason.

Everything here is a stream of (line number, entry or fault): a million lines pass through in the memory of a thousand.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, Final

from attrs import define, field, frozen

from blocklist.criteria import CriteriaSet
from blocklist.entries import Entry, parse_entry
from blocklist.errors import EntryFault
from blocklist.limits import LIMITS, ListLimits
from blocklist.publish.review.drafts import Template, draft
from blocklist.publish.review.foreign import Reader, decoded

Found = tuple[int, Entry | EntryFault]
"""A line's number, and what it gave."""


@frozen
class ImportLimits:
    """What a report holds one by one; the rest is counted."""

    ids: int = 100_000
    """Entries added that are named."""
    rejects: int = 10_000
    """Lines that became no entry, named with the reason."""


IMPORT_LIMITS: Final = ImportLimits()


@frozen
class Reject:
    """A line that became no entry. `listed_as` is the id of the live entry it repeats, if that is the reason."""

    line: int
    reason: str
    listed_as: str | None = None


@define
class Harvest:
    """What one file gave. `ids` and `rejects` are the first ones, as many as `limits` allow."""

    limits: ImportLimits = IMPORT_LIMITS
    added: int = 0
    rejected: int = 0
    ids: list[str] = field(factory=list)
    rejects: list[Reject] = field(factory=list)
    reasons: Counter[str] = field(factory=Counter)

    def book(self, batch: Sequence[Found], repeats: Iterable[str | None]) -> None:
        """Book some lines in order; `repeats` tells for each entry among them which it repeats, None for none."""
        known = iter(repeats)
        for line, found in batch:
            if isinstance(found, EntryFault):
                self._reject(Reject(line, found.reason))
                continue
            repeated = next(known)
            if repeated is None:
                self.added += 1
                if len(self.ids) < self.limits.ids:
                    self.ids.append(found.id)
            elif repeated == found.id:
                self._reject(Reject(line, "id_used_before"))
            else:
                self._reject(Reject(line, "already_listed", repeated))

    def _reject(self, reject: Reject) -> None:
        self.rejected += 1
        self.reasons[reject.reason] += 1
        if len(self.rejects) < self.limits.rejects:
            self.rejects.append(reject)


def read_lines(file: IO[bytes], told: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
    """The lines of a file, one without an end cut to what is refused as too long; `told` hears of each one's bytes."""
    most = LIMITS.line_bytes + 2  # one byte over the longest line and its line feed
    while line := file.readline(most):
        size = len(line)
        last = line
        while len(last) == most and not last.endswith(b"\n"):
            last = file.readline(most)
            size += len(last)
        told(size)
        yield line


def drafted(lines: Iterable[bytes], read: Reader, template: Template, criteria: CriteriaSet) -> Iterator[Found]:
    """Read a foreign file with `read`; fields it does not give come from `template`."""
    for number, found in read(decoded(lines)):
        yield number, found if isinstance(found, EntryFault) else _drafted(found, template, criteria)


def parsed(lines: Iterable[bytes], criteria: CriteriaSet, limits: ListLimits = LIMITS) -> Iterator[Found]:
    """Read JSON lines in the list's own entry format. A file beyond the limits ends in a fault."""
    size = 0
    for number, line in enumerate(lines, 1):
        size += len(line)
        if number > limits.entries or size > limits.file_bytes:
            yield number, EntryFault("too_long_file")
            return
        try:
            yield number, parse_entry(line.removesuffix(b"\n"), criteria)
        except EntryFault as fault:
            yield number, fault


def _drafted(values: Mapping[str, str], template: Template, criteria: CriteriaSet) -> Entry | EntryFault:
    try:
        return draft(values, template, criteria)
    except EntryFault as fault:
        return fault
