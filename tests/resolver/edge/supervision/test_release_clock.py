"""Release of block totals, driven by an injected clock."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from resolver.core.counters import Counters
from resolver.edge.supervision.release_clock import FILE_NAME, ReleaseClock
from resolver.edge.supervision.tally import Labels, Tally
from resolver.settings import Settings
from tests.resolver.edge.settings_for_edge import settings

DAY = 86_400
ON = {"release": {"enabled": True, "bucket": "24h", "lines_served": 200_000}}


class Host:
    """A tally with one slot, a wall clock that begins in mid-day, and noise that is seeded or forbidden."""

    def __init__(self, folder: Path, *, noise: bool = True, **more: Any) -> None:
        self.clock = Clock()
        self.clock.advance(100 * DAY + DAY / 2)
        self.tally = Tally(Labels(("u:53",), ("demo",)))
        self.region = self.tally.region()
        self.said: list[str] = []
        self.drawn = 0
        self.random = random.Random(7)
        self.noise = noise
        self.folder = folder
        self.promised = True
        self.settings = settings(folder, **more)
        self.release = self._begun(self.settings)

    def _begun(self, wanted: Settings) -> ReleaseClock:
        reactor: Any = self.clock
        made = ReleaseClock(reactor, self.folder, self.tally, self.clock.seconds, self.said.append, self._bits)
        made.configure(wanted, promised=self.promised)
        return made

    def go_on(self, **more: Any) -> None:
        """Other code takes over in an upgrade."""
        handed = json.loads(json.dumps(self.release.hand_over()))
        self.release.stop()
        self.release = self._begun(settings(self.folder, **ON | more))
        self.release.take_over(handed)

    def two_lists(self, other: str) -> list[dict[str, Any]]:
        first = self.settings.raw["lists"][0]
        return [first, first | {"id": other}]

    def _bits(self, count: int) -> int:
        """Bits of a fixed seed; every draw is counted."""
        assert self.noise, "noise was drawn"
        self.drawn += 1
        return self.random.getrandbits(count)

    def block(self, times: int) -> None:
        counters = Counters(self.region.labels.layout, self.region.cells)
        for _ in range(times):
            counters.add(counters.layout.blocks)

    def shown(self) -> int:
        return self.release.view().released["demo"]


@pytest.mark.parametrize("more", [{}, {"release": {"enabled": False, "lines_served": 10**6}}])
def test_off_means_no_count_no_noise_no_file(tmp_path: Path, more: dict[str, Any]) -> None:
    """With release off the series stay 0 for ever and no randomness is used."""
    host = Host(tmp_path, noise=False, **more)
    host.block(10_000)
    host.clock.advance(30 * DAY)
    view = host.release.view()
    assert (view.enabled, view.bucket_seconds, view.last_release, view.released) == (False, DAY, 0.0, {"demo": 0})
    assert not (tmp_path / FILE_NAME).exists()
    assert not host.clock.getDelayedCalls()


def test_nothing_shows_before_the_bucket_ends(tmp_path: Path) -> None:
    """Blocks show at the UTC-aligned end only, in steps of 8, and the total is stored then."""
    host = Host(tmp_path, **ON)
    host.block(4000)
    for _ in range(11):
        host.clock.advance(3600)
        assert host.shown() == 0
    host.clock.advance(3600)
    assert host.shown() == pytest.approx(4000, abs=400)
    assert host.shown() % 8 == 0
    assert host.release.view().last_release == 101 * DAY
    assert json.loads((tmp_path / FILE_NAME).read_bytes())["totals"]["demo"]["shown"] == host.shown()


def test_quiet_buckets_draw_noise_too(tmp_path: Path) -> None:
    """A bucket without any block is noised like every other."""
    host = Host(tmp_path, **ON)
    host.clock.advance(3600 * 12)
    assert host.drawn > 0


def test_restart_keeps_what_was_released_and_loses_the_running_bucket(tmp_path: Path) -> None:
    """The counter does not fall, and the end of the bucket stays where it was."""
    host = Host(tmp_path, **ON)
    host.block(4000)
    for _ in range(12):
        host.clock.advance(3600)
    released = host.shown()
    host.block(50_000)
    host.release.stop()
    assert not host.clock.getDelayedCalls()
    again = Host(tmp_path, **ON)
    assert again.shown() == released


def test_an_upgrade_goes_on_from_memory_not_from_the_disk(tmp_path: Path) -> None:
    """A full disk left an older file: the running bucket is not released as the one before, and no total falls."""
    host = Host(tmp_path, **ON)
    host.block(4000)
    older = (tmp_path / FILE_NAME).read_bytes()
    host.clock.advance(DAY / 2)
    before, drawn = host.release.view(), host.drawn
    host.block(50_000)
    (tmp_path / FILE_NAME).write_bytes(older)
    host.go_on()
    host.clock.advance(DAY / 2)
    assert (host.release.view(), host.drawn) == (before, drawn)
    assert json.loads((tmp_path / FILE_NAME).read_bytes())["last_release"] == before.last_release
    host.clock.advance(DAY / 2)
    assert host.shown() - before.released["demo"] == pytest.approx(50_000, abs=400)


def test_an_upgrade_brings_a_list_without_its_past(tmp_path: Path) -> None:
    """What a list blocked while it stood in the settings before is in no bucket of its return."""
    host = Host(tmp_path, **ON)
    host.tally.labels = Labels(("u:53",), ("demo", "back"))
    host.region = host.tally.region()
    counters = Counters(host.region.labels.layout, host.region.cells)
    for _ in range(90_000):
        counters.add(counters.layout.blocks + 1)
    host.go_on(lists=host.two_lists("back"))
    host.clock.advance(DAY / 2)
    assert host.release.view().released["back"] < 1000


def test_a_reload_of_lists_goes_on_from_memory(tmp_path: Path) -> None:
    """What was shown is shown on, whatever the disk has."""
    host = Host(tmp_path, **ON)
    host.block(4000)
    older = (tmp_path / FILE_NAME).read_bytes()
    host.clock.advance(DAY / 2)
    shown = host.shown()
    (tmp_path / FILE_NAME).write_bytes(older)
    host.release.configure(settings(tmp_path, lists=host.two_lists("more"), **ON), promised=True)
    host.clock.advance(1)
    assert host.shown() == shown


def test_blocks_from_before_switching_on_are_in_no_bucket(tmp_path: Path) -> None:
    """Turning release on by a reload does not release what was counted while it was off."""
    host = Host(tmp_path)
    host.block(100_000)
    host.release.configure(settings(tmp_path, **ON), promised=True)
    for _ in range(12):
        host.clock.advance(3600)
    assert host.shown() < 1000


def test_change_of_bucket_waits_a_full_old_one(tmp_path: Path) -> None:
    """A reload to a week takes effect after one full day."""
    host = Host(tmp_path, **ON)
    host.release.configure(settings(tmp_path, release=ON["release"] | {"bucket": "7d"}), promised=True)
    for _ in range(13):
        host.clock.advance(3600)
    assert host.release.view().bucket_seconds == DAY
    for _ in range(24):
        host.clock.advance(3600)
    assert host.release.view().bucket_seconds == 7 * DAY


def test_damaged_and_unwritable_state_is_told(tmp_path: Path) -> None:
    """A state that cannot be read begins again; one that cannot be written goes on in memory; both are said."""
    (tmp_path / FILE_NAME).write_bytes(b"{")
    host = Host(tmp_path, **ON)
    assert "begin at 0 again" in host.said[0]
    folder = tmp_path / "gone"
    folder.mkdir()
    host = Host(folder, **ON)
    (folder / FILE_NAME).unlink()
    (folder / FILE_NAME).mkdir()
    for _ in range(12):
        host.clock.advance(3600)
    assert "may fall back" in host.said[-1]


def test_a_promise_withdrawn_pauses_release(tmp_path: Path) -> None:
    """What was released is shown on and falls at no moment; what is blocked meanwhile is in no bucket."""
    host = Host(tmp_path, **ON)
    host.block(10_000)
    for _ in range(12):
        host.clock.advance(3600)
    shown, drawn = host.shown(), host.drawn
    assert shown > 9_000
    host.release.configure(settings(tmp_path, **ON), promised=False)
    view = host.release.view()
    assert (view.enabled, view.paused, view.released["demo"], view.last_release) == (False, True, shown, 101 * DAY)
    host.block(100_000)
    host.clock.advance(3 * DAY)
    assert (host.shown(), host.drawn, host.clock.getDelayedCalls()) == (shown, drawn, [])
    host.release.configure(settings(tmp_path, **ON), promised=True)
    assert (host.release.view().enabled, host.release.view().paused, host.shown()) == (True, False, shown)
    host.clock.advance(DAY)
    assert shown <= host.shown() < shown + 1_000


def test_a_start_without_a_promise_shows_what_was_released(tmp_path: Path) -> None:
    """A counter that fell to 0 and came back would look like so many new events."""
    host = Host(tmp_path, **ON)
    host.block(10_000)
    for _ in range(12):
        host.clock.advance(3600)
    shown = host.shown()
    host.release.stop()
    host.promised = False
    host.release = host._begun(host.settings)
    assert (host.shown(), host.release.view().paused) == (shown, True)
    host.release.configure(settings(tmp_path, lists=host.two_lists("more"), **ON), promised=False)
    assert host.release.view().released["demo"] == shown


def test_never_promised_is_never_begun(tmp_path: Path) -> None:
    """No count, no noise, no file."""
    host = Host(tmp_path, noise=False)
    host.release.configure(settings(tmp_path, **ON), promised=False)
    host.block(100)
    host.clock.advance(10 * DAY)
    assert (host.shown(), host.release.view().enabled, (tmp_path / FILE_NAME).exists()) == (0, False, False)
    assert host.release.hand_over() is None
