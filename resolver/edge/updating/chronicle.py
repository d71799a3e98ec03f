"""What happens to lists and exemptions here, written into the audit file as it happens.

The file is never in the way: what cannot be written down now is done all the same, and written as soon as it can be.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from attrs import define, field

from blocklist.errors import BlocklistError
from blocklist.trust.local.audit import Event, Facts
from blocklist.trust.outcome import Kind, Outcome
from blocklist.trust.reasons import Reason

MOST_WAITING: Final = 1000  # lines that wait for a disk; of more, the newest are lost
DECISIONS: Final = {
    "accept": Event.LIST_ACCEPTED,
    "reject": Event.LIST_REJECTED,
    "rollback": Event.LIST_ROLLED_BACK,
}
_OWN_EVENT: Final = {Reason.CANARY.value: Event.CANARY, Reason.BREAKER.value: Event.BREAKER}


@define(eq=False)
class Chronicle:
    """Remembers what it told last; a new updater tells the state it found once more."""

    append: Callable[[Event, Facts], object]
    settle: Callable[[], object]  # writes down which exemptions ended; gives why it could not
    _waiting: list[tuple[Event, Facts]] = field(factory=list, init=False)
    _unsettled: bool = field(default=False, init=False)
    _held: dict[str, tuple[int, tuple[str, ...]]] = field(factory=dict, init=False)
    _withdrawn: dict[str, int] = field(factory=dict, init=False)
    _in_force: dict[str, int] = field(factory=dict, init=False)

    @property
    def failing(self) -> bool:
        """Whether anything waits to be written down."""
        return self._unsettled or bool(self._waiting)

    def look(self, statuses: Iterable[Mapping[str, Any]]) -> None:
        """See what guards hold and withdrawals take out now (`status_words` of each list), and what has ended."""
        for words in statuses:
            self._look_at_holds(words)
            self._look_at_withdrawals(words)
        self._unsettled = self.settle() is not None
        self._catch_up()

    def _look_at_holds(self, words: Mapping[str, Any]) -> None:
        list_id, version, guards = words["list_id"], words["version"], tuple(words["held_by"])
        known_version, known = self._held.get(list_id, (0, ()))
        self._held[list_id] = version, guards
        for guard in guards:
            if version != known_version or guard not in known:
                facts = {"list_id": list_id, "version": version, "guard": guard, "entries": words["held_entries"]}
                self._write(_OWN_EVENT.get(guard, Event.HELD), facts)

    def _look_at_withdrawals(self, words: Mapping[str, Any]) -> None:
        list_id, entries = words["list_id"], words["withdrawn"]
        if self._withdrawn.get(list_id, 0) != entries:
            self._withdrawn[list_id] = entries
            self._write(Event.WITHDRAWN, {"list_id": list_id, "version": words["version"], "entries": entries})

    def in_force(self, versions: Mapping[str, int]) -> None:
        """All workers have these versions in force, by list."""
        for list_id, version in versions.items():
            if self._in_force.get(list_id) != version:
                self._in_force[list_id] = version
                self._write(Event.VERSION_IN_FORCE, {"list_id": list_id, "version": version})

    def decided(self, verb: str, words: Mapping[str, Any], outcome: Outcome, by: str) -> None:
        """A user gave a command about a list, which was so before it (`status_words`); asking for news is none."""
        changed = outcome.kind in (Kind.UPDATED, Kind.HELD)
        if verb not in DECISIONS or outcome.kind is Kind.FAILED or not (words["held_by"] or changed):
            return
        guards = " ".join(words["held_by"])
        facts = {"list_id": words["list_id"], "version": words["version"], "guards": guards, "by": by}
        self._write(DECISIONS[verb], facts)

    def _write(self, event: Event, facts: Facts) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append((event, facts))
        self._catch_up()

    def _catch_up(self) -> None:
        with suppress(BlocklistError):
            while self._waiting:
                self.append(*self._waiting[0])
                del self._waiting[0]
