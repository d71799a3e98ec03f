"""The time a report is about: a month, a quarter or a year of whole days.

Days are UTC's in an ISP's report, as its counters are, and Japan's in a list body's, as its deadlines are.
"""

import re
from datetime import date
from typing import Final, Literal, Self

from attrs import frozen

from blocklist.errors import OperatorFault

Kind = Literal["month", "quarter", "year"]
_FORMS: Final = re.compile(r"(?P<year>2[0-9]{3})(?:-(?:(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4])))?")
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


@frozen
class Period:
    """Days from `first` on and before `end`, which is no more part of it."""

    kind: Kind
    first: date
    end: date

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2026-11`, `2026-Q4` or `2026`."""
        found = _FORMS.fullmatch(text)
        if found is None:
            raise OperatorFault("period", "a period is a month (2026-11), a quarter (2026-Q4) or a year (2026)")
        year, month, quarter = int(found["year"]), found["month"], found["quarter"]
        if month:
            return cls.begin("month", date(year, int(month), 1))
        if quarter:
            return cls.begin("quarter", date(year, 3 * int(quarter) - 2, 1))
        return cls.begin("year", date(year, 1, 1))

    @classmethod
    def begin(cls, kind: Kind, first: date) -> Self:
        """The period of this kind that begins on this first day of a month."""
        return cls(kind, first, _later(first, _MONTHS[kind]))

    @property
    def label(self) -> str:
        """As `parse` reads it."""
        if self.kind == "year":
            return f"{self.first.year}"
        if self.kind == "quarter":
            return f"{self.first.year}-Q{(self.first.month + 2) // 3}"
        return f"{self.first:%Y-%m}"

    def holds(self, day: date | None) -> bool:
        """Whether a day lies in it."""
        return day is not None and self.first <= day < self.end

    def must_have_begun(self, on: date) -> None:
        """OperatorFault on a day before it: every figure would be 0 or unknown, and look like a finding."""
        if on < self.first:
            raise OperatorFault("period", f"{self.label} has not begun: there is nothing to report of it yet")

    def months(self) -> tuple["Period", ...]:
        """Its calendar months, oldest first."""
        return tuple(Period.begin("month", _later(self.first, index)) for index in range(_MONTHS[self.kind]))

    def reviewed(self, on: date) -> tuple["Period", ...]:
        """A year's quarters and months that have begun on a day, in this order."""
        return tuple(one for one in (*self.quarters(), *self.months()) if one.first <= on)

    def quarters(self) -> tuple["Period", ...]:
        """Its whole quarters, oldest first; none in a month."""
        firsts = [month.first for month in self.months() if month.first.month % 3 == 1 and self.kind != "month"]
        return tuple(Period.begin("quarter", first) for first in firsts)


def _later(first: date, months: int) -> date:
    """The first day of the month so many months on."""
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)
