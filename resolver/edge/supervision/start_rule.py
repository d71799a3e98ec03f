"""When a resolver begins to answer (row 19 of the answer table): not before its lists are in force, unless told so."""

from enum import Enum

from attrs import frozen


@frozen
class StartLimits:
    """Seconds since the start."""

    open_after: float = 120.0
    """Seconds lists are waited for by `wait_then_open`."""
    report_within: float = 10.0
    """Seconds the updater is waited for where lists are not."""


class Verdict(Enum):
    """What to do with queries."""

    WAIT = "wait"
    FILTER = "filter"  # every required list is in force
    UNFILTERED = "unfiltered"  # answer although a required list is missing


@frozen
class Situation:
    """What is known at a moment."""

    choice: str | None  # `start.without_list`
    had_list: bool  # lists were in force here once, before this start
    required: frozenset[str]
    in_force: frozenset[str]
    reported: bool  # the updater has looked at the disk, and what it found is in force
    waited: float  # seconds since the start


def decide(situation: Situation, limits: StartLimits) -> Verdict:
    """Apply the rule. What is on disk is always waited for, so that the first answer is filtered already."""
    reported = situation.reported or situation.waited >= limits.report_within
    if situation.required <= situation.in_force:
        return Verdict.FILTER if reported else Verdict.WAIT
    choice = situation.choice or ("wait_then_open" if situation.had_list else "wait")
    if choice == "open" and reported:
        return Verdict.UNFILTERED
    if choice == "wait_then_open" and situation.waited >= limits.open_after:
        return Verdict.UNFILTERED
    return Verdict.WAIT
