"""From the list body's publication to every worker: how long versions and withdrawals took, one histogram a list.

Only what was published while this resolver ran counts: what waited on a disk says nothing about the way here. Nor does
a withdrawal that is signed again and takes nothing more out. Whole seconds, rounded up, as list bodies' times are: a
trial's length depends a little on what workers' caches hold, which is nobody's business.
"""

from collections.abc import Callable, Iterable, Mapping
from math import ceil
from typing import Any, Final

import cattrs
from attrs import define, field, frozen

BOUNDS_SECONDS: Final = (5, 10, 20, 35, 60, 120, 300, 600, 1800, 3600, 21600)


@frozen
class Spread:
    """A histogram: how many took at most each of BOUNDS_SECONDS (the last: longer), their sum and the newest."""

    counts: tuple[int, ...] = (0,) * (len(BOUNDS_SECONDS) + 1)
    seconds: int = 0
    last: int | None = None

    def with_one(self, took: int) -> "Spread":
        """Return it with one more."""
        place = next((number for number, bound in enumerate(BOUNDS_SECONDS) if took <= bound), len(BOUNDS_SECONDS))
        counts = tuple(count + (number == place) for number, count in enumerate(self.counts))
        return Spread(counts, self.seconds + took, took)


@frozen
class Latency:
    """One list's two ways."""

    publish: Spread = Spread()
    withdraw: Spread = Spread()


@define(eq=False)
class Latencies:
    """All lists; `wall_clock` gives POSIX seconds, as the list bodies' times are.

    `on_sample(list_id, way, seconds)` is told of each; the way is publish or withdraw.
    """

    wall_clock: Callable[[], float]
    on_sample: Callable[[str, str, int], None] = lambda _list_id, _way, _seconds: None
    begun: float = field(init=False)
    _known: dict[str, Latency] = field(factory=dict, init=False)
    _seen: dict[tuple[str, str], tuple[int, float]] = field(factory=dict, init=False)  # newest mark and publication

    def __attrs_post_init__(self) -> None:
        self.begun = self.wall_clock()

    def configure(self, list_ids: Iterable[str]) -> None:
        """The lists of the settings; those that stay keep their counts."""
        self._known = {list_id: self._known.get(list_id, Latency()) for list_id in list_ids}

    def activated(self, lists: Iterable[Mapping[str, Any]]) -> None:
        """Every worker has these in force: list_id, version, withdrawn, published_at and withdrawn_at (POSIX)."""
        for each in lists:
            list_id = each["list_id"]
            known = self._known.get(list_id)
            if known is not None:
                self._known[list_id] = Latency(
                    self._timed(known.publish, ("publish", list_id), each["version"], each["published_at"]),
                    self._timed(known.withdraw, ("withdraw", list_id), each["withdrawn"], each["withdrawn_at"]),
                )

    def hand_over(self) -> dict[str, Any]:
        """The counts as plain data, for the code that comes after us."""
        return {
            "begun": self.begun,
            "known": cattrs.unstructure(self._known),
            "seen": [[way, list_id, *seen] for (way, list_id), seen in self._seen.items()],
        }

    def take_over(self, handed: Mapping[str, Any]) -> None:
        """Count on; what was published before the first code's start still says nothing."""
        self.begun = handed["begun"]
        known = cattrs.structure(handed["known"], dict[str, Latency])
        self._known.update({list_id: each for list_id, each in known.items() if list_id in self._known})
        self._seen = {(way, list_id): (mark, at) for way, list_id, mark, at in handed["seen"]}

    def view(self) -> dict[str, Latency]:
        """By list, in configuration order."""
        return dict(self._known)

    def _timed(self, spread: Spread, key: tuple[str, str], mark: int, published: float | None) -> Spread:
        """Count it if the mark rose with something published no earlier than all that was seen, and since our start.

        Not "later": a list body's times are whole seconds, and two withdrawals may share one.
        """
        known_mark, newest = self._seen.get(key, (0, self.begun))
        self._seen[key] = mark, max(newest, published or newest)
        if published is None or published < newest or mark <= known_mark:
            return spread
        took = ceil(max(self.wall_clock() - published, 0.0))
        way, list_id = key
        self.on_sample(list_id, way, took)
        return spread.with_one(took)
