"""Days in Japan, where an objector waits for an answer: neither weekend nor public holiday (祝日法, by `jpholiday`)."""

from datetime import date, datetime, timedelta, timezone
from typing import Final

import jpholiday

from blocklist.errors import OperatorFault

JAPAN: Final = timezone(timedelta(hours=9), "JST")  # no summer time since 1951
_SATURDAY: Final = 5


def day_in_japan(moment: datetime) -> date:
    """The calendar day it is in Japan."""
    return moment.astimezone(JAPAN).date()


def day_come(on: date, now: datetime) -> str:
    """`on` as `YYYY-MM-DD`; `OperatorFault` for a day still to come: what has not happened is not booked."""
    if on > day_in_japan(now):
        raise OperatorFault("day_ahead", f"{on} is still to come, in Japan too: nothing was booked")
    return on.isoformat()


def is_working_day(day: date) -> bool:
    """Whether offices are open. 29 December to 3 January counts unless it is a holiday: an objector goes on waiting."""
    return day.weekday() < _SATURDAY and not jpholiday.is_holiday(day)


def next_working_day(day: date) -> date:
    """The first working day after `day`."""
    after = day + timedelta(days=1)
    while not is_working_day(after):
        after += timedelta(days=1)
    return after
