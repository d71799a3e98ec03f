"""The resolver's memory of its own public figures: looks at itself once a minute, and writes one line a day.

It sees the snapshot that `/metrics` is made of, and releases as they were made: what a report needs years later, when
no monitoring has it any more. A full disk stops nothing: lines wait in memory.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import define, field, frozen
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from resolver.core.release import DAY
from resolver.edge.supervision import ledger_day
from resolver.edge.supervision.ledger_file import LedgerFile
from resolver.edge.supervision.ledger_lines import (
    BucketLine,
    DayLine,
    LineFault,
    day_end,
    day_of,
    plain,
    unplain,
)
from resolver.edge.supervision.snapshot import Snapshot

_BACK: Final = 3600.0  # seconds a clock may be set back over midnight without beginning the day before again


@frozen
class LedgerLimits:
    """Seconds and counts."""

    look_seconds: float = 60.0
    """Between two looks: how exactly the time of a state is known."""
    keep_seconds: float = 300.0
    """Between two times that the running day is put on the disk: what a kill costs of it."""
    waiting_lines: int = 400
    """Lines that wait for a disk; of more, the oldest are lost."""


@define(eq=False)
class Ledger:
    """`take()` gives the snapshot of a moment; `report(text)` is told what cannot be written, once."""

    clock: IReactorTime
    folder: Path
    wall_clock: Callable[[], float]
    take: Callable[[], Snapshot]
    report: Callable[[str], None]
    limits: LedgerLimits = field(factory=LedgerLimits)
    failing: bool = field(default=False, init=False)  # something waits for the disk
    _file: LedgerFile = field(init=False)
    _day: DayLine | None = field(default=None, init=False)
    _sums: ledger_day.Sums = field(factory=dict, init=False)
    _waiting: list[DayLine | BucketLine] = field(factory=list, init=False)
    _looked: float = field(default=0.0, init=False)
    _kept: float = field(default=0.0, init=False)
    _timer: IDelayedCall | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._file = LedgerFile(self.folder)

    # --- life -------------------------------------------------------------------------------------------

    def start(self, *, upgraded: bool = False) -> None:
        """Begin to look, or go on: after an upgrade with what was taken over, else with what the disk has."""
        self._looked = self.clock.seconds()
        if self._day is None:
            self._open()
            self._day = self._resumed()
            self._sums = ledger_day.sums(self.take()) if upgraded else {}
            self._turn(self.take())
        self._day.upgrades += upgraded
        self._day.starts += not upgraded
        self._save()
        self._sleep()

    def stop(self) -> None:
        """The end was asked for: what the running day has so far is on the disk."""
        if self._day is not None:
            self._look()
            self._save(running=False)
        self._cancel()
        self._day = None

    def hand_over(self) -> dict[str, Any]:
        """All of it for the code that comes after us, as plain data."""
        if self._day is not None:
            self._look()
            self._save()
        return {"running": self._document(running=True), "sums": self._sums}

    def take_over(self, handed: Mapping[str, Any]) -> None:
        """Go on with it; `start` follows."""
        self._open()
        self._day = self._gone_on(handed["running"])
        self._sums = handed["sums"]

    def _open(self) -> None:
        try:
            torn = self._file.open()
        except OSError as error:
            self._fails(error)
        else:
            if torn:
                self.report(f"{self._file.path}: {torn} bytes of a line that was broken off were cut")

    def _resumed(self) -> DayLine:
        """Go on with the day that was kept, unless it was written as a line already."""
        kept = self._file.running()
        if kept is None:
            return self._today()
        day = self._gone_on(kept)
        day.crashes += bool(kept.get("running"))
        return day

    def _gone_on(self, kept: Mapping[str, Any]) -> DayLine:
        try:
            written, host = int(kept["written"]), str(kept["host"])
            lines = [unplain(each) for each in kept["lines"]]
        except (LineFault, KeyError, TypeError, ValueError):
            self.report(f"{self.folder}: the running day of the ledger cannot be read; it begins again")
            return self._today()
        if self._file.host and not self._file.written:
            self._file.host = host
        if host == self._file.host:
            lines = _without(lines, self._file.after(written))
        last = lines.pop() if lines and isinstance(lines[-1], DayLine) else self._today()
        self._waiting = [*lines, *self._waiting]
        assert isinstance(last, DayLine)
        return last

    def _today(self) -> DayLine:
        return DayLine(day_of(self.wall_clock()))

    # --- looking ----------------------------------------------------------------------------------------

    def sampled(self, list_id: str, way: str, seconds: int) -> None:
        """A version or a withdrawal of a list is in force everywhere, so many seconds after its publication."""
        if self._day is not None:
            ledger_day.sample(self._day, list_id, way, seconds)

    def released(self, line: BucketLine) -> None:
        """Block totals were released."""
        self._waiting.append(line)
        if self._day is not None:
            self._save()

    def _wake(self) -> None:
        self._timer = None
        self._look()
        if self._waiting or self.clock.seconds() - self._kept >= self.limits.keep_seconds:
            self._save()
        self._sleep()

    def _look(self) -> None:
        assert self._day is not None
        now, snapshot = self.clock.seconds(), self.take()
        self._sums = ledger_day.add(self._day, snapshot, self._sums, now - self._looked)
        self._looked = now
        self._turn(snapshot)

    def _turn(self, snapshot: Snapshot) -> None:
        """Begin a new day where the clock shows one."""
        if self._day is not None and self._is_over(self._day.day):
            self._waiting.append(self._day)
            self._day = self._today()
            ledger_day.add(self._day, snapshot, ledger_day.sums(snapshot), 0.0)

    def _is_over(self, day: str) -> bool:
        """Whether the wall clock shows another day: a later one, or one before that it was set back to."""
        wall = self.wall_clock()
        begun = day_end(day) - DAY
        return wall >= day_end(day) or wall < begun - _BACK

    # --- the disk ---------------------------------------------------------------------------------------

    def _save(self, *, running: bool = True) -> None:
        """Write what waits, oldest first, and keep the running day."""
        self._kept = self.clock.seconds()
        del self._waiting[: -self.limits.waiting_lines]
        try:
            while self._waiting:
                self._file.append(self._waiting[0])
                del self._waiting[0]
            self._file.keep_running(self._document(running=running))
        except OSError as error:
            self._fails(error)
        else:
            self.failing = False

    def _document(self, *, running: bool) -> dict[str, Any]:
        lines = [*self._waiting, *([] if self._day is None else [self._day])]
        place = {"host": self._file.host, "written": self._file.written}
        return {**place, "running": running, "lines": [plain(line) for line in lines]}

    def _fails(self, error: OSError) -> None:
        if not self.failing:
            self.report(f"{self._file.path} cannot be written: {error.strerror}; its lines wait in memory")
        self.failing = True

    def _sleep(self) -> None:
        self._cancel()
        assert self._day is not None
        until_midnight = max(day_end(day_of(self.wall_clock())) - self.wall_clock(), 0.0)
        self._timer = self.clock.callLater(min(self.limits.look_seconds, until_midnight), self._wake)

    def _cancel(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None


def _without(kept: list[DayLine | BucketLine], written: list[DayLine | BucketLine]) -> list[DayLine | BucketLine]:
    """Return what was kept but for what came to the file before the end: of each kind the oldest, as many."""
    left = Counter(type(line) for line in written)
    rest = []
    for line in kept:
        left[type(line)] -= 1
        if left[type(line)] < 0:
            rest.append(line)
    return rest
