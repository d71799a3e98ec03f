"""Row 19 of the answer table."""

from __future__ import annotations

import pytest
from attrs import evolve

from resolver.edge.supervision.start_rule import Situation, StartLimits, Verdict, decide

LIMITS = StartLimits()
NOTHING = Situation(
    choice=None, had_list=False, required=frozenset({"a", "b"}), in_force=frozenset(), reported=True, waited=5.0
)
WAIT, FILTER, UNFILTERED = Verdict.WAIT, Verdict.FILTER, Verdict.UNFILTERED


@pytest.mark.parametrize(
    ("choice", "had_list", "waited", "verdict"),
    [
        (None, False, 5, WAIT),
        (None, False, 100_000, WAIT),
        (None, True, 119, WAIT),
        (None, True, 120, UNFILTERED),
        ("wait", True, 100_000, WAIT),
        ("wait_then_open", False, 119, WAIT),
        ("wait_then_open", False, 120, UNFILTERED),
        ("open", False, 0, UNFILTERED),
    ],
)
def test_without_a_list(choice: str | None, had_list: bool, waited: float, verdict: Verdict) -> None:
    """The setting decides; left out, it depends on whether lists were ever in force here."""
    assert decide(evolve(NOTHING, choice=choice, had_list=had_list, waited=waited), LIMITS) is verdict


@pytest.mark.parametrize("choice", [None, "wait", "wait_then_open", "open"])
def test_with_every_required_list(choice: str | None) -> None:
    """All required lists in force: filter, whatever the setting; a list that is not required changes nothing."""
    assert decide(evolve(NOTHING, choice=choice, in_force=frozenset({"a", "b", "c"})), LIMITS) is FILTER


def test_one_missing_list_is_missing() -> None:
    """Row 19 counts every required list."""
    assert decide(evolve(NOTHING, in_force=frozenset({"a"})), LIMITS) is WAIT


@pytest.mark.parametrize("required", [frozenset(), frozenset({"a"})])
def test_what_is_on_disk_is_always_waited_for(required: frozenset[str]) -> None:
    """`open`, and a resolver without required lists, still give the updater a moment, and not for ever."""
    unread = evolve(NOTHING, choice="open", required=required, reported=False, waited=0.0)
    assert decide(unread, LIMITS) is WAIT
    assert decide(evolve(unread, waited=10.0), LIMITS) is (UNFILTERED if required else FILTER)
