"""Ends and errors of children since the start, counted and told to the log."""

import re
from collections import Counter
from typing import Any, Final

from resolver.edge import fault_log
from resolver.edge.channel import Message

PLACES_MOST: Final = 64  # different places of errors that are remembered; the source has few, a broken child many
_KIND: Final = re.compile(r"\w{1,100}")
_WHERE: Final = re.compile(r"[\w./-]{1,200}:\d{1,7}")
_UNKNOWN: Final = "-"


class Incidents:
    """Deaths by kind of child and reason, and errors a child survived by its kind.

    `places` counts reports of errors by kind of child, type and place in the source.
    """

    def __init__(self) -> None:
        self.deaths: Counter[tuple[str, str]] = Counter()
        self.faults: Counter[str] = Counter()
        self.places: Counter[tuple[str, str, str]] = Counter()

    def death(self, kind: str, reason: str) -> None:
        """A child ended unasked."""
        self.deaths[kind, reason] += 1
        fault_log.write(f"mamori: {kind} process ended ({reason}); a new one takes its place")

    def fault(self, kind: str, message: Message) -> None:
        """A child reported an unexpected error."""
        self.faults[kind] += 1
        place = (kind, _fitting(_KIND, message.get("kind")), _fitting(_WHERE, message.get("where")))
        if place in self.places or len(self.places) < PLACES_MOST:
            self.places[place] += 1
        words = (str(message.get(key, "-")) for key in ("code", "kind", "where"))
        fault_log.write(f"mamori {kind}: {' '.join(words)}")

    def hand_over(self) -> dict[str, Any]:
        """The counts for the code that comes after us, as plain data."""
        deaths = [[kind, reason, count] for (kind, reason), count in self.deaths.items()]
        places = [[*place, count] for place, count in self.places.items()]
        return {"deaths": deaths, "faults": dict(self.faults), "places": places}

    def take_over(self, handed: dict[str, Any]) -> None:
        """Count on from there."""
        self.deaths.update({(kind, reason): count for kind, reason, count in handed["deaths"]})
        self.faults.update(handed["faults"])
        self.places.update({(kind, error, where): count for kind, error, where, count in handed.get("places", ())})


def _fitting(form: re.Pattern[str], word: object) -> str:
    """The word of a child if it is what such a word can be: it is shown to operators."""
    return word if isinstance(word, str) and form.fullmatch(word) else _UNKNOWN
