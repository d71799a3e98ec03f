"""Ends and errors of children since the start, counted and told to the log."""

from collections import Counter
from typing import Any

from resolver.edge import fault_log
from resolver.edge.channel import Message


class Incidents:
    """Deaths by kind of child and reason, and errors a child survived by its kind."""

    def __init__(self) -> None:
        self.deaths: Counter[tuple[str, str]] = Counter()
        self.faults: Counter[str] = Counter()

    def death(self, kind: str, reason: str) -> None:
        """A child ended unasked."""
        self.deaths[kind, reason] += 1
        fault_log.write(f"mamori: {kind} process ended ({reason}); a new one takes its place")

    def fault(self, kind: str, message: Message) -> None:
        """A child reported an unexpected error."""
        self.faults[kind] += 1
        words = (str(message.get(key, "-")) for key in ("code", "kind", "where"))
        fault_log.write(f"mamori {kind}: {' '.join(words)}")

    def hand_over(self) -> dict[str, Any]:
        """The counts for the code that comes after us, as plain data."""
        deaths = [[kind, reason, count] for (kind, reason), count in self.deaths.items()]
        return {"deaths": deaths, "faults": dict(self.faults)}

    def take_over(self, handed: dict[str, Any]) -> None:
        """Count on from there."""
        self.deaths.update({(kind, reason): count for kind, reason, count in handed["deaths"]})
        self.faults.update(handed["faults"])
