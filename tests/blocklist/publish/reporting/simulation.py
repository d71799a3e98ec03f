"""A year at a small list body: a real desk with real keys, driven by a made-up calendar, and its own book of the truth.

The book is kept apart from the desk, by day and by thing (a name), as somebody beside the desk would keep it. Rates are
those of a small European list, made smaller: about 40 entries, four new ones in a week.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from attrs import Factory, define
from ulid import ULID

from blocklist.entries import Entry
from blocklist.publish.reporting.movements import midnight
from blocklist.publish.reporting.past import Past
from tests.blocklist.publish.support import Office, entry

FIRST_DAY = date(2026, 1, 1)
END = date(2027, 1, 1)
BEFORE = timedelta(days=10)  # the desk's first version is older than the year
NOON = time(3, tzinfo=UTC)  # in Japan
MADE = datetime.combine(FIRST_DAY - BEFORE, NOON) - timedelta(days=2)  # the desk itself
PUBLISHED_EVERY = 10  # days: each version takes a tenth of a second to build, sign and publish
REKEY_DAY = date(2026, 6, 13)  # a publishing day: whatever ended is out of the version before
HALF = date(2026, 7, 1)


@define
class Month:
    """The truth about one month."""

    start: int = 0
    end: int = 0
    counts: Counter[str] = Factory(Counter)
    waits: list[float] = Factory(list)
    decision_days: list[int] = Factory(list)
    removal_days: list[int] = Factory(list)
    open: int = 0


@define
class Thing:
    """One name on the list, under one id or, when it was extended, several."""

    ids: list[str]
    last_day: date
    drafted: datetime
    asked: date | None = None
    leaving: str | None = None  # why the next version leaves it out
    suspended: bool = False


@define
class Ticket:
    """An objection on its way."""

    ticket: str
    thing: str
    received: date
    acknowledge_on: date
    decide_on: date
    code: str
    suspend: bool


@define
class BodyYear:
    """The year. `months` is the truth, by `YYYY-MM`."""

    office: Office
    random: Random = Factory(lambda: Random(20260101))
    months: dict[str, Month] = Factory(lambda: defaultdict(Month))
    in_force: dict[str, Thing] = Factory(dict)
    drafts: dict[str, Thing] = Factory(dict)  # not yet published
    entries: list[Entry] = Factory(list)  # behind them
    suspended: dict[str, Thing] = Factory(dict)
    tickets: list[Ticket] = Factory(list)
    made: int = 0
    half: Past | None = None  # as the desk saw it when July began

    def run(self) -> None:
        """Live through it."""
        self._begin(FIRST_DAY - BEFORE)
        day = FIRST_DAY - BEFORE + timedelta(days=1)
        while day < END:
            if day.day == 1:
                self._turn_month(day)
            if day == HALF:
                self.half = self.office.desk.past(midnight(day))
            self._live(day)
            day += timedelta(days=1)
        self._turn_month(END)

    def _turn_month(self, day: date) -> None:
        before = self.months[(day - timedelta(days=1)).isoformat()[:7]]
        before.end = self.months[day.isoformat()[:7]].start = len(self.in_force)
        before.open = len(self.tickets)

    def _begin(self, day: date) -> None:
        now = datetime.combine(day, NOON)
        test = entry("test.body.example", test=True, criterion="self_test", **_days(day, 80))
        self.office.add([test], self.office.alice, self.office.bob)
        self.office.subscribe()
        self.office.add([entry("draft.example", **_days(day, 80))], self.office.alice)  # one approval: never listed
        for _ in range(40):
            self._draft(day, now - timedelta(hours=self.random.randint(1, 40)), self.random.randint(20, 90))
        self._publish(day)

    def _live(self, day: date) -> None:
        self._expire(day)
        if self.random.random() < 0.03:
            self._withdraw(day)
        for _ in range(self.random.choice((0, 0, 1, 2))):
            self._ask(day)
        if self.random.random() < 0.15:
            self._gone(day)
        if self.random.random() < 0.05:
            self._remove(day)
        self._objections(day)
        for _ in range(self.random.choice((0, 0, 0, 1, 2))):
            self._draft(day, datetime.combine(day, NOON) - timedelta(minutes=self.random.randint(5, 700)))
        if day.toordinal() % PUBLISHED_EVERY == 0:
            self._extend(day)
            self._publish(day)
        if day == REKEY_DAY:
            self._rekey(day)

    # --- what happens ---------------------------------------------------------------------------------
    def _expire(self, day: date) -> None:
        for name in [name for name, one in self.in_force.items() if one.last_day < day]:
            del self.in_force[name]
            self._month(day).counts["expiries"] += 1

    def _withdraw(self, day: date) -> None:
        name = self._some()
        self.office.desk.withdraw(self._published_ids(self.in_force[name]), self.office.duty, self._now(day))
        del self.in_force[name]
        self._month(day).counts.update(("removes", "error_withdrawals"))

    def _ask(self, day: date) -> None:
        one = self.in_force[self._some()]
        self.office.desk.request_removal([one.ids[-1]], self.office.alice, self._now(day), "hotline", day)
        one.asked = one.asked or day
        self._month(day).counts["removal_requests"] += 1

    def _gone(self, day: date) -> None:
        asked = [one for one in self.in_force.values() if one.asked is not None and one.leaving is None]
        if not asked:
            return
        one = self.random.choice(asked)
        self.office.desk.gone_at_source(one.ids[-1:], self.office.bob, self._now(day), day)
        self._end(one.ids[:-1], day)
        one.leaving = "removes"
        self._month(day).counts["gone_at_source"] += 1
        if one.asked is not None:
            self._month(day).removal_days.append((day - one.asked).days)

    def _remove(self, day: date) -> None:
        one = self.in_force[self._some()]
        code = self.random.choice(("no_longer_listable", "listed_in_error"))
        self.office.desk.remove(self._live_ids(one), self.office.alice, self._now(day), code)
        one.leaving = "error_withdrawals" if code == "listed_in_error" else "removes"

    def _end(self, ids: list[str], day: date) -> None:
        live = [each for each in ids if each in self.office.desk.live_ids()]
        self.office.desk.remove(live, self.office.bob, self._now(day), "gone_at_source")

    # --- objections -----------------------------------------------------------------------------------
    def _objections(self, day: date) -> None:
        for ticket in [one for one in self.tickets if one.acknowledge_on == day]:
            self.office.desk.acknowledge_objection(ticket.ticket, self.office.carol, self._now(day), day)
            self._month(day).counts["acknowledged"] += 1
        for ticket in [one for one in self.tickets if one.decide_on == day]:
            self._decide(ticket, day)
        if self.random.random() < 0.15:
            self._object(day)

    def _object(self, day: date) -> None:
        name = self._some()
        if len(self.in_force[name].ids) > 1 or any(one.thing == name for one in self.tickets):
            return
        opened = Ticket(
            ticket=f"T{self.made:05}{day:%m%d}",
            thing=name,
            received=day,
            acknowledge_on=day + timedelta(days=1),
            decide_on=day + timedelta(days=self.random.randint(2, 16)),
            code=self.random.choice(("upheld", "rejected")),
            suspend=self.random.random() < 0.6,
        )
        self.office.desk.open_objection(
            [self.in_force[name].ids[-1]],
            self.office.carol,
            self._now(day),
            received=day,
            ticket=opened.ticket,
            suspend=opened.suspend,
        )
        self.in_force[name].suspended = opened.suspend
        self.tickets.append(opened)
        self._month(day).counts["objections.received"] += 1

    def _decide(self, ticket: Ticket, day: date) -> None:
        self.tickets.remove(ticket)
        thing = self.in_force.get(ticket.thing) or self.suspended.get(ticket.thing)
        self.office.desk.decide_objection(ticket.ticket, self.office.carol, self._now(day), ticket.code)
        month, days = self._month(day), (day - ticket.received).days
        month.decision_days.append(days)
        month.counts["decided_late"] += days > 7
        month.counts["objections.upheld"] += ticket.code == "upheld"
        if thing is None or thing.leaving:
            return
        if ticket.code == "upheld" and ticket.thing in self.suspended:
            thing.leaving = "error_withdrawals"
            month.counts["error_withdrawals"] += 1
        elif ticket.code == "upheld":
            thing.leaving = "error_withdrawals"
        elif thing.suspended:
            for editor in (self.office.alice, self.office.bob):
                self.office.desk.resume([thing.ids[-1]], editor, self._now(day))
            thing.suspended = False

    # --- entries and versions -------------------------------------------------------------------------
    def _draft(self, day: date, drafted: datetime, days: int = 60) -> None:
        self.made += 1
        name = f"n{self.made:05}.example"
        new = entry(name, id=str(ULID.from_datetime(drafted)), **_days(day, days))
        self.entries.append(new)
        self.drafts[name] = Thing([new.id], new.not_after, drafted)

    def _extend(self, day: date) -> None:
        soon, last = day + timedelta(days=10), day + timedelta(days=60)
        objected = {one.thing for one in self.tickets}
        calm = [one for name, one in self.in_force.items() if not (one.leaving or one.suspended or name in objected)]
        longer = {one.ids[-1]: one for one in calm if one.last_day <= soon and self.random.random() < 0.4}
        new = self.office.desk.extend(longer, self.office.alice, self._now(day), last)
        for editor in (self.office.alice, self.office.bob):
            self.office.desk.approve(editor, list(new.values()))
        for old, one in longer.items():
            one.ids.append(new[old])
            one.last_day = last

    def _publish(self, day: date) -> None:
        now = datetime.combine(day, NOON)
        self.office.add(self.entries, self.office.alice, self.office.bob)
        self.entries = []
        self.office.publish(now)
        month = self._month(day)
        month.counts["versions"] += 1
        for name, one in list(self.in_force.items()):
            if one.leaving or one.suspended:
                del self.in_force[name]
                month.counts["removes"] += 1
                month.counts["error_withdrawals"] += one.leaving == "error_withdrawals"
                if one.leaving is None:
                    self.suspended[name] = one
        back = {name: one for name, one in self.suspended.items() if not one.suspended and not one.leaving}
        for name, one in back.items():
            del self.suspended[name]
            if one.last_day >= day:
                self.in_force[name] = one
                month.counts["adds"] += 1
        month.counts["adds"] += len(self.drafts)
        month.waits += [(now - one.drafted).total_seconds() for one in self.drafts.values()]
        self.in_force |= self.drafts
        self.drafts = {}

    def _rekey(self, day: date) -> None:
        now = datetime.combine(day, NOON) + timedelta(hours=2)
        self.office.desk.withdraw((), self.office.duty, now)  # all are confirmed: an empty one
        self.office.desk.rekey(self.office.alice, now)
        for editor in (self.office.alice, self.office.bob):
            self.office.desk.sign(editor, now)
        self.office.desk.publish(self.office.out, self.office.online, now, self.office.duty)
        self._month(day).counts["versions"] += 1

    # --- helpers --------------------------------------------------------------------------------------
    def _some(self) -> str:
        """A name in force with which nothing else is going on."""
        objected = {one.thing for one in self.tickets}
        calm = [
            name for name, one in self.in_force.items() if not (one.leaving or one.suspended) and name not in objected
        ]
        return self.random.choice(calm)

    def _live_ids(self, one: Thing) -> list[str]:
        return [each for each in one.ids if each in self.office.desk.live_ids()]

    def _published_ids(self, one: Thing) -> list[str]:
        return [each for each in one.ids if each in self.office.desk.published_ids()]

    def _month(self, day: date) -> Month:
        return self.months[day.isoformat()[:7]]

    def _now(self, day: date) -> datetime:
        return datetime.combine(day, NOON) - timedelta(hours=1)


def _days(day: date, life: int) -> dict[str, date]:
    last = day + timedelta(days=life)
    return {"decided_on": day, "verified": day, "review_by": last, "not_after": last}


def truth_keys() -> Iterator[str]:
    """What the book counts under the names of the report."""
    yield from ("adds", "removes", "expiries", "error_withdrawals", "versions", "removal_requests", "gone_at_source")
    yield from ("objections.received", "objections.upheld", "decided_late")
