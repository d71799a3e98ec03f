"""The release of block totals on the wall clock: at each bucket end, from the workers' running sums in memory.

While release is off nothing is counted towards a bucket and no noise is drawn. The state (already noised) is stored
before it is shown, so that a restart never shows less.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from blocklist.errors import BlocklistError
from blocklist.trust.storage.files import write_file
from resolver.core.noise import RandomBits
from resolver.core.release import LINES_FOR_DAILY, LINES_FOR_RELEASE, Release, StateFault, bucket_for
from resolver.edge.supervision.ledger_lines import BucketLine, Released
from resolver.edge.supervision.snapshot import ReleaseView
from resolver.edge.supervision.tally import Tally
from resolver.settings import Settings

FILE_NAME = "release.json"
LONGEST_SLEEP = 3600.0  # seconds; the wall clock may be set meanwhile
CLOCK_STEP = 60.0  # seconds that the wall clock may run away from the steady one between two looks


def lines_class(lines_served: int) -> str:
    """How many lines are served, as coarsely as the release rule looks at them."""
    return f"{LINES_FOR_DAILY if lines_served >= LINES_FOR_DAILY else LINES_FOR_RELEASE:,}+"


class ReleaseClock:
    """Closes buckets; `report(text)` is told when the state cannot be stored or read.

    `on_release` gets each release for the ledger, when it is stored.
    """

    def __init__(
        self,
        clock: IReactorTime,
        state: Path,
        tally: Tally,
        wall_clock: Callable[[], float],
        report: Callable[[str], None],
        random_bits: RandomBits = secrets.randbits,
        on_release: Callable[[BucketLine], None] = lambda _line: None,
    ) -> None:
        self._clock = clock
        self._path = state / FILE_NAME
        self._tally = tally
        self._wall_clock = wall_clock
        self._report = report
        self._random_bits = random_bits
        self._on_release = on_release
        self._release: Release | None = None
        self._paused: Release | None = None  # what was released before it paused
        self._before: Mapping[str, int] = {}  # blocks that belong to no bucket
        self._bucket = 0
        self._seen = (wall_clock(), clock.seconds())
        self._counted_from = 0.0  # POSIX seconds; what was blocked earlier is in no bucket
        self._lines_class = ""
        self._timer: IDelayedCall | None = None

    def configure(self, settings: Settings, *, promised: bool) -> None:
        """Begin, go on with other settings, or end; a change never releases a running bucket early.

        Without what the preflight report promises, release pauses: nothing is counted, what was released is shown on.
        """
        wanted = bucket_for(settings.release.enabled, settings.release.bucket, settings.release.lines_served)
        lists = [each.id for each in settings.lists]
        self._bucket = wanted or settings.release.bucket
        self._lines_class = lines_class(settings.release.lines_served)
        if wanted is None:
            self._release = self._paused = None
        elif not promised:
            self._paused = self._kept(lists, wanted)
            self._release = None
        elif self._release is None or set(self._release.totals) != set(lists):
            self._release = self._resumed(lists, wanted)
        else:
            self._release.want(wanted)
        if self._release is not None:
            self._store(self._release)
        self._sleep()

    def hand_over(self) -> dict[str, Mapping[str, Any]] | None:
        """What was released, and where the running bucket stands in the tally, which must never go to a disk."""
        release = self._release
        if release is None:
            return None
        state = {"state": release.to_dict(), "before": self._before, "marks": release.marks}
        wall, steady = self._seen
        return state | {"since": {"counted_from": self._counted_from, "wall": wall, "steady": steady}}

    def take_over(self, handed: Mapping[str, Mapping[str, Any]] | None) -> None:
        """Go on with that bucket. To be called after `configure`, with the tally that was handed over.

        The file may be older, where the disk was full: by it this bucket would be released as the one before.
        """
        if handed is None or self._release is None:
            return
        lists, wanted = list(self._release.totals), self._release.wanted
        self._before = {**self._before, **handed["before"]}
        self._release = Release.resume(handed["state"], lists, wanted, self._wall_clock())
        self._release.go_on(handed["marks"])
        since = handed.get("since", {})
        self._counted_from = since.get("counted_from", self._counted_from)
        self._seen = since.get("wall", self._seen[0]), since.get("steady", self._seen[1])
        self._store(self._release)
        self._sleep()

    def stop(self) -> None:
        """The running bucket is lost, as by any restart."""
        self._cancel()

    def view(self) -> ReleaseView:
        """What is released; all 0 while release is off, what was released before while it is paused."""
        nothing = dict.fromkeys(self._tally.labels.lists, 0)
        release, on = self._release or self._paused, self._release is not None
        if release is None:
            return ReleaseView(False, self._bucket, 0.0, nothing)
        last = float(release.last_release)
        return ReleaseView(on, release.bucket, last, nothing | release.shown, nothing | release.noised, paused=not on)

    def _resumed(self, lists: list[str], wanted: int) -> Release:
        """Go on from what was released, here or by the file; the running bucket begins with this moment."""
        self._before, self._counted_from = self._tally.totals().blocks, self._wall_clock()
        self._seen = (self._wall_clock(), self._clock.seconds())
        kept, self._paused = self._kept(lists, wanted), None
        return kept or Release.begin(lists, wanted, self._wall_clock())

    def _kept(self, lists: list[str], wanted: int) -> Release | None:
        """What was released, here or by the file; None where nothing was."""
        known = self._release or self._paused
        try:
            stored = json.loads(self._path.read_bytes()) if known is None else known.to_dict()
            return Release.resume(stored, lists, wanted, self._wall_clock())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, StateFault):
            self._report(f"{self._path} cannot be read: block totals begin at 0 again")
            return None

    def _wake(self) -> None:
        self._timer = None
        release = self._release
        if release is not None and self._clock_was_set():
            release.clock_was_set(self._wall_clock())
            self._store(release)
        elif release is not None:
            start = min(release.bucket_end - release.bucket, release.last_release or release.bucket_end)
            before, closed = release.noised, release.closed
            if release.settle(self._wall_clock(), self._counted(), self._random_bits):
                self._store(release)
                self._on_release(self._line(release, start, before, release.closed - closed))
        self._sleep()

    def _clock_was_set(self) -> bool:
        """Whether the wall clock jumped since the last look; the reactor's is steady (`edge/steady_time.py`)."""
        (wall, steady), self._seen = self._seen, (self._wall_clock(), self._clock.seconds())
        return abs((self._seen[0] - wall) - (self._seen[1] - steady)) > CLOCK_STEP

    def _line(self, release: Release, start: int, before: Mapping[str, int], buckets: int) -> BucketLine:
        """What was released, for the ledger."""
        end, noised, shown = release.last_release, release.noised, release.shown
        counted = round(end - max(start, self._counted_from))
        totals = {name: Released(before[name], noised[name], shown[name]) for name in noised}
        return BucketLine(start, end, max(counted, 0), self._lines_class, totals, buckets)

    def _counted(self) -> dict[str, int]:
        return {name: count - self._before.get(name, 0) for name, count in self._tally.totals().blocks.items()}

    def _store(self, release: Release) -> None:
        try:
            write_file(self._path, json.dumps(release.to_dict()).encode())
        except BlocklistError as fault:
            self._report(f"{fault}; block totals may fall back at the next start")

    def _sleep(self) -> None:
        self._cancel()
        if self._release is not None:
            pause = self._release.bucket_end - self._wall_clock()
            self._timer = self._clock.callLater(min(max(pause, 0.0), LONGEST_SLEEP), self._wake)

    def _cancel(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
