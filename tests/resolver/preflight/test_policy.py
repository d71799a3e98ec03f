"""Clock and paper, at their edges."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from blocklist.trust.limits import ClockLimits
from blocklist.trust.local.preflight import Finding, State
from resolver.preflight.policy import policy_checks
from tests.support.preflight import Stage


def by_id(stage: Stage, floors: tuple[float, ...] = ()) -> dict[str, Finding]:
    return {each.id: each for each in policy_checks(evolve(stage.case(), floors=floors))}


def test_a_clock_a_little_behind_is_believed(tmp_path: Path) -> None:
    """As the resolver itself does: an hour; the newest of all lists counts."""
    stage = Stage(tmp_path)
    now, slack = stage.host.now(), ClockLimits().floor_slack
    stage.host = evolve(stage.host, now=lambda: now)
    assert by_id(stage, (0.0, now + slack))["clock"].state is State.PASSED
    assert by_id(stage, (now + slack + 1, 0.0))["clock"].state is State.FAILED


def test_without_lists_there_is_little_to_decide(tmp_path: Path) -> None:
    """No list, no name to miss; the terms are still asked for."""
    stage = Stage(tmp_path)
    stage.settings |= {"lists": [], "terms": None}
    found = by_id(stage)
    assert {key for key, each in found.items() if each.state is State.FAILED} == {"terms"}


@pytest.mark.parametrize("url", ["https://isp.example", "https://isp.example/terms?v=2"])
def test_a_page_is_an_https_address(tmp_path: Path, url: str) -> None:
    """With or without a path."""
    stage = Stage(tmp_path)
    stage.settings["terms"] = {"version": "1", "url": url}
    assert by_id(stage)["terms"].state is State.PASSED
