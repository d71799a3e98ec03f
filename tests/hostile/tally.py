"""What one transport's run comes to."""

from __future__ import annotations

import time

from attrs import define, field

from tests.hostile.judge import Judge


@define
class Tally:
    """Messages sent, replies judged, and what stayed without the reply it was owed."""

    judge: Judge = field(factory=Judge)
    sent: int = 0
    answered: int = 0
    unanswered: int = 0
    other: dict[str, int] = field(factory=dict)
    seconds: float = 0.0
    _began: float = field(factory=time.monotonic)

    def count(self, what: str) -> None:
        self.other[what] = self.other.get(what, 0) + 1

    def done(self) -> Tally:
        """Stop the clock."""
        self.seconds = round(time.monotonic() - self._began, 1)
        return self

    def figures(self) -> dict[str, object]:
        """One transport's part of the last line."""
        return {
            "sent": self.sent,
            "answered": self.answered,
            "unanswered": self.unanswered,
            "wrong": sum(self.judge.faults.values()),
            "seconds": self.seconds,
            "rcodes": dict(sorted(self.judge.rcodes.items())),
            **({"faults": dict(self.judge.faults)} if self.judge.faults else {}),
            **self.other,
        }
