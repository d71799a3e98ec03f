"""Counting what goes wrong."""

from __future__ import annotations

import pytest

from blocklist.errors import PublisherFault
from blocklist.trust.faults import Faults, more_telling
from blocklist.trust.outcome import Kind, Outcome
from blocklist.trust.reasons import REASONS, Reason


def test_no_exception_leaves_a_verb() -> None:
    """Whatever it raises is counted under its reason, and the outcome says it without a foreign message."""

    def verb() -> Outcome:
        raise ZeroDivisionError("a secret")

    faults = Faults()
    assert faults.run(verb) == Outcome(Kind.FAILED, Reason.INTERNAL, "ZeroDivisionError")
    faults.note(PublisherFault("withdraw", "bad"))
    assert faults.counts == dict.fromkeys(REASONS, 0) | {"internal": 1, "withdraw": 1}


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (Kind.FAILED, Kind.UNCHANGED, Kind.UNCHANGED),
        (Kind.UPDATED, Kind.UNCHANGED, Kind.UPDATED),
        (Kind.UPDATED, Kind.FAILED, Kind.UPDATED),
        (Kind.UPDATED, Kind.HELD, Kind.HELD),
    ],
)
def test_one_word_for_two_steps(first: Kind, second: Kind, told: Kind) -> None:
    """What changed the enforced set is told, whichever step did it."""
    assert more_telling(Outcome(first), Outcome(second)).kind is told


def test_of_a_kind_the_later_one_counts() -> None:
    """So that the reason is the last mirror's."""
    later = Outcome(Kind.FAILED, Reason.CONNECT)
    assert more_telling(Outcome(Kind.FAILED, Reason.SETTING), later) is later
