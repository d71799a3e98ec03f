"""A year at an ISP with two resolvers, in steps of two hours; what really happened is kept by the simulation alone."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import define, field
from twisted.internet.task import Clock

from resolver.settings import Settings
from tests.resolver.edge.settings_for_edge import settings
from tests.simulated_year.host import BASE, STEP, Host, ListBody
from tests.simulated_year.traffic import Population, poisson

YEAR = 2027
BEGIN = datetime(YEAR, 1, 1, tzinfo=UTC)
HOURS = STEP // 3_600
Month = int
Samples = dict[str, dict[Month, list[int]]]


@define
class Truth:
    """What happened, by month."""

    queries: Counter[Month] = field(factory=Counter)
    hits: dict[str, Counter[Month]] = field(factory=lambda: defaultdict(Counter))  # but for those lost in restarts
    lost: Counter[str] = field(factory=Counter)
    moved: dict[str, dict[Month, Counter[str]]] = field(factory=lambda: defaultdict(lambda: defaultdict(Counter)))
    entries: dict[str, dict[Month, int]] = field(factory=lambda: defaultdict(dict))  # at the end
    published: Samples = field(factory=lambda: defaultdict(lambda: defaultdict(list)))
    withdrawn: Samples = field(factory=lambda: defaultdict(lambda: defaultdict(list)))
    tests: Counter[tuple[Month, bool]] = field(factory=Counter)  # of one list
    answering: Counter[Month] = field(factory=Counter)  # seconds, of both hosts
    down_days: list[date] = field(factory=list)


class Year:
    """Runs it; `truth` and the two hosts' folders are what is left."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.clock = Clock()
        self.clock.advance(BEGIN.timestamp())
        self.truth, self.population = Truth(), Population()
        self.bodies = [ListBody("icsa", 420), ListBody("interpol", 1_900)]
        self.running: list[Counter[str]] = [Counter(), Counter()]  # hits of each host since midnight
        self.settings = isp(folder)
        self.hosts = []
        for number in (0, 1):
            own = folder / f"host-{number}"
            own.mkdir()
            self.hosts.append(Host(self.clock, own, self.settings, self.bodies, seed=1_000 * seed + number))
        self.plan: dict[datetime, Callable[[], None]] = {}

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.seconds(), UTC)

    def run(self) -> Truth:
        """All of the year, and the first hours of the next, with which the last day ends."""
        while self.now.year == YEAR:
            self._step()
        self._pass(STEP)
        for host in self.hosts:
            host.stop()
        return self.truth

    def _step(self) -> None:
        moment = self.now
        if moment.hour == 0:
            self.running = [Counter(), Counter()]
        happens = self.plan.get(moment)
        if happens:
            happens()
        for number, host in enumerate(self.hosts):
            if host.running and host.answering:
                self._traffic(number, host, moment)
        self._tested(moment)
        if moment.hour == 8 and moment.weekday() < 5:
            self._updated(moment)
        self._pass(round(moment.timestamp()) + STEP - round(self.clock.seconds()))
        if (moment + timedelta(seconds=STEP)).month != moment.month:
            for body in self.bodies:
                self.truth.entries[body.list_id][moment.month] = len(body.entries.keys() - body.out)

    def _pass(self, seconds: int) -> None:
        self.clock.advance(seconds)

    def _traffic(self, number: int, host: Host, moment: datetime) -> None:
        hits = {each: self.population.hit(each, moment, HOURS, self.chance) for each in self.population.hits}
        queries = self.population.asked(moment, HOURS, self.chance)
        host.serve(queries, hits)
        self.truth.queries[moment.month] += queries
        self.truth.answering[moment.month] += STEP
        for list_id, count in hits.items():
            self.truth.hits[list_id][moment.month] += count
        self.running[number].update(hits)

    def _tested(self, moment: datetime) -> None:
        """One round of one list a step; a host that answers nobody fails it."""
        for host in self.hosts:
            if host.running:
                good = host.answering and self.chance.random() < 0.9995
                host.board.tested("icsa", "ok" if good else "no_answer")
                self.truth.tests[moment.month, good] += 1

    def _updated(self, moment: datetime) -> None:
        """A working day's version: some come, some go, some have ended."""
        for body in self.bodies:
            self._new_version(body, moment)
        self.take_up(self.truth.published, [body.list_id for body in self.bodies])

    def _new_version(self, body: ListBody, moment: datetime) -> None:
        moved = self.moved(body)
        today = (moment.date() - BASE).days
        ended = [number for number, last in body.entries.items() if last < today and number not in body.out]
        gone = self.chance.sample(sorted(body.entries.keys() - body.out - set(ended)), poisson(1.5, self.chance))
        confirmed = body.withdrawn & body.entries.keys()
        for number in (*ended, *gone, *confirmed):
            del body.entries[number]
        added, short = poisson(3.0, self.chance), 2 if moment.weekday() == 0 else 0
        body.add(added)
        body.add(short, today + 10)
        moved.update({"added": added + short, "removed": len(gone), "expired": len(ended)})
        body.version, body.published_at = body.version + 1, self.clock.seconds()

    def take_up(self, samples: Samples, list_ids: list[str]) -> None:
        """Every host that runs has it in force some seconds later."""
        spent = 0
        for seconds, host in sorted((self.chance.randrange(4, 90), number) for number in (0, 1)):
            self._pass(seconds - spent)
            spent = seconds
            if self.hosts[host].running:
                self.hosts[host].in_force()
                for list_id in list_ids:
                    samples[list_id][self.now.month].append(seconds)

    def moved(self, body: ListBody) -> Counter[str]:
        """What happened to a list's entries in this month."""
        return self.truth.moved[body.list_id][self.now.month]

    def lose(self, number: int) -> None:
        """A restart: what the running bucket had counted is in no total."""
        for list_id, count in self.running[number].items():
            self.truth.hits[list_id][self.now.month] -= count
            self.truth.lost[list_id] += count
        self.running[number] = Counter()


def isp(folder: Path) -> Settings:
    """The ISP's settings: two lists, release every day."""
    more: dict[str, Any] = {"release": {"enabled": True, "bucket": "24h", "lines_served": 240_000}}
    first = settings(folder).raw["lists"][0]
    lists = [first | {"id": "icsa"}, first | {"id": "interpol", "ground": "emergency_necessity"}]
    return settings(folder, lists=lists, **more)
