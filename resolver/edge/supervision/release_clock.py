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
from resolver.core.release import Release, StateFault, bucket_for
from resolver.edge.supervision.snapshot import ReleaseView
from resolver.edge.supervision.tally import Tally
from resolver.settings import Settings

FILE_NAME = "release.json"
LONGEST_SLEEP = 3600.0  # seconds; the wall clock may be set meanwhile


class ReleaseClock:
    """Closes buckets; `report(text)` is told when the state cannot be stored or read."""

    def __init__(
        self,
        clock: IReactorTime,
        state: Path,
        tally: Tally,
        wall_clock: Callable[[], float],
        report: Callable[[str], None],
        random_bits: RandomBits = secrets.randbits,
    ) -> None:
        self._clock = clock
        self._path = state / FILE_NAME
        self._tally = tally
        self._wall_clock = wall_clock
        self._report = report
        self._random_bits = random_bits
        self._release: Release | None = None
        self._paused: Release | None = None  # what was released before it paused
        self._before: Mapping[str, int] = {}  # blocks that belong to no bucket
        self._bucket = 0
        self._timer: IDelayedCall | None = None

    def configure(self, settings: Settings, *, promised: bool) -> None:
        """Begin, go on with other settings, or end; a change never releases a running bucket early.

        Without what the preflight report promises, release pauses: nothing is counted, what was released is shown on.
        """
        wanted = bucket_for(settings.release.enabled, settings.release.bucket, settings.release.lines_served)
        lists = [each.id for each in settings.lists]
        self._bucket = wanted or settings.release.bucket
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
        return {"state": release.to_dict(), "before": self._before, "marks": release.marks}

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
        self._before = self._tally.totals().blocks
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
        if release is not None and release.settle(self._wall_clock(), self._counted(), self._random_bits):
            self._store(release)
        self._sleep()

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
