"""From publication to every worker."""

from __future__ import annotations

from typing import Any

from resolver.edge.supervision.latency import BOUNDS_SECONDS, Latencies, Spread


class World:
    """A wall clock the test sets; the resolver began at 1,000."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.latencies = Latencies(lambda: self.time)
        self.latencies.configure(["demo", "other"])

    def in_force(
        self, at: float, version: int, published: float | None, *, out: int = 0, signed: float | None = None
    ) -> None:
        """At this time: a version, how many entries are withdrawn, and when each was published or signed."""
        self.time = at
        told: dict[str, Any] = {"list_id": "demo", "version": version, "withdrawn": out}
        self.latencies.activated([told | {"published_at": published, "withdrawn_at": signed}])

    @property
    def publish(self) -> Spread:
        return self.latencies.view()["demo"].publish

    @property
    def withdraw(self) -> Spread:
        return self.latencies.view()["demo"].withdraw


def test_a_version_published_while_running_is_timed_once() -> None:
    """From the body's publication to the activation; the same version again says nothing new."""
    world = World()
    world.in_force(1030, 2, published=1010)
    world.in_force(1060, 2, published=1010)
    assert (sum(world.publish.counts), world.publish.last, world.publish.seconds) == (1, 20.0, 20.0)
    world.in_force(1100, 3, published=1093)
    assert (sum(world.publish.counts), world.publish.last, world.publish.seconds) == (2, 7.0, 27.0)


def test_what_was_published_before_the_start_is_not_timed() -> None:
    """A version from the disk, or one that waited for us, is no measure of the way here."""
    world = World()
    world.in_force(1001, 5, published=None)
    world.in_force(1005, 6, published=400)
    assert sum(world.publish.counts) == 0


def test_a_withdrawal_is_timed_apart() -> None:
    """It needs no new version, and a version that is published again with it is not counted as new."""
    world = World()
    world.in_force(1030, 2, published=1010)
    world.in_force(1062, 2, published=1050, out=1, signed=1050)
    assert (sum(world.publish.counts), world.withdraw.last) == (1, 12.0)


def test_a_second_withdrawal_in_the_same_second_is_timed() -> None:
    """A list body's times are whole seconds: the second one's is no later than the first one's."""
    world = World()
    world.in_force(1052, 2, published=1010, out=1, signed=1050)
    world.in_force(1055, 2, published=1010, out=2, signed=1050)
    assert (sum(world.withdraw.counts), world.withdraw.last) == (2, 5)


def test_a_withdrawal_signed_again_is_not_timed() -> None:
    """It changes nothing and comes along with the next version, whenever that is; nor is a confirmation timed."""
    world = World()
    world.in_force(1062, 2, published=None, out=1, signed=1050)
    world.in_force(9000, 3, published=8990, out=1, signed=2000)
    world.in_force(9100, 4, published=9090, out=0, signed=9095)
    assert sum(world.withdraw.counts) == 1
    world.in_force(9200, 4, published=9090, out=2, signed=9180)
    assert (sum(world.withdraw.counts), world.withdraw.last) == (2, 20.0)


def test_a_clock_behind_the_list_bodys_gives_zero() -> None:
    """No negative time comes out."""
    world = World()
    world.in_force(1010, 2, published=1012)
    assert world.publish.last == 0.0


def test_whole_seconds_are_kept() -> None:
    """A trial lasts as long as workers' caches are large: a finer time would tell of what is in them, for nothing."""
    world = World()
    world.in_force(1018.25, 2, published=1010)
    world.in_force(1062.75, 2, published=1010, out=1, signed=1050)
    assert (world.publish.last, world.publish.seconds, world.withdraw.last) == (9, 9, 13)
    assert isinstance(world.publish.seconds, int)


def test_bounds_are_upper_ends() -> None:
    """What takes exactly a bound is within it; the last class is open."""
    spread = Spread().with_one(BOUNDS_SECONDS[0]).with_one(BOUNDS_SECONDS[-1] + 1)
    assert (spread.counts[0], spread.counts[-1], sum(spread.counts)) == (1, 1, 2)


def test_lists_of_other_settings_are_passed_over() -> None:
    """A list that was taken out is not counted; one that stays keeps its counts."""
    world = World()
    world.in_force(1030, 2, published=1010)
    world.latencies.configure(["demo"])
    world.latencies.activated([{"list_id": "gone", "version": 1, "withdrawn": 0, "published_at": 1031.0}])
    assert list(world.latencies.view()) == ["demo"]
    assert sum(world.publish.counts) == 1
