"""From the list body's publication to every worker: how long versions and withdrawals took, one histogram a list.

Only what was published while this resolver ran counts: what waited on a disk says nothing about the way here.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from attrs import define, field, frozen

BOUNDS_SECONDS: Final = (5, 10, 20, 35, 60, 120, 300, 600, 1800, 3600, 21600)


@frozen
class Spread:
    """A histogram: how many took at most each of BOUNDS_SECONDS (the last: longer), their sum and the newest."""

    counts: tuple[int, ...] = (0,) * (len(BOUNDS_SECONDS) + 1)
    seconds: float = 0.0
    last: float | None = None

    def with_one(self, took: float) -> "Spread":
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
    """All lists; `wall_clock` gives POSIX seconds, as the list bodies' times are."""

    wall_clock: Callable[[], float]
    begun: float = field(init=False)
    _known: dict[str, Latency] = field(factory=dict, init=False)
    _versions: dict[str, int] = field(factory=dict, init=False)
    _newest: dict[tuple[str, str], float] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.begun = self.wall_clock()

    def configure(self, list_ids: Iterable[str]) -> None:
        """The lists of the settings; those that stay keep their counts."""
        self._known = {list_id: self._known.get(list_id, Latency()) for list_id in list_ids}

    def activated(self, lists: Iterable[Mapping[str, Any]]) -> None:
        """Every worker has these in force: {list_id, version, published_at, withdrawn_at}, times POSIX or None."""
        for each in lists:
            list_id, version = each["list_id"], each["version"]
            known = self._known.get(list_id)
            if known is None:
                continue
            changed, self._versions[list_id] = version != self._versions.get(list_id), version
            publish, withdraw = known.publish, known.withdraw
            if changed and (took := self._took("publish", list_id, each.get("published_at"))) is not None:
                publish = publish.with_one(took)
            if (took := self._took("withdraw", list_id, each.get("withdrawn_at"))) is not None:
                withdraw = withdraw.with_one(took)
            self._known[list_id] = Latency(publish, withdraw)

    def view(self) -> dict[str, Latency]:
        """By list, in configuration order."""
        return dict(self._known)

    def _took(self, way: str, list_id: str, published: float | None) -> float | None:
        """Return the seconds it took; None for what is not newer than all that was seen, or than our start."""
        if published is None or published <= self._newest.get((way, list_id), self.begun):
            return None
        self._newest[way, list_id] = published
        return max(self.wall_clock() - published, 0.0)
