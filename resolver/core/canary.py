"""The dry canary: before a list is put in force, what this worker's customers use now is decided by it (list.md).

Only entries that are new matter, and only names that are not blocked already. The result are marks, one byte for each
new entry in use; no name and no count of names leaves the worker.
"""

from collections.abc import Sequence
from math import ceil

from attrs import frozen

from blocklist.index import Index
from resolver.core import codes
from resolver.core.cache import Cache, Entry
from resolver.core.message import read_message
from resolver.core.policy import Course, decide, look_up, names_that_count


@frozen
class CanaryLimits:
    """When a version's additions are held, and what looking may cost."""

    least: int = 10
    """Different additions in use that hold a version, at least."""
    share: float = 0.01
    """The same as a share of the version's additions; the larger of the two counts."""
    seconds: float = 10.0
    """A trial takes at most; then the version is put in force unless it is held by what was seen."""
    slice_seconds: float = 0.002
    """A worker looks through its cache without a break."""
    pause_seconds: float = 0.002
    """Between two slices, at least: queries come first."""

    def holds_at(self, added: int) -> int:
        """Return how many different additions in use hold a version with so many additions."""
        return max(self.least, ceil(self.share * added))


class Canary:
    """Goes through kept answers, the newest first. `marks` has a byte for each fresh entry of the candidate.

    Both indexes come as each view's policy sees them: an answer is decided as the clients who use it would meet it.
    """

    def __init__(
        self,
        cache: Cache,
        in_force: Sequence[Index],
        candidate: Sequence[Index],
        marks: memoryview,
    ) -> None:
        self._entries = cache.entries()
        self._entry_of = cache.entry_of
        self._in_force = in_force
        self._candidate = candidate
        self._marks = marks

    def look(self, now: float) -> bool:
        """Decide the next answer at monotonic `now`; True while there are more.

        Usually 40 µs; one of 64 kB full of names may take a thousand times as long, so look at the clock in between.
        """
        if self._entries:
            self._decide(self._entry_of(self._entries.pop()), now)
        return bool(self._entries)

    def _decide(self, entry: Entry, now: float) -> None:
        """Mark what newly blocks this answer. Ended answers are not in use; constant ones are blocked or failed."""
        if entry.body is None or now >= entry.until:
            return
        candidate, in_force = self._candidate[entry.view], self._in_force[entry.view]
        message = read_message(entry.kept)
        name, qtype = message.question[:-4].lower(), int.from_bytes(message.question[-4:-2])
        decision = decide(candidate, name, qtype, now)
        if decision.course in (Course.EXEMPT, Course.TRUTHFUL):
            return
        found = {name: decision.match}
        if qtype in codes.ADDRESS_TYPES:
            others = names_that_count(message, name, qtype)
            found |= {other: look_up(candidate, other, qtype, now) for other in others}
        for each, match in found.items():
            if match is None or match.fresh < 0 or match.test:
                continue
            if look_up(in_force, each, qtype, now) is None:
                self._marks[match.fresh] = 1
