"""What operators, list bodies and accidents do over the year, beside the working days' versions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial

from attrs import define

from tests.simulated_year.year import YEAR, Year

JUMP = 26 * 3_600  # seconds a wrong clock is ahead


def planned(year: Year) -> Year:
    """The year with all of it: steps begin at even hours."""
    operators, body = Operators(year), Body(year)
    year.truth.down_days += [date(YEAR, 7, 3), date(YEAR, 7, 4)]
    happens: list[tuple[tuple[int, int, int], Callable[[], None]]] = [
        *(((month, 15, 10), body.withdraw) for month in range(1, 13)),
        ((2, 9, 14), partial(operators.restart, 0)),
        ((3, 3, 4), partial(operators.down, 1)),
        ((3, 3, 8), partial(operators.up, 1)),
        ((4, 14, 10), body.publish_too_much),
        ((4, 16, 16), operators.accept),
        ((5, 20, 12), year.hosts[0].upgrade),
        ((6, 7, 16), operators.trip_breaker),
        ((6, 8, 6), body.take_off),
        ((7, 2, 6), partial(operators.down, 1)),
        ((7, 5, 8), partial(operators.up, 1)),
        ((8, 10, 14), partial(operators.set_clock, 0, JUMP)),
        ((8, 10, 16), partial(operators.set_clock, 0, -JUMP)),
        ((9, 12, 18), partial(operators.kill, 1)),
        ((11, 18, 2), partial(operators.answer, 0, answering=False)),
        ((11, 18, 6), partial(operators.answer, 0, answering=True)),
    ]
    year.plan = {datetime(YEAR, *when, tzinfo=UTC): what for when, what in happens}
    return year


@define
class Operators:
    """What happens at the ISP."""

    year: Year

    def restart(self, number: int) -> None:
        self.down(number)
        self.up(number)

    def down(self, number: int) -> None:
        self.year.hosts[number].stop()
        self.year.lose(number)

    def up(self, number: int) -> None:
        self.year.hosts[number].begin()

    def kill(self, number: int) -> None:
        self.year.hosts[number].kill()
        self.year.lose(number)
        self.up(number)

    def set_clock(self, number: int, seconds: float) -> None:
        self.year.hosts[number].shift += seconds

    def answer(self, number: int, *, answering: bool) -> None:
        self.year.hosts[number].answering = answering

    def accept(self) -> None:
        """The held additions are fine: all come into force."""
        body = self.year.bodies[0]
        self.year.moved(body)["added"] += len(body.held & body.entries.keys())
        body.held.clear()
        self._guarded([])

    def trip_breaker(self) -> None:
        """Each host sets the newest entries aside: far too many of them are asked for."""
        body = self.year.bodies[0]
        newest = set(sorted(body.entries.keys() - body.out)[-7:])
        body.held |= newest
        self.year.moved(body)["set_aside"] += len(newest)
        for host in self.year.hosts:
            host.failures[body.list_id]["breaker"] += 1
        self._guarded(["breaker"])

    def _guarded(self, guards: list[str]) -> None:
        for host in self.year.hosts:
            host.guards[self.year.bodies[0].list_id] = guards
            host.in_force()


@define
class Body:
    """What happens at the list bodies."""

    year: Year

    def withdraw(self) -> None:
        """One entry of one list was an error, and is out within a minute or two."""
        body = self.year.bodies[self.year.now.month % 2]
        body.withdrawn.add(min(body.entries.keys() - body.out))
        body.withdrawals, body.withdrawn_at = body.withdrawals + 1, self.year.clock.seconds()
        self.year.moved(body)["withdrawn"] += 1
        self.year.take_up(self.year.truth.withdrawn, [body.list_id])

    def publish_too_much(self) -> None:
        """A version with far too many additions: the guard leaves all of them out."""
        body = self.year.bodies[0]
        body.held |= set(range(body.next, body.next + 60))
        body.add(60)
        for host in self.year.hosts:
            host.guards[body.list_id] = ["adds"]
            host.tell()

    def take_off(self) -> None:
        """What the breaker set aside was an error indeed."""
        body = self.year.bodies[0]
        for number in body.held:
            del body.entries[number]
        body.held.clear()
        for host in self.year.hosts:
            host.guards[body.list_id] = []
            host.in_force()
