"""Which time to believe (list.md, Clock floor).

The wall clock may be wrong in both directions. Far back, it would accept expired metadata: below the *floor* nothing is
refreshed. Far ahead, it would expire the whole list at once: then expiry runs on *trusted time*, the last time a list
body signed plus the monotonic seconds since.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Protocol

from attrs import define, field, frozen

from blocklist.trust.limits import ClockLimits

BUILD_TIME: Final = datetime(2026, 11, 1, tzinfo=UTC).timestamp()  # of this release; raised with each one


class Clock(Protocol):
    """The two clocks of a host."""

    def now(self) -> float:
        """Return the wall clock, POSIX seconds."""

    def monotonic(self) -> float:
        """Return seconds since some start that nobody can set."""


class SystemClock:
    """The clocks of this machine; its monotonic clock is the same in all processes."""

    def now(self) -> float:
        """See Clock."""
        return time.time()

    def monotonic(self) -> float:
        """See Clock."""
        return time.monotonic()


@frozen
class TimeMarks:
    """What is kept of time across restarts (POSIX seconds)."""

    signed_at: float = 0.0  # highest index.signed_at taken
    stamped_at: float = 0.0  # highest accepted timestamp: expires - 6 h
    timestamp_keys: tuple[str, ...] = ()  # key ids that signed it
    trusted: float | None = None  # trusted time when saved


@define
class TimeKeeper:
    """The floor, trusted time and suspicion of one list's subscription."""

    clock: Clock
    limits: ClockLimits = field(factory=ClockLimits)
    marks: TimeMarks = field(factory=TimeMarks)
    _trusted: float | None = None  # trusted time at `_since` of the monotonic clock
    _since: float = 0.0
    _offset: float | None = None  # wall minus monotonic, when last believed

    def restore(self, marks: TimeMarks) -> None:
        """Take up the marks of the last run."""
        self.marks = marks
        self._trusted, self._since = marks.trusted, self.clock.monotonic()
        self._offset = self._wall_offset()

    def to_save(self) -> TimeMarks:
        """Return the marks with trusted time of this moment."""
        trusted = None if self._trusted is None else self.trusted()
        return TimeMarks(self.marks.signed_at, self.marks.stamped_at, self.marks.timestamp_keys, trusted)

    @property
    def floor(self) -> float:
        """Return the time it certainly is (POSIX)."""
        return max(BUILD_TIME, self.marks.signed_at, self.marks.stamped_at)

    def below_floor(self) -> bool:
        """Return whether the wall clock is too far back to judge any expiry by."""
        return self.clock.now() < self.floor - self.limits.floor_slack

    def accept_timestamp(self, expires: float, keys: tuple[str, ...]) -> None:
        """Note a verified timestamp; when root changed its key, what the old key said about time is dropped."""
        stamped, same_key = expires - self.limits.timestamp_life, keys == self.marks.timestamp_keys
        if same_key and stamped <= self.marks.stamped_at:
            return
        self._trusted = max(stamped, self.trusted()) if same_key and self._trusted is not None else stamped
        self._since = self.clock.monotonic()
        self.marks = TimeMarks(self.marks.signed_at, stamped, keys, self._trusted)
        if abs(self.clock.now() - stamped) <= self.limits.step:
            self._offset = self._wall_offset()

    def disown(self, keys: tuple[str, ...]) -> bool:
        """Drop what was said about time by keys that root no longer names (`keys` are those it names now).

        Return whether there was anything to drop.
        """
        if not self.marks.stamped_at or keys == self.marks.timestamp_keys:
            return False
        self.marks = TimeMarks(self.marks.signed_at)
        self._trusted = None
        return True

    def accept_index(self, signed_at: float) -> None:
        """Note the signing time of an index that was taken."""
        highest = max(self.marks.signed_at, signed_at)
        self.marks = TimeMarks(highest, self.marks.stamped_at, self.marks.timestamp_keys, self.marks.trusted)

    def age(self) -> float | None:
        """Return the age of the newest verified timestamp in seconds; it grows while a mirror is frozen."""
        return max(0.0, self.clock.now() - self.marks.stamped_at) if self.marks.stamped_at else None

    def frozen(self) -> bool:
        """Return whether the newest verified timestamp is so old that a mirror may be holding back a newer one."""
        age = self.age()
        return age is not None and age > self.limits.frozen_after

    def trusted(self) -> float:
        """Return trusted time (POSIX); without any verified timestamp the wall clock is all there is."""
        if self._trusted is None:
            return self.clock.now()
        return self._trusted + self.clock.monotonic() - self._since

    def suspect(self, expiries: Mapping[float, int] | None = None) -> bool:
        """Return whether the wall clock is not to be believed. `expiries`: entries by the time they end."""
        now, marks = self.clock.now(), self.marks
        if self._offset is None:
            self._offset = self._wall_offset()
        return (
            self.below_floor()
            or abs(self._wall_offset() - self._offset) > self.limits.step
            or (marks.stamped_at > 0 and now - marks.stamped_at > self.limits.ahead_of_verified)
            or self._mass_expiry(now, expiries or {})
        )

    def expiry_time(self, expiries: Mapping[float, int] | None = None) -> float:
        """Return the time by which entries end: the wall clock, or trusted time when the wall clock is suspect."""
        return self.trusted() if self.suspect(expiries) else self.clock.now()

    def _mass_expiry(self, now: float, expiries: Mapping[float, int]) -> bool:
        """More than a fifth of the entries ended within the last hour, and no new list came: is it the clock?"""
        ended = sum(count for end, count in expiries.items() if now - self.limits.mass_expiry_window < end <= now)
        return ended > self.limits.mass_expiry_share * sum(expiries.values())

    def _wall_offset(self) -> float:
        return self.clock.now() - self.clock.monotonic()
