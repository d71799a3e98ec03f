"""What is known about each list: the updater's words, and what the workers have in force."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import cattrs
from attrs import define, evolve, field, frozen

from blocklist.trust.outcome import staleness
from blocklist.trust.reasons import REASONS
from blocklist.trust.rules.departures import MOVES
from resolver.edge.selftest import SELFTEST_RESULTS, SelfTest

FAILED = "failed"


@frozen
class ListView:
    """One list: `version`, `entries` are those all workers enforce, `known_version` the newest verified (0: none)."""

    list_id: str
    version: int = 0
    entries: int = 0
    known_version: int = 0
    age_seconds: float | None = None  # of the newest verified timestamp
    held_entries: int = 0
    held_by: tuple[str, ...] = ()  # guards
    last_outcome: str = "none"
    last_reason: str = ""
    failures: Mapping[str, int] = field(factory=lambda: dict.fromkeys(REASONS, 0))
    epoch: int = 0
    withdrawn: int = 0  # entries taken out by a withdrawal in force
    withdrawals_refused: int = 0
    log_size: int = 0  # leaves of the public record last verified
    self_test: str = ""  # one of SELFTEST_RESULTS, nothing before the first round
    self_tests: Mapping[str, int] = field(factory=lambda: dict.fromkeys(SELFTEST_RESULTS, 0))
    moved: Mapping[str, int] = field(factory=lambda: dict.fromkeys(MOVES, 0))  # entries, while the updater ran
    exemptions: int = 0  # local ones in force
    updates: int = 0  # changes of the version enforced; the first one after a start is none
    holds: int = 0  # times that a guard began to hold something

    @property
    def staleness(self) -> str:
        """What the age means: none, fresh, warn, stale."""
        return staleness(self.age_seconds)

    @property
    def self_test_failed(self) -> bool:
        """Whether the last round of self-test names did not end well."""
        return self.self_test not in ("", SelfTest.OK)

    @property
    def enforcing(self) -> bool:
        """Whether every worker has it in force."""
        return self.version > 0

    @property
    def last_failed(self) -> bool:
        """Whether the last attempt to update it failed."""
        return self.last_outcome == FAILED


@define(eq=False)
class ListBoard:
    """Keeps the views; counts of the updater never fall, although a new one starts again from 0."""

    seconds: Callable[[], float]  # monotonic
    clock_suspect: bool = field(default=False, init=False)
    audit_failing: bool = field(default=False, init=False)
    reported: bool = field(default=False, init=False)  # an updater has spoken since it was asked to look at the disk
    _views: dict[str, ListView] = field(factory=dict, init=False)
    _said_at: float = field(default=0.0, init=False)
    _before: dict[str, Counter[str]] = field(factory=dict, init=False)  # failures of earlier updaters
    _moved_before: dict[str, Counter[str]] = field(factory=dict, init=False)

    def configure(self, list_ids: Iterable[str]) -> None:
        """The lists of the settings, in order; what is known of those that stay is kept."""
        self._views = {list_id: self._views.get(list_id, ListView(list_id)) for list_id in list_ids}

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take up a `status` message of the updater."""
        self.reported, self.clock_suspect = True, bool(message["clock_suspect"])
        self.audit_failing = bool(message["audit_failing"])
        self._said_at = self.seconds()
        for said in message["lists"]:
            view = self._views.get(said["list_id"])
            if view is None:
                continue
            failures = self._before.get(view.list_id, Counter()) + Counter(said["failures"])
            began = bool(set(said["held_by"]) - set(view.held_by)) and view.known_version > 0
            moved = self._moved_before.get(view.list_id, Counter()) + Counter(said["moved"])
            self._views[view.list_id] = evolve(
                view,
                known_version=said["version"],
                age_seconds=said["age_seconds"],
                held_entries=said["held_entries"],
                held_by=tuple(said["held_by"]),
                last_outcome=said["last_outcome"],
                last_reason=said["last_reason"],
                failures={reason: failures[reason] for reason in REASONS},
                epoch=said["epoch"],
                withdrawn=said["withdrawn"],
                withdrawals_refused=said["withdrawals_refused"],
                log_size=said["log_size"],
                moved={move: moved[move] for move in MOVES},
                exemptions=said["exemptions"],
                holds=view.holds + began,
            )

    def tested(self, list_id: str, result: str) -> None:
        """A round of a list's self-test ended; an empty word: nothing is asked of it."""
        view = self._views.get(list_id)
        if view is not None and not result:
            self._views[list_id] = evolve(view, self_test="")
        elif view is not None:
            word = SelfTest(result).value
            counts = {**view.self_tests, word: view.self_tests[word] + 1}
            self._views[list_id] = evolve(view, self_test=word, self_tests=counts)

    def updater_ended(self) -> None:
        """The next updater counts failures from 0."""
        self._before = {list_id: Counter(view.failures) for list_id, view in self._views.items()}
        self._moved_before = {list_id: Counter(view.moved) for list_id, view in self._views.items()}

    def hand_over(self) -> dict[str, Any]:
        """What is known, as plain data, for the code that comes after us."""
        return {
            "views": [cattrs.unstructure(view) for view in self.views()],
            "failures_before": self._before,
            "moved_before": self._moved_before,
            "clock_suspect": self.clock_suspect,
            "audit_failing": self.audit_failing,
            "reported": self.reported,
        }

    def take_over(self, handed: Mapping[str, Any]) -> None:
        """Know it; lists that are in the settings no more are forgotten."""
        self._said_at = self.seconds()
        self.clock_suspect, self.audit_failing = handed["clock_suspect"], handed["audit_failing"]
        self.reported = handed["reported"]
        self._before = {list_id: Counter(failures) for list_id, failures in handed["failures_before"].items()}
        moved_before = handed.get("moved_before", {})
        self._moved_before = {list_id: Counter(moved) for list_id, moved in moved_before.items()}
        for view in cattrs.structure(handed["views"], list[ListView]):
            if view.list_id in self._views:
                self._views[view.list_id] = view

    def activate(self, in_force: Iterable[Mapping[str, Any]]) -> None:
        """All workers have an index in force that holds these lists ({list_id, version, entries})."""
        now = {each["list_id"]: each for each in in_force}
        for list_id, view in self._views.items():
            each = now.get(list_id, {"version": 0, "entries": 0})
            version, entries = each["version"], each["entries"]
            updates = view.updates + (view.enforcing and version not in (0, view.version))
            self._views[list_id] = evolve(view, version=version, entries=entries, updates=updates)

    def in_force(self) -> frozenset[str]:
        """The lists every worker enforces."""
        return frozenset(list_id for list_id, view in self._views.items() if view.enforcing)

    def views(self) -> tuple[ListView, ...]:
        """All lists now; ages grow while the updater is silent."""
        silence = self.seconds() - self._said_at
        return tuple(
            view if view.age_seconds is None else evolve(view, age_seconds=view.age_seconds + silence)
            for view in self._views.values()
        )
