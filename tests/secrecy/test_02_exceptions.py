"""Statement 2: an exception tells its type and its place in the source, and nothing of what it was about.

The list of points is made from the source: every function the daemon may run. In a copy of the product each can be
made to raise an exception whose message, arguments and locals hold what a customer asked. A point on the path of a
query that no case reaches must stand in `unreached.txt`, so a new one without a case fails. `make test` brings
exceptions at a part of the points, drawn anew each time by a seed that is told (`SECRECY_SEED=…` draws the same again);
`make secrecy-points` at every one.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

import native
from tests.secrecy import drive, rough
from tests.secrecy.faulty import Faulty
from tests.secrecy.inject import KINDS, WATCH
from tests.secrecy.search import leaks, running_leaks
from tests.secrecy.stage import Stage

pytestmark = [
    pytest.mark.daemon,
    pytest.mark.long,
    pytest.mark.xdist_group("secrecy-points"),
    pytest.mark.timeout(3000 if os.environ.get("SECRECY_POINTS") else 240),
]
UNREACHED = Path(__file__).with_name("unreached.txt")
PATH_OF_A_QUERY = ("resolver.core.", "resolver.edge.serving.", "resolver.edge.notice.")
OTHER_TWIN = {  # not loaded or not asked where this one is in use; run with MAMORI_NATIVE=off for the pure one
    "native": (
        "resolver.core.flights:NoFlights.",
        "resolver.core.hit_path:PureHitPath.",
        "resolver.core.plain:_",
        "resolver.core.plain:pure_",
        "resolver.core.upstream_query:pure_",
        "resolver.core.upstream_query:random_case",
        "resolver.edge.serving.message_headers:",
        "resolver.edge.serving.pure_datagrams:",
    ),
    "pure": (
        "resolver.core.asking:Asking.answered_elsewhere",
        "resolver.core.asking:Asking.route",
        "resolver.core.asking:Asking.take_over",
        "resolver.core.attempts:Attempts.take_over",
        "resolver.core.attempts:Attempts.taken_over",
        "resolver.core.cache:Cache._find_or_make",
        "resolver.core.cache:Cache.let_land",
        "resolver.core.cache:Cache.put_landed",
        "resolver.core.eviction:Shelf.put_all",
        "resolver.core.flights:NoFlights.departed",
        "resolver.core.flights:NoFlights.recall_oldest",
        "resolver.core.forwarder:Forwarder.attempts_taken_over",
        "resolver.core.forwarder:Forwarder.end_flights",
        "resolver.core.forwarder:Forwarder.landed",
        "resolver.core.forwarder:Forwarder.may_fly",
        "resolver.core.forwarder:Forwarder.publish_route",
        "resolver.core.forwarder:Forwarder.take_over",
        "resolver.core.in_flight:InFlight.end_flights",
        "resolver.core.in_flight:InFlight.let_fly",
        "resolver.core.in_flight:InFlight.publish_route",
        "resolver.core.in_flight:InFlight.take_over",
        "resolver.core.native_flights:",
        "resolver.core.native_hit_path:",
        "resolver.core.reception:Reception.waiter",
        "resolver.core.resolution:Resolution.landed",
        "resolver.core.resolution:Resolution.let_fly",
        "resolver.core.ruling:Ruler.landed",
        "resolver.core.upstreams:Upstreams._next_route",
        "resolver.core.upstreams:Upstreams.route",
        "resolver.edge.serving.flown:",
        "resolver.edge.serving.native_datagrams:",
        "resolver.edge.serving.pump:Pump.adopt",
        "resolver.edge.serving.pump:Pump.carry",
    ),
}[native.kind()]
SUPERVISOR = ("resolver.edge.supervision.", "resolver.edge.channel:", "resolver.app.")
AT_ONCE = 8  # points armed together, far from each other in the source
DRAWN = 40  # of the points of workers, updater and notice, in `make test`; and half as many of the supervisor's
SEED = int(os.environ.get("SECRECY_SEED") or random.SystemRandom().getrandbits(32))
ROUNDS, PAUSE = 60, 0.5  # of looking, at most, and seconds between them


class World:
    """The faulty copy on the stage, watched since before its start. `again` are the points passed by every drive."""

    def __init__(self, folder: Path) -> None:
        self.faulty = Faulty(folder / "venv")
        self.watch()
        self.stage = Stage(folder, self.faulty.mamori, views=[])  # with views no question flies (ADR 0055)
        self.passed: set[str] = set()
        self.again: set[str] = set()

    def watch(self) -> None:
        self.faulty.disarm()
        self.faulty.arm(self.faulty.points, WATCH)

    def look(self) -> None:
        """Do all there is to do, until no case is missing: some of it waits for a timer, some depends on chance."""
        drive.brief(self.stage)
        rough.replace_all(self.stage)
        with rough.connected(self.stage):
            for _ in range(ROUNDS):
                before = self.passed | self.faulty.passed()
                self.watch()
                rough.ask(self.stage)
                rough.operate(self.stage)
                self.again = self.faulty.passed()
                self.passed = before | self.again
                if not self.without_case():
                    return
                time.sleep(PAUSE)

    def without_case(self) -> set[str]:
        """Points on the path of a query that no drive passed, and that nobody wrote down."""
        path = {name for name in self.faulty.points if name.startswith(PATH_OF_A_QUERY)}
        return {name for name in path if not name.startswith(OTHER_TWIN)} - unreached() - self.passed

    def strike(self, points: Sequence[str], kind: int) -> set[str]:
        """Exceptions at these points, while everything is asked; those that came to it."""
        self.faulty.disarm()
        self.faulty.arm(points, kind)
        rough.ask(self.stage)
        rough.operate(self.stage)
        return self.faulty.passed()


def unreached() -> set[str]:
    return {line for line in UNREACHED.read_text().splitlines() if line and not line.startswith("#")}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("f"))
    with world.stage:
        world.look()
        yield world


def test_every_point_on_a_querys_path_has_its_case(world: World) -> None:
    """Each function of core, workers and notice is passed by what is done here, or stands in the list of the others."""
    assert sorted(world.without_case()) == [], "drive them in tests/secrecy/rough.py, or write down why not"
    gone = unreached() - set(world.faulty.points)
    assert sorted(gone) == [], "take these out of unreached.txt"


def test_exceptions_tell_nothing(world: World, record_property: Callable[[str, object], None]) -> None:
    """Brought at many points: fresh workers and notice answer as before, and no marker stands anywhere."""
    ours = sorted(name for name in world.again if name.startswith(SUPERVISOR))
    others = sorted(world.again.difference(ours))
    struck = _strike_all(world, _drawn(others, DRAWN))
    world.faulty.disarm()
    stage = world.stage
    assert "unexpected_error" in stage.daemon.text(), f"none was reported (SECRECY_SEED={SEED})"
    for kind in ("worker", "worker", "notice"):
        stage.kill(kind)
    for client in stage.clients:
        client.patience = 5.0
    stage.until(stage.daemon.is_ready, "ready again")
    drive.brief(stage)
    told = running_leaks(stage)
    struck |= _strike_all(world, _drawn(ours, DRAWN // 2))
    world.faulty.disarm()
    stage.daemon.stop()
    record_property("SECRECY_SEED", SEED)
    record_property("points at which an exception was brought", f"{len(struck)} of {len(world.again)}")
    assert len(struck) > DRAWN // 2
    assert sorted(map(str, told | leaks(stage))) == [], f"SECRECY_SEED={SEED} draws these points again"


def _drawn(points: list[str], count: int) -> list[str]:
    return points if os.environ.get("SECRECY_POINTS") else random.Random(SEED).sample(points, min(count, len(points)))


def _strike_all(world: World, points: list[str]) -> set[str]:
    struck: set[str] = set()
    parts = max(len(points) // AT_ONCE, 1)
    for number in range(parts):
        struck |= world.strike(points[number::parts], KINDS[number % len(KINDS)])
    return struck
