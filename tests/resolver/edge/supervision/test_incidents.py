"""Ends and errors of children."""

from __future__ import annotations

import json

import pytest

from resolver.edge.supervision.incidents import Incidents


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
