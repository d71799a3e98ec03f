"""What went wrong with a list, counted by reason: no fault of a list body, a mirror or a disk leaves a verb."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from blocklist.trust.outcome import Kind, Outcome
from blocklist.trust.reasons import REASONS, classify, explain


@define
class Faults:
    """The counts of one list since the start."""

    counts: dict[str, int] = field(factory=lambda: dict.fromkeys(REASONS, 0))

    def note(self, error: Exception) -> None:
        """Count what stops nothing."""
        self.counts[classify(error)] += 1

    def run(self, verb: Callable[[], Outcome]) -> Outcome:
        """Run a verb and turn whatever it raises into an outcome and a count."""
        try:
            return verb()
        except Exception as error:  # noqa: BLE001  # python-tuf lets foreign exceptions out, and no list may stop the loop
            self.note(error)
            return Outcome(Kind.FAILED, classify(error), explain(error))


def more_telling(first: Outcome, second: Outcome) -> Outcome:
    """Of two outcomes in a row, return the one that says more of what is enforced now: the later one of a kind."""
    order = (Kind.FAILED, Kind.UNCHANGED, Kind.UPDATED, Kind.HELD)
    return first if order.index(first.kind) > order.index(second.kind) else second
