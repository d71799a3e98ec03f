"""Import: a file's lines become entries of the desk, and every line that did not is reported with its reason."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from attrs import define, field, frozen

from blocklist.criteria import CriteriaSet
from blocklist.entries import Entry, read_entries
from blocklist.errors import EntryFault
from blocklist.publish.drafts import Template, draft
from blocklist.publish.foreign import Reader, decoded


@frozen
class Reject:
    """A line that became no entry. `listed_as` is the id of the live entry it repeats, if that is the reason."""

    line: int
    reason: str
    listed_as: str | None = None


@define
class Harvest:
    """What one file gave: entries with their lines, and rejects."""

    entries: list[Entry] = field(factory=list)
    rejects: list[Reject] = field(factory=list)
    _lines: dict[str, int] = field(factory=dict)  # entry id -> line

    def take(self, line: int, found: Entry | EntryFault) -> None:
        """Book one result."""
        if isinstance(found, EntryFault):
            self.rejects.append(Reject(line, found.reason))
        else:
            self.entries.append(found)
            self._lines[found.id] = line

    def reject_repeats(self, repeats: dict[str, str]) -> None:
        """Book the entries the desk refused because they are on it already (`{id: id it repeats}`)."""
        self.entries = [entry for entry in self.entries if entry.id not in repeats]
        for entry_id, known in repeats.items():
            self.rejects.append(Reject(self._lines[entry_id], "already_listed", known))
        self.rejects.sort(key=lambda reject: reject.line)

    def reasons(self) -> dict[str, int]:
        """How many lines were rejected for each reason."""
        return dict(Counter(reject.reason for reject in self.rejects))


def harvest(lines: Iterable[bytes], read: Reader, template: Template, criteria: CriteriaSet) -> Harvest:
    """Read a foreign file with `read`; fields it does not give come from `template`."""
    result = Harvest()
    for number, found in read(decoded(lines)):
        result.take(number, found if isinstance(found, EntryFault) else _drafted(found, template, criteria))
    return result


def harvest_entries(lines: Iterable[bytes], criteria: CriteriaSet, known_ids: frozenset[str]) -> Harvest:
    """Read JSON lines in the list's own entry format; an id given before at this desk is rejected."""
    result = Harvest()
    numbers = _Counted(lines)
    for found in read_entries(numbers, criteria):
        if isinstance(found, Entry) and found.id in known_ids:
            found = EntryFault("id_used_before")
        result.take(numbers.line, found)
    return result


@define
class _Counted:
    """Lines, with the number of the one handed out last."""

    _lines: Iterable[bytes]
    line: int = 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.line += 1
            yield line


def _drafted(values: Mapping[str, str], template: Template, criteria: CriteriaSet) -> Entry | EntryFault:
    try:
        return draft(values, template, criteria)
    except EntryFault as fault:
        return fault
