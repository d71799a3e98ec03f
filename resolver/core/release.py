"""The release rule for block totals (secrecy.md 7): noised, in steps, and only when a bucket has ended.

One event is one blocked A query. At each UTC-aligned bucket end, for each list: `noisy += count + N`, and the counter
that is shown becomes max(counter, step * floor(noisy / step)). All that is kept here is already noised and may be
stored; the running count is not kept here at all, only a mark in the caller's totals, in memory.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import define, field, frozen

from resolver.core.noise import RandomBits, two_sided_geometric

DAY: Final = 86_400
WEEK: Final = 7 * DAY
EVENTS_HIDDEN: Final = 8
"""So many events change the odds by at most a factor e: the scale of the noise (epsilon is 1), the counter's step."""
LINES_FOR_RELEASE: Final = 1_000
LINES_FOR_DAILY: Final = 100_000
_MISSED_BUCKETS_MAX: Final = 400


def bucket_for(enabled: bool, bucket: int, lines_served: int) -> int | None:
    """Return the bucket in seconds that a configuration asks for, None when nothing may be released."""
    if not enabled or lines_served < LINES_FOR_RELEASE:
        return None
    return max(bucket, WEEK) if lines_served < LINES_FOR_DAILY else bucket


class StateFault(Exception):
    """A stored release state that cannot be read; carries a fixed word."""


@frozen
class Total:
    """One list's totals, both noised: the exact sum of noise and counts, and what is shown."""

    noisy: int = 0
    shown: int = 0

    def after(self, count: int, random_bits: RandomBits) -> "Total":
        """Return the totals after a bucket with this count."""
        noisy = self.noisy + count + two_sided_geometric(EVENTS_HIDDEN, random_bits)
        return Total(noisy, max(self.shown, noisy // EVENTS_HIDDEN * EVENTS_HIDDEN))


@define
class Release:
    """The releases of one host; times are POSIX seconds, `bucket` and `wanted` seconds.

    A new bucket length takes effect after one full bucket of the old one (`change_at`). What is counted from `_since`
    on is in no bucket that had ended by then.
    """

    bucket: int
    bucket_end: int
    wanted: int
    change_at: int
    last_release: int = 0
    totals: dict[str, Total] = field(factory=dict)
    closed: int = field(default=0, init=False)  # buckets that this object has released, each with its own noise
    _marks: dict[str, int] = field(factory=dict)
    _since: float = 0.0

    @classmethod
    def begin(cls, lists: Sequence[str], bucket: int, now: float) -> "Release":
        """Start with nothing released; the first bucket ends at the next aligned moment."""
        end = _aligned_end(bucket, now)
        return cls(bucket, end, bucket, end, totals={list_id: Total() for list_id in lists})

    @classmethod
    def resume(cls, state: Mapping[str, Any], lists: Sequence[str], bucket: int, now: float) -> "Release":
        """Go on from a stored state; the count of the bucket that was running is lost. StateFault if unreadable."""
        try:
            stored = {name: Total(int(one["noisy"]), int(one["shown"])) for name, one in state["totals"].items()}
            bucket_now, end, wanted = int(state["bucket"]), int(state["bucket_end"]), int(state["wanted"])
            release = cls(bucket_now, end, wanted, int(state["change_at"]), int(state["last_release"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise StateFault("release_state") from None
        if release.bucket < 1 or release.wanted < 1:
            raise StateFault("release_state")
        release.totals = {list_id: stored.get(list_id, Total()) for list_id in lists}
        release.want(bucket)
        if release.bucket_end > now + 2 * release.bucket:  # a clock that ran ahead must not silence us for years
            release.bucket_end = _aligned_end(release.bucket, now)
        release.change_at = min(release.change_at, release.bucket_end + release.bucket)
        release._since = now
        return release

    def want(self, bucket: int) -> None:
        """Ask for another bucket length; the running bucket and one full old one come first."""
        if bucket != self.wanted:
            self.wanted = bucket
            self.change_at = self.bucket_end + self.bucket

    def clock_was_set(self, now: float) -> None:
        """The wall clock jumped: the running bucket ends a full bucket after the next aligned moment, never sooner."""
        self.bucket_end = _aligned_end(self.bucket, now) + self.bucket
        self.change_at = self.bucket_end + self.bucket
        self._since = 0.0  # a moment of the clock as it was; this bucket holds what came since

    def settle(self, now: float, blocks: Mapping[str, int], random_bits: RandomBits) -> bool:
        """Release every bucket that has ended; `blocks` are running totals by list, since the process started.

        Returns True when there is a new state: store it before showing it. Buckets that passed unseen draw noise too.
        """
        if now < self.bucket_end:
            return False
        counts = self._counts(blocks) if self._since < self.bucket_end else {}
        for _ in range(_MISSED_BUCKETS_MAX):
            self._close_bucket(counts, random_bits)
            counts = {}
            if now < self.bucket_end:
                return True
        self.bucket_end = _aligned_end(self.bucket, now)
        return True

    def _counts(self, blocks: Mapping[str, int]) -> dict[str, int]:
        """Return what the ended bucket counted, and begin the next."""
        before, self._marks = self._marks, {list_id: blocks.get(list_id, 0) for list_id in self.totals}
        return {list_id: max(0, mark - before.get(list_id, 0)) for list_id, mark in self._marks.items()}

    def _close_bucket(self, counts: Mapping[str, int], random_bits: RandomBits) -> None:
        self.totals = {
            list_id: total.after(counts.get(list_id, 0), random_bits) for list_id, total in self.totals.items()
        }
        self.last_release, self.closed = self.bucket_end, self.closed + 1
        if self.bucket != self.wanted and self.bucket_end >= self.change_at:
            self.bucket = self.wanted
        self.bucket_end = _aligned_end(self.bucket, self.bucket_end)

    @property
    def marks(self) -> dict[str, int]:
        """How far the caller's running totals belong to buckets that have ended. For memory only, as those totals."""
        return dict(self._marks)

    def go_on(self, marks: Mapping[str, int]) -> None:
        """Take up the running bucket where another process image left it; the totals must go on, too."""
        self._marks = dict(marks)
        self._since = 0.0

    @property
    def shown(self) -> dict[str, int]:
        """The released counters by list: multiples of the step that never fall."""
        return {list_id: total.shown for list_id, total in self.totals.items()}

    @property
    def noised(self) -> dict[str, int]:
        """The noised totals by list, neither rounded nor kept from falling: what reports are made of.

        Their differences are unbiased, `noise_interval.half_width` says how far they may lie from the truth.
        """
        return {list_id: total.noisy for list_id, total in self.totals.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return the state to store: plain, JSON-able, noised only."""
        return {
            "bucket": self.bucket,
            "bucket_end": self.bucket_end,
            "wanted": self.wanted,
            "change_at": self.change_at,
            "last_release": self.last_release,
            "totals": {name: {"noisy": one.noisy, "shown": one.shown} for name, one in self.totals.items()},
        }


def _aligned_end(bucket: int, moment: float) -> int:
    """Return the first multiple of the bucket after a moment (days and weeks of UTC count from 1970-01-01)."""
    return (int(moment) // bucket + 1) * bucket
