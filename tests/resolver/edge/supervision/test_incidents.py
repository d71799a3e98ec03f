"""Ends and errors of children."""

from __future__ import annotations

import json

import pytest

from resolver.edge.supervision.incidents import PLACES_MOST, Incidents


def test_counts_go_on_in_the_code_that_comes_after(capsys: pytest.CaptureFixture[str]) -> None:
    """Both are told to the log without a word of what a customer asked; handed over, no count falls."""
    before, after = Incidents(), Incidents()
    before.death("worker", "sigkill")
    before.death("worker", "sigkill")
    before.fault("updater", {"code": "unexpected_error", "kind": "KeyError", "where": "x.py:1", "secret": "name"})
    after.take_over(json.loads(json.dumps(before.hand_over())))
    after.death("worker", "sigkill")
    assert after.deaths == {("worker", "sigkill"): 3}
    assert after.faults == {"updater": 1}
    assert capsys.readouterr().err.splitlines()[2] == "mamori updater: unexpected_error KeyError x.py:1"


def test_errors_are_remembered_by_their_place_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    """Type and place in the source, as the hand-over keeps them; words of another form are not taken from a child."""
    before, after = Incidents(), Incidents()
    for where in ("resolver/core/x.py:1", "resolver/core/x.py:1", "www.secret.example"):
        before.fault("worker", {"code": "unexpected_error", "kind": "KeyError", "where": where})
    before.fault("worker", {"code": "unexpected_error", "kind": "a secret", "where": ["x"]})
    after.take_over(json.loads(json.dumps(before.hand_over())))
    after.take_over({"deaths": [], "faults": {}})  # of a version that kept no places
    assert after.places == {
        ("worker", "KeyError", "resolver/core/x.py:1"): 2,
        ("worker", "KeyError", "-"): 1,
        ("worker", "-", "-"): 1,
    }


def test_places_are_bounded(capsys: pytest.CaptureFixture[str]) -> None:
    """A child that is out of its mind takes no more memory than the source has room for."""
    incidents = Incidents()
    for line in range(2 * PLACES_MOST):
        incidents.fault("worker", {"kind": "KeyError", "where": f"x.py:{line}"})
    assert (len(incidents.places), incidents.faults["worker"]) == (PLACES_MOST, 2 * PLACES_MOST)
